"""Penalties on weights, added to the loss while training."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from constnet import ops
from constnet.errors import UsageError
from constnet.nn import argument
from constnet.nn.describable import Describable

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor


class Regularizer(Describable):
    """A penalty on one parameter."""

    def penalty(self, weight: Tensor) -> Tensor:
        """The scalar that is added to the loss."""
        raise NotImplementedError


class L1L2(Regularizer):
    """Penalty on absolute values and squares, as in Keras.

    Formula:
        l1 * sum(|w|) + l2 * sum(w**2)
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = argument.number("L1L2", "l1", l1, low=0.0)
        self.l2 = argument.number("L1L2", "l2", l2, low=0.0)

    def penalty(self, weight: Tensor) -> Tensor:
        """Apply the formula."""
        return ops.sum(self.l1 * ops.absolute(weight) + self.l2 * (weight * weight))


class L1(L1L2):
    """Penalty `l1 * sum(|w|)`."""

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1, 0.0)


class L2(L1L2):
    """Penalty `l2 * sum(w**2)`."""

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(0.0, l2)


_BY_NAME: dict[str, type[Regularizer]] = {"l1": L1, "l2": L2, "l1_l2": L1L2}


def get(given: str | Regularizer | None) -> Regularizer | None:
    """A regularizer by name (`l1`, `l2`), `given` itself, or None for none.

    Raises:
        UsageError: no regularizer has that name.
    """
    if given is None or isinstance(given, Regularizer):
        return given
    if not isinstance(cast("object", given), str) or given not in _BY_NAME:
        message = f"regularizer {given!r} is unknown; there are: {', '.join(_BY_NAME)}."
        raise UsageError(message)
    return _BY_NAME[given]()
