"""What every optimizer is: one pass over flat vectors of all parameters.

A subclass writes `step_of`, the amount to take off; penalties, decoupled decay, clipping and the
average of weights are here, once for all. Everything that is the same for all elements (bias
corrections, products of settings) is computed once a step as a scalar.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from constnet import ops
from constnet.configurable import Configurable, is_number, require_bool, require_number
from constnet.errors import UsageError
from constnet.ops.tensor import as_tensor
from constnet.optim import decay
from constnet.optim.clipping import clip_by_global_norm, clip_by_norm, clip_by_value
from constnet.optim.schedule import Schedule
from constnet.optim.schedules import Constant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constnet.ops.tensor import Tensor

Slots = dict[str, "Tensor"]


@dataclass(eq=False, kw_only=True)
class Optimizer(Configurable, ABC):
    """Base of every optimizer.

    Args:
        learning_rate: a number or a Schedule.
        l1: this times the sign of each parameter is added to its gradient.
        l2: this times each parameter is added to its gradient (PyTorch's `weight_decay`, except in
            its AdamW).
        weight_decay: decoupled: each step first multiplies parameters by `1 - lr * weight_decay`.
        clipvalue: bound on each gradient element.
        clipnorm: bound on the Euclidean norm of each parameter's gradient.
        global_clipnorm: bound on the norm of all gradients together.
        exclude_from_decay: parameters that `l1`, `l2` and `weight_decay` leave alone: patterns of
            paths such as "*.bias" or "layers.3.*", and the word "vectors" for all parameters of
            fewer than two axes (biases, and the scales of normalisations).
        use_ema: keep the moving average of the weights in the slot "ema".
        ema_momentum: share of the old average kept at each step; it starts as a copy.

    Every slot starts at 0.
    """

    learning_rate: Schedule | float = 0.01
    l1: float = 0.0
    l2: float = 0.0
    weight_decay: float = 0.0
    exclude_from_decay: tuple[str, ...] = ()
    clipvalue: float | None = None
    clipnorm: float | None = None
    global_clipnorm: float | None = None
    use_ema: bool = False
    ema_momentum: float = 0.99

    def __post_init__(self) -> None:
        self.learning_rate = self._checked_learning_rate()
        for name in ("l1", "l2", "weight_decay"):
            require_number(self, name, getattr(self, name), low=0)
        self.exclude_from_decay = decay.patterns(self, self.exclude_from_decay)
        clips = ("clipvalue", "clipnorm", "global_clipnorm")
        given = [name for name in clips if getattr(self, name) is not None]
        for name in given:
            require_number(self, name, getattr(self, name), above=0)
        if len(given) > 1:
            message = (
                f"{type(self).__name__} was given {' and '.join(given)}; at most one way to clip "
                "is used. Keep one of them."
            )
            raise UsageError(message)
        require_bool(self, use_ema=self.use_ema)
        require_number(self, "ema_momentum", self.ema_momentum, low=0, high=1)

    @property
    def schedule(self) -> Schedule:
        """The learning rate as a function of the step, constant where a number was given."""
        given = self.learning_rate
        return given if isinstance(given, Schedule) else Constant(given)

    def slots(self) -> tuple[str, ...]:
        """Names of the vectors kept from step to step, each as long as theta, 0 at first."""
        return (*self.own_slots(), "ema") if self.use_ema else self.own_slots()

    @abstractmethod
    def own_slots(self) -> tuple[str, ...]:
        """Slots of the update rule itself."""

    @abstractmethod
    def step_of(self, step: Tensor, grad: Tensor, slots: Slots, lr: Tensor) -> tuple[Tensor, Slots]:
        """What the update rule takes off the parameters, and the new slots.

        Args:
            step: number of steps done, uint32[].
            grad: gradients of all parameters, one vector.
            slots: `own_slots()` by name, vectors.
            lr: learning rate of this step, a scalar.
        """

    def transform(self, grads: Sequence[Tensor], params: Sequence[Tensor]) -> list[Tensor]:  # noqa: ARG002
        """Gradients by parameter, clipped as the settings say; before they are flattened."""
        if self.clipvalue is not None:
            return clip_by_value(grads, self.clipvalue)
        if self.clipnorm is not None:
            return clip_by_norm(grads, self.clipnorm)
        if self.global_clipnorm is not None:
            return clip_by_global_norm(grads, self.global_clipnorm)
        return list(grads)

    def undecayed(self, shapes: Mapping[str, tuple[int, ...]]) -> frozenset[str]:
        """The paths among `shapes` that `exclude_from_decay` names.

        Raises:
            UsageError: a pattern matches nothing.
        """
        return decay.excluded(type(self).__name__, self.exclude_from_decay, shapes)

    def update(
        self,
        step: Tensor,
        theta: Tensor,
        grad: Tensor,
        slots: Slots,
        lr: Tensor,
        decayed: int | None = None,
    ) -> tuple[Tensor, Slots]:
        """New parameters and slots after one step; arguments as in `step_of`.

        `decayed` is how many of the first elements of `theta` decay: all of them if left out.
        """
        own = {name: slots[name] for name in self.own_slots()}
        change, new = self.step_of(step, self._penalized(theta, grad, decayed), own, lr)
        if self.weight_decay:
            theta = theta * (1.0 - decay.of_first(lr * self.weight_decay, theta, decayed))
        theta = theta - change
        if self.use_ema:
            kept = ops.where(step > 0, scalar_like(self.ema_momentum, theta), 0.0)
            average = slots["ema"]
            new = {**new, "ema": average + (theta - average) * (1.0 - kept)}
        return theta, new

    def _penalized(self, theta: Tensor, grad: Tensor, decayed: int | None) -> Tensor:
        if self.l2:
            l2 = scalar_like(self.l2, theta)
            grad = grad + theta * decay.of_first(l2, theta, decayed)
        if self.l1:
            l1 = scalar_like(self.l1, theta)
            grad = grad + ops.sign(theta) * decay.of_first(l1, theta, decayed)
        return grad

    def _checked_learning_rate(self) -> Schedule | float:
        given = cast("object", self.learning_rate)
        if isinstance(given, Schedule):
            return given
        if isinstance(given, dict):
            from constnet.optim import schedule_from_config

            return schedule_from_config(cast("dict[str, object]", given))
        if not is_number(given) or cast("float", given) < 0:
            message = (
                f"{type(self).__name__}(learning_rate={given!r}): learning_rate must be a number "
                "of at least 0 or a Schedule such as ExponentialDecay(0.1, 0.999)."
            )
            raise UsageError(message)
        return cast("float", given)


def time_after(step: Tensor, like: Tensor) -> Tensor:
    """The number of steps done after this one, t = 1, 2, ..., in the dtype of `like`."""
    return step.astype(like.dtype) + 1.0


def bias_correction(beta: float, time: Tensor) -> Tensor:
    """`1 - beta^time`, through expm1: close to 0 it keeps all digits."""
    if beta == 0.0:
        return scalar_like(1.0, time)
    return -ops.expm1(time * math.log(beta))


def scalar_like(value: float, like: Tensor) -> Tensor:
    """`value` as a scalar of the graph and dtype of `like`."""
    return as_tensor(float(value), like.trace, like.dtype)


def mix(old: Tensor, new: Tensor, keep: float) -> Tensor:
    """`keep * old + (1 - keep) * new`, both factors rounded from exact ones."""
    return old * keep + new * (1.0 - keep)
