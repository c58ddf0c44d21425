"""`Dropout`: zeros at random while training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet import ops
from constnet.nn import argument, random
from constnet.nn.layer import ShapeKeeping, is_training

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor


class Dropout(ShapeKeeping):
    """In training each element is 0 with probability `rate`; the others grow to keep the mean.

    Formula:
        y = x / (1 - rate) where a uniform number is at least `rate`, else 0

    Args:
        rate: from 0 to below 1.

    Source:
        Srivastava et al. (2014), Dropout, with the scaling moved to training.
    """

    def __init__(self, rate: float) -> None:
        self.rate = argument.number("Dropout", "rate", rate, 0.0, 1.0 - 2.0**-20)

    def call(self, x: Tensor) -> Tensor:
        """Drop in training; otherwise return `x`."""
        if not is_training() or self.rate == 0.0:
            return x
        kept = random.uniform(x.shape, dtype=x.dtype) >= self.rate
        return ops.where(kept, x * (1.0 / (1.0 - self.rate)), 0.0)
