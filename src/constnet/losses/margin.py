"""Hinge losses: a prediction's sign is the class, its size the confidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from constnet import ops
from constnet.losses.loss import Loss, check_range, match

if TYPE_CHECKING:
    import numpy as np

    from constnet.ops.tensor import Tensor


@dataclass(eq=False)
class Hinge(Loss):
    """How far a prediction falls short of the margin.

    Formula:
        `max(0, 1 - s * y_pred)`, with s = 1 where the target is above 0 and -1 elsewhere, so that
        targets may be 0 and 1 or -1 and 1. The gradient on the margin is 0.
    """

    def check(self, y_true: np.ndarray, output_shape: tuple[int, ...]) -> None:  # noqa: ARG002
        """Targets are 0 and 1, or -1 and 1."""
        check_range(type(self).__name__, y_true, -1, 1, "Use targets 0 and 1, or -1 and 1.")

    def elements(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The elements of loss."""
        y_true = match(type(self).__name__, y_true, y_pred)
        margin = ops.where(y_true > 0.0, 1.0 - y_pred, 1.0 + y_pred)
        return ops.where(margin > 0.0, margin, 0.0)


@dataclass(eq=False)
class SquaredHinge(Hinge):
    """The square of `Hinge`, which is smooth on the margin.

    Formula:
        `max(0, 1 - s * y_pred)^2`
    """

    def elements(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The elements of loss."""
        hinge = super().elements(y_true, y_pred)
        return hinge * hinge
