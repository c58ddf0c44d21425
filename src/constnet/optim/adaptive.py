"""RMSprop, Adagrad and Adadelta: steps divided by the root of past squared gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from constnet import ops
from constnet.configurable import require_bool, require_number
from constnet.optim.optimizer import Optimizer, Slots, mix, scalar_like

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor
    from constnet.optim.schedule import Schedule


@dataclass(eq=False)
class RMSprop(Optimizer):
    """Divides by the root of a running mean of squared gradients.

    Formula:
        `v = rho v + (1 - rho) g^2`, `s = g / (sqrt(v) + epsilon)`, then `theta -= lr * s`, or with
        momentum `b = momentum * b + s` and `theta -= lr * b`; `centered` takes the square of the
        running mean of g off v under the root. PyTorch's definition, Keras's defaults (PyTorch: rho
        0.99, epsilon 1e-8).

    Source:
        T. Tieleman, G. Hinton, lecture 6.5, 2012.
    """

    learning_rate: Schedule | float = 0.001
    rho: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-7
    centered: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require_number(self, "rho", self.rho, low=0, below=1)
        require_number(self, "momentum", self.momentum, low=0, below=1)
        require_number(self, "epsilon", self.epsilon, above=0)
        require_bool(self, centered=self.centered)

    def own_slots(self) -> tuple[str, ...]:
        """Mean square, then mean gradient if centered and momentum if there is any."""
        names = ("v", "mean" if self.centered else "", "momentum" if self.momentum else "")
        return tuple(name for name in names if name)

    def step_of(
        self,
        step: Tensor,  # noqa: ARG002
        grad: Tensor,
        slots: Slots,
        lr: Tensor,
    ) -> tuple[Tensor, Slots]:
        """The step and the new slots."""
        new = {"v": mix(slots["v"], grad * grad, self.rho)}
        variance = new["v"]
        if self.centered:
            mean = new["mean"] = mix(slots["mean"], grad, self.rho)
            # Rounding may take more off than there is; the root of that would be NaN.
            variance = ops.maximum(variance - mean * mean, 0.0)
        scaled = grad / (ops.sqrt(variance) + self.epsilon)
        if self.momentum:
            scaled = new["momentum"] = slots["momentum"] * self.momentum + scaled
        return scaled * lr, new


@dataclass(eq=False)
class Adagrad(Optimizer):
    """Divides by the root of the sum of all squared gradients so far.

    Formula:
        `v = v + g^2`, `theta -= lr * g / (sqrt(v) + epsilon)`

    Args:
        initial_accumulator_value: what v is before the first step (Keras's default; PyTorch: 0).

    Source:
        J. Duchi, E. Hazan, Y. Singer, Adaptive subgradient methods, 2011.
    """

    learning_rate: Schedule | float = 0.001
    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        super().__post_init__()
        require_number(self, "initial_accumulator_value", self.initial_accumulator_value, low=0)
        require_number(self, "epsilon", self.epsilon, above=0)

    def own_slots(self) -> tuple[str, ...]:
        """The sum of squares."""
        return ("v",)

    def step_of(self, step: Tensor, grad: Tensor, slots: Slots, lr: Tensor) -> tuple[Tensor, Slots]:
        """The step and the new slot. The first step adds the initial value."""
        old = slots["v"]
        if self.initial_accumulator_value:
            first = scalar_like(self.initial_accumulator_value, grad)
            old = old + ops.where(step > 0, 0.0, first)
        v = old + grad * grad
        return grad / (ops.sqrt(v) + self.epsilon) * lr, {"v": v}


@dataclass(eq=False)
class Adadelta(Optimizer):
    """Steps in the units of the parameters, from running means of squared gradients and steps.

    Formula:
        `v = rho v + (1 - rho) g^2`, `d = sqrt(u + epsilon) / sqrt(v + epsilon) * g`, `theta -= lr *
        d`, `u = rho u + (1 - rho) d^2`

    Source:
        M. Zeiler, ADADELTA: an adaptive learning rate method, 2012.
    """

    learning_rate: Schedule | float = 0.001
    rho: float = 0.95
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        super().__post_init__()
        require_number(self, "rho", self.rho, low=0, below=1)
        require_number(self, "epsilon", self.epsilon, above=0)

    def own_slots(self) -> tuple[str, ...]:
        """Mean squares of gradients and of steps."""
        return ("v", "u")

    def step_of(
        self,
        step: Tensor,  # noqa: ARG002
        grad: Tensor,
        slots: Slots,
        lr: Tensor,
    ) -> tuple[Tensor, Slots]:
        """The step and the new slots."""
        v = mix(slots["v"], grad * grad, self.rho)
        ratio = ops.sqrt(slots["u"] + self.epsilon) / ops.sqrt(v + self.epsilon)
        change = ratio * grad
        return change * lr, {"v": v, "u": mix(slots["u"], change * change, self.rho)}
