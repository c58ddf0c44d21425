"""Schedules that go up as well as down: warm-up, cosine, restarts, one-cycle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from constnet import dtypes, ops
from constnet.configurable import is_number, require_number, require_whole
from constnet.errors import UsageError
from constnet.optim.schedule import Schedule
from constnet.optim.schedules import Constant

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor

_LAST_STEP = 2**32 - 1
_MOST_RESTARTS = 1024


@dataclass(frozen=True)
class CosineDecay(Schedule):
    """Half a cosine from the initial rate to `alpha` of it, after a linear warm-up where asked for.

    Formula:
        after warm-up: `peak * ((1 - alpha) * (1 + cos(pi * min(s, decay_steps) / decay_steps)) / 2
        + alpha)` with s counted from its end. The warm-up goes from `initial_learning_rate` to
        `warmup_target`, which is then the peak.

    Source:
        I. Loshchilov, F. Hutter, SGDR, 2017, equation 5.
    """

    initial_learning_rate: float
    decay_steps: int
    alpha: float = 0.0
    warmup_target: float | None = None
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        require_number(self, "initial_learning_rate", self.initial_learning_rate, low=0)
        require_whole(self, "decay_steps", self.decay_steps)
        require_number(self, "alpha", self.alpha, low=0, high=1)
        require_whole(self, "warmup_steps", self.warmup_steps, low=0)
        if self.warmup_target is not None:
            require_number(self, "warmup_target", self.warmup_target, low=0)
        if (self.warmup_target is None) != (self.warmup_steps == 0):
            message = (
                f"CosineDecay(warmup_target={self.warmup_target}, "
                f"warmup_steps={self.warmup_steps}): a warm-up needs both, no warm-up neither."
            )
            raise UsageError(message)

    def rate(self, step: Tensor, time: Tensor) -> Tensor:
        """The learning rate."""
        if self.warmup_target is None:
            done = ops.minimum(time / float(self.decay_steps), 1.0)
            return _cosine(done, self.initial_learning_rate, self.alpha)
        start, target = self.initial_learning_rate, self.warmup_target
        done = ops.clip((time - float(self.warmup_steps)) / float(self.decay_steps), 0.0, 1.0)
        line = time * ((target - start) / self.warmup_steps) + start
        return ops.where(step < self.warmup_steps, line, _cosine(done, target, self.alpha))


@dataclass(frozen=True)
class CosineDecayRestarts(Schedule):
    """Cosines one after the other, each `t_mul` times as long and `m_mul` times as high.

    The starts of the cycles are constants of the graph, compared as whole numbers: a restart never
    falls beside its step.

    Args:
        first_decay_steps: length of the first cycle.
        t_mul: at least 1; lengths are rounded down.
        m_mul: factor of each restart's peak.
        alpha: the lowest rate as a share of the peak.

    Source:
        I. Loshchilov, F. Hutter, SGDR, 2017.
    """

    initial_learning_rate: float
    first_decay_steps: int
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0

    def __post_init__(self) -> None:
        require_number(self, "initial_learning_rate", self.initial_learning_rate, low=0)
        require_whole(self, "first_decay_steps", self.first_decay_steps)
        require_number(self, "t_mul", self.t_mul, low=1)
        require_number(self, "m_mul", self.m_mul, above=0)
        require_number(self, "alpha", self.alpha, low=0, high=1)
        if self.t_mul > 1:
            self._starts()

    def rate(self, step: Tensor, time: Tensor) -> Tensor:
        """The learning rate."""
        if self.t_mul == 1.0:
            periods = time / float(self.first_decay_steps)
            cycle = ops.floor(periods)
            done = periods - cycle
        else:
            cycle, done = self._cycle(step, time)
        wave = _cosine(done, self.initial_learning_rate, self.alpha)
        return wave if self.m_mul == 1.0 else wave * ops.exp(cycle * math.log(self.m_mul))

    def _cycle(self, step: Tensor, time: Tensor) -> tuple[Tensor, Tensor]:
        starts = self._starts()
        dtype = time.dtype.numpy
        lengths = self.first_decay_steps * self.t_mul ** np.arange(len(starts))
        is_begun = step >= starts
        start = ops.max(ops.where(is_begun, starts.astype(dtype), 0.0))
        length = ops.max(ops.where(is_begun, lengths.astype(dtype), 0.0))
        cycle = ops.sum(is_begun.astype(time.dtype)) - 1.0
        return cycle, (time - start) / length

    def _starts(self) -> np.ndarray:
        starts, start, length = list[int](), 0.0, float(self.first_decay_steps)
        while start <= _LAST_STEP:
            starts.append(math.ceil(start))
            start, length = start + length, length * self.t_mul
            if len(starts) > _MOST_RESTARTS:
                message = (
                    f"CosineDecayRestarts(first_decay_steps={self.first_decay_steps}, "
                    f"t_mul={self.t_mul}) restarts more than {_MOST_RESTARTS} times in 2**32 "
                    "steps. Use t_mul=1 or a larger t_mul, such as 1.1."
                )
                raise UsageError(message)
        return np.asarray(starts, dtypes.uint32.numpy)


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up to `max_learning_rate` and down to nearly nothing, along two half cosines.

    Rates are those of PyTorch's OneCycleLR with cosine annealing and two phases.

    Args:
        total_steps: length; the last rate stays after it.
        pct_start: share of the steps that go up, between 0 and 1.
        div_factor: the first rate is the largest divided by this.
        final_div_factor: the last rate is the first divided by this.

    Source:
        L. Smith, N. Topin, Super-convergence, 2018.
    """

    max_learning_rate: float
    total_steps: int
    pct_start: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4

    def __post_init__(self) -> None:
        require_number(self, "max_learning_rate", self.max_learning_rate, low=0)
        require_whole(self, "total_steps", self.total_steps, low=2)
        require_number(self, "pct_start", self.pct_start, above=0, below=1)
        require_number(self, "div_factor", self.div_factor, above=0)
        require_number(self, "final_div_factor", self.final_div_factor, above=0)
        if self.pct_start * self.total_steps <= 1:
            message = (
                f"OneCycle(total_steps={self.total_steps}, pct_start={self.pct_start}) has no step "
                "to go up in. Use more steps or a larger pct_start."
            )
            raise UsageError(message)

    def rate(self, step: Tensor, time: Tensor) -> Tensor:
        """The learning rate."""
        top = self.max_learning_rate
        first = top / self.div_factor
        last = first / self.final_div_factor
        turn = self.pct_start * self.total_steps - 1.0
        up = ops.minimum(time / turn, 1.0)
        down = ops.clip((time - turn) / (self.total_steps - 1.0 - turn), 0.0, 1.0)
        rising = _between(up, first, top)
        return ops.where(step <= math.floor(turn), rising, _between(down, top, last))


