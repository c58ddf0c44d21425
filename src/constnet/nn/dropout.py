"""Dropout: zeros at random while training, element by element or channel by channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from constnet import ops
from constnet.nn import argument, random
from constnet.nn.layer import ShapeKeeping, is_training
from constnet.nn.spatial import SpatialLayer

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor

_HIGHEST_RATE = 1.0 - 2.0**-20


def _dropped(x: Tensor, rate: float, shape: tuple[int, ...]) -> Tensor:
    """`x` with zeros where numbers of `shape`, broadcast to it, are below `rate`."""
    if not is_training() or rate == 0.0:
        return x
    kept = random.uniform(shape, dtype=x.dtype) >= rate
    return ops.where(kept, x * (1.0 / (1.0 - rate)), 0.0)


class Dropout(ShapeKeeping):
    """In training each element is 0 with probability `rate`; the others grow to keep the mean.

    Formula:
        y = x / (1 - rate) where a uniform number is at least `rate`, else 0

    Args:
        rate: from 0 to below 1.

    Source:
        Srivastava et al. (2014), Dropout, with the scaling moved to training.
    """

    is_stepwise = True

    def __init__(self, rate: float) -> None:
        self.rate = argument.number("Dropout", "rate", rate, 0.0, _HIGHEST_RATE)

    def call(self, x: Tensor) -> Tensor:
        """Drop in training; otherwise return `x`."""
        return _dropped(x, self.rate, x.shape)


class _SpatialDropout(ShapeKeeping, SpatialLayer[Any, Any]):
    """What all ranks share."""

    is_stepwise = True

    def __init__(self, rate: float) -> None:
        self.rate = argument.number(type(self).__name__, "rate", rate, 0.0, _HIGHEST_RATE)

    def call(self, x: Tensor) -> Tensor:
        """Drop whole channels in training; otherwise return `x`."""
        return _dropped(x, self.rate, (x.shape[0], *(1,) * self.spatial_rank, x.shape[-1]))


class SpatialDropout1D(_SpatialDropout):
    """In training each channel of a signal is 0 with probability `rate`; the others grow.

    Neighbours are alike, so dropping single elements would take little away from the next layer.

    Args:
        rate: from 0 to below 1.

    Shape:
        `(N, length, C) -> (N, length, C)`

    Source:
        Tompson et al. (2015), Efficient object localization using convolutional networks, 3.2.
    """

    spatial_rank: ClassVar[int] = 1


class SpatialDropout2D(_SpatialDropout):
    """In training each channel of an image is 0 with probability `rate`; see `SpatialDropout1D`.

    Args:
        rate: from 0 to below 1.

    Shape:
        `(N, height, width, C) -> (N, height, width, C)`
    """

    spatial_rank: ClassVar[int] = 2


class SpatialDropout3D(_SpatialDropout):
    """In training each channel of a volume is 0 with probability `rate`; see `SpatialDropout1D`.

    Args:
        rate: from 0 to below 1.

    Shape:
        `(N, depth, height, width, C) -> (N, depth, height, width, C)`
    """

    spatial_rank: ClassVar[int] = 3
