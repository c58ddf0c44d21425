"""Schedules: closed formulas of the step, so that a resumed run needs no state but the counter."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from constnet import ops
from constnet.configurable import numbers, require_bool, require_number, require_whole
from constnet.errors import UsageError
from constnet.ops.tensor import as_tensor
from constnet.optim.schedule import Schedule

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor

_MOST_BOUNDARIES = 1024


@dataclass(frozen=True)
class Constant(Schedule):
    """The same learning rate at every step."""

    learning_rate: float

    def __post_init__(self) -> None:
        require_number(self, "learning_rate", self.learning_rate, low=0)

    def rate(self, step: Tensor, time: Tensor) -> Tensor:  # noqa: ARG002
        """The learning rate."""
        return scalar(self.learning_rate, time)


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """Multiplies the rate by `decay_rate` every `decay_steps` steps, smoothly or in stairs.

    Formula:
        `initial_learning_rate * decay_rate^(step / decay_steps)`; the exponent is rounded down with
        `staircase`.

    Args:
        initial_learning_rate: rate of step 0.
        decay_rate: factor per `decay_steps`, above 0.
        decay_steps: steps, 1 unless given.
        staircase: whether the rate changes every `decay_steps` only.
    """

    initial_learning_rate: float
    decay_rate: float
    decay_steps: int = 1
    staircase: bool = False

    def __post_init__(self) -> None:
        require_number(self, "initial_learning_rate", self.initial_learning_rate, low=0)
        require_number(self, "decay_rate", self.decay_rate, above=0)
        require_whole(self, "decay_steps", self.decay_steps)
        require_bool(self, staircase=self.staircase)

    def rate(self, step: Tensor, time: Tensor) -> Tensor:  # noqa: ARG002
        """The learning rate."""
        power = _periods(time, self.decay_steps, self.staircase)
        return ops.exp(power * math.log(self.decay_rate)) * self.initial_learning_rate


@dataclass(frozen=True)
class StepDecay(Schedule):
    """Multiplies the rate by `factor` every `every` steps: PyTorch's StepLR.

    Formula:
        `initial_learning_rate * factor^floor(step / every)`
    """

    initial_learning_rate: float
    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        require_number(self, "initial_learning_rate", self.initial_learning_rate, low=0)
        require_whole(self, "every", self.every)
        require_number(self, "factor", self.factor, above=0)

    def rate(self, step: Tensor, time: Tensor) -> Tensor:  # noqa: ARG002
        """The learning rate."""
        power = _periods(time, self.every, floor=True)
        return ops.exp(power * math.log(self.factor)) * self.initial_learning_rate


@dataclass(frozen=True)
class InverseTimeDecay(Schedule):
    """The rate falls as one over time.

    Formula:
        `initial_learning_rate / (1 + decay_rate * step / decay_steps)`; the quotient is rounded
        down with `staircase`.
    """

    initial_learning_rate: float
    decay_rate: float
    decay_steps: int = 1
    staircase: bool = False

    def __post_init__(self) -> None:
        require_number(self, "initial_learning_rate", self.initial_learning_rate, low=0)
        require_number(self, "decay_rate", self.decay_rate, low=0)
        require_whole(self, "decay_steps", self.decay_steps)
        require_bool(self, staircase=self.staircase)

    def rate(self, step: Tensor, time: Tensor) -> Tensor:  # noqa: ARG002
        """The learning rate."""
        periods = _periods(time, self.decay_steps, self.staircase)
        return self.initial_learning_rate / (periods * self.decay_rate + 1.0)


@dataclass(frozen=True)
class PolynomialDecay(Schedule):
    """The rate falls to `end_learning_rate` over `decay_steps` steps, along a power of time.

    Formula:
        `(initial - end) * (1 - min(step, decay_steps) / decay_steps)^power + end`

    Args:
        power: 1 is a straight line.
        cycle: whether the span grows to the next multiple of `decay_steps` instead of ending.
    """

    initial_learning_rate: float
    decay_steps: int
    end_learning_rate: float = 1e-4
    power: float = 1.0
    cycle: bool = False

    def __post_init__(self) -> None:
        require_number(self, "initial_learning_rate", self.initial_learning_rate, low=0)
        require_whole(self, "decay_steps", self.decay_steps)
        require_number(self, "end_learning_rate", self.end_learning_rate, low=0)
        require_number(self, "power", self.power, above=0)
        require_bool(self, cycle=self.cycle)

    def rate(self, step: Tensor, time: Tensor) -> Tensor:  # noqa: ARG002
        """The learning rate."""
        done = time / float(self.decay_steps)
        if self.cycle:
            done = done / ops.maximum(-ops.floor(-done), 1.0)
        remaining = 1.0 - ops.minimum(done, 1.0)
        curve = remaining if self.power == 1.0 else remaining**self.power
        span = self.initial_learning_rate - self.end_learning_rate
        return curve * span + self.end_learning_rate


@dataclass(frozen=True)
class PiecewiseConstantDecay(Schedule):
    """One rate up to and with each boundary, the last one after it.

    Args:
        boundaries: steps, ascending.
        values: rates, one more than boundaries.
    """

    boundaries: tuple[int, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        boundaries = numbers(self, "boundaries", self.boundaries)
        values = numbers(self, "values", self.values)
        object.__setattr__(self, "boundaries", boundaries)
        object.__setattr__(self, "values", values)
        require_whole(self, "number of boundaries", len(boundaries), low=0, high=_MOST_BOUNDARIES)
        for boundary in boundaries:
            require_whole(self, "boundaries", boundary, low=0)
        if len(values) != len(boundaries) + 1:
            message = (
                f"PiecewiseConstantDecay has {len(boundaries)} boundaries and {len(values)} "
                f"values; give {len(boundaries) + 1} values."
            )
            raise UsageError(message)
        if list(boundaries) != sorted(set(boundaries)):
            message = (
                f"PiecewiseConstantDecay(boundaries={boundaries}): boundaries must ascend. "
                "Sort them."
            )
            raise UsageError(message)

    def rate(self, step: Tensor, time: Tensor) -> Tensor:
        """The learning rate."""
        rate = scalar(self.values[-1], time)
        for boundary, value in reversed(list(zip(self.boundaries, self.values, strict=False))):
            rate = ops.where(step <= boundary, scalar(value, time), rate)
        return rate


def scalar(value: float, like: Tensor) -> Tensor:
    """`value` as a scalar of the graph and dtype of `like`."""
    return as_tensor(float(value), like.trace, like.dtype)


def _periods(time: Tensor, length: int, floor: bool) -> Tensor:
    periods = time if length == 1 else time / float(length)
    return ops.floor(periods) if floor else periods