@dataclass(frozen=True)
class Warmup(Schedule):
    """A straight line up to another schedule's rate, which then runs from its own step 0.

    Args:
        after: the schedule, or a number, that follows.
        warmup_steps: length of the line.
        start: rate of step 0, as a share of `after`'s first rate.
    """

    after: Schedule
    warmup_steps: int
    start: float = 0.0

    def __post_init__(self) -> None:
        given = cast("object", self.after)
        if isinstance(given, dict):
            from constnet.optim import schedule_from_config

            config = cast("dict[str, object]", given)
            object.__setattr__(self, "after", schedule_from_config(config))
        elif is_number(given):
            object.__setattr__(self, "after", Constant(cast("float", given)))
        elif not isinstance(given, Schedule):
            message = f"Warmup(after={given!r}): after must be a Schedule or a number."
            raise UsageError(message)
        require_whole(self, "warmup_steps", self.warmup_steps)
        require_number(self, "start", self.start, low=0, high=1)

    def rate(self, step: Tensor, time: Tensor) -> Tensor:
        """The learning rate."""
        is_warm = step >= self.warmup_steps
        steps_after = ops.where(is_warm, step - self.warmup_steps, np.uint32(0))
        time_after = ops.maximum(time - float(self.warmup_steps), 0.0)
        rate = self.after.rate(steps_after, time_after)
        share = time * ((1.0 - self.start) / self.warmup_steps) + self.start
        return ops.where(is_warm, rate, rate * share)


def _cosine(done: Tensor, peak: float, alpha: float) -> Tensor:
    return _between(done, peak, peak * alpha)


def _between(done: Tensor, first: float, last: float) -> Tensor:
    """From `first` at 0 to `last` at 1 along half a cosine."""
    return ops.cos(done * math.pi) * ((first - last) / 2) + (first + last) / 2
