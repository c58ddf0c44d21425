"""Stochastic gradient descent and Lion: optimizers of at most one slot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from constnet import ops
from constnet.configurable import require_bool, require_number
from constnet.errors import UsageError
from constnet.optim.optimizer import Optimizer, Slots, mix

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor
    from constnet.optim.schedule import Schedule


@dataclass(eq=False)
class SGD(Optimizer):
    """Gradient descent, with momentum where asked for.

    Formula:
        `b = momentum * b + g`, then `theta -= lr * b`; with `nesterov`, `theta -= lr * (g +
        momentum * b)`. This is PyTorch's form; Keras folds lr into b, which differs only while the
        rate changes.

    Args:
        momentum: from 0 to below 1; 0 keeps no slot.
        nesterov: look ahead along the momentum.

    Source:
        I. Sutskever et al., On the importance of initialization and momentum in deep learning,
        2013.
    """

    learning_rate: Schedule | float = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require_number(self, "momentum", self.momentum, low=0, below=1)
        require_bool(self, nesterov=self.nesterov)
        if self.nesterov and not self.momentum:
            message = "SGD(nesterov=True, momentum=0.0): Nesterov needs a momentum, such as 0.9."
            raise UsageError(message)

    def own_slots(self) -> tuple[str, ...]:
        """The running sum of gradients, if there is momentum."""
        return ("momentum",) if self.momentum else ()

    def step_of(
        self,
        step: Tensor,  # noqa: ARG002
        grad: Tensor,
        slots: Slots,
        lr: Tensor,
    ) -> tuple[Tensor, Slots]:
        """The step and the new slot."""
        if not self.momentum:
            return grad * lr, {}
        buffer = slots["momentum"] * self.momentum + grad
        direction = grad + buffer * self.momentum if self.nesterov else buffer
        return direction * lr, {"momentum": buffer}


@dataclass(eq=False)
class Lion(Optimizer):
    """Steps of equal size along the sign of a momentum.

    Formula:
        `theta -= lr * sign(beta_1 * m + (1 - beta_1) * g)`, then `m = beta_2 * m + (1 - beta_2) *
        g`

    Source:
        X. Chen et al., Symbolic discovery of optimization algorithms, 2023, algorithm 2.
    """

    learning_rate: Schedule | float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.99

    def __post_init__(self) -> None:
        super().__post_init__()
        require_number(self, "beta_1", self.beta_1, low=0, below=1)
        require_number(self, "beta_2", self.beta_2, low=0, below=1)

    def own_slots(self) -> tuple[str, ...]:
        """The momentum."""
        return ("momentum",)

    def step_of(
        self,
        step: Tensor,  # noqa: ARG002
        grad: Tensor,
        slots: Slots,
        lr: Tensor,
    ) -> tuple[Tensor, Slots]:
        """The step and the new slot."""
        old = slots["momentum"]
        direction = ops.sign(mix(old, grad, self.beta_1))
        return direction * lr, {"momentum": mix(old, grad, self.beta_2)}
