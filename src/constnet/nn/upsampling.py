"""`Upsample1D`, `Upsample2D`, `Upsample3D`: larger images without trained weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from constnet import ops
from constnet.errors import UsageError
from constnet.nn import spatial
from constnet.nn.spatial import ChannelKeeping

if TYPE_CHECKING:
    from constnet.nn.spatial import Extents
    from constnet.ops.tensor import Tensor

_METHODS = ("nearest", "bilinear")


class _Upsample(ChannelKeeping):
    """What upsampling layers of all ranks share."""

    def __init__(self, size: Extents = 2, method: str = "nearest") -> None:
        name = repr(self)
        self.size = spatial.extents(name, "size", size, self.spatial_rank)
        if method not in _METHODS:
            message = f"{name}: method is {method!r}; expected 'nearest' or 'bilinear'."
            raise UsageError(message)
        self.method = method

    def call(self, x: Tensor) -> Tensor:
        """Repeat or interpolate, axis by axis."""
        if self.method == "nearest":
            return _repeated(x, self.size)
        for axis, factor in enumerate(self.size, start=1):
            if factor > 1:
                x = _interpolated(x, axis, factor)
        return x


def _repeated(x: Tensor, factors: tuple[int, ...]) -> Tensor:
    """Each element as a block of `factors`: one broadcast for all axes."""
    apart: list[int] = [x.shape[0]]
    wide: list[int] = [x.shape[0]]
    for extent, factor in zip(x.shape[1:-1], factors, strict=True):
        apart += [extent, 1]
        wide += [extent, factor]
    blocks = ops.broadcast_to(ops.reshape(x, (*apart, x.shape[-1])), (*wide, x.shape[-1]))
    extents = (extent * factor for extent, factor in zip(x.shape[1:-1], factors, strict=True))
    return ops.reshape(blocks, (x.shape[0], *extents, x.shape[-1]))


def _interpolated(x: Tensor, axis: int, factor: int) -> Tensor:
    """`factor` elements for each, on the line between it and the nearer neighbour.

    Element p of a block lies at (p + 1/2) / factor - 1/2 from the middle of the old element.
    """
    offsets = (np.arange(factor) + 0.5) / factor - 0.5
    block = (factor,) + (1,) * (x.rank - axis - 1)
    middle = ops.expand_dims(x, axis + 1)
    before, after = (ops.expand_dims(_shifted(x, axis, step), axis + 1) for step in (-1, 1))
    share = np.abs(offsets).reshape(block)
    neighbour = ops.where((offsets < 0).reshape(block), before, after)
    made = middle * (1.0 - share) + neighbour * share
    return ops.reshape(made, (*x.shape[:axis], x.shape[axis] * factor, *x.shape[axis + 1 :]))


def _shifted(x: Tensor, axis: int, step: int) -> Tensor:
    """The neighbour before (-1) or after (1) each element; at the edge the element itself."""
    front = (slice(None),) * axis
    first, last = x[(*front, slice(0, 1))], x[(*front, slice(-1, None))]
    if x.shape[axis] == 1:
        return x
    if step < 0:
        return ops.concatenate([first, x[(*front, slice(0, -1))]], axis=axis)
    return ops.concatenate([x[(*front, slice(1, None))], last], axis=axis)


class Upsample2D(_Upsample):
    """An image `size` times as large.

    Args:
        size: a whole factor, or one for each spatial axis.
        method: "nearest" repeats elements; "bilinear" interpolates between the middles of old
            elements and keeps the value beyond the outermost ones, as Keras does (PyTorch with
            `align_corners=False`).

    Shape:
        `(N, height, width, C) -> (N, height * size, width * size, C)`

    Example:
        >>> Upsample2D((1, 2), "bilinear").forward([[[[0.0], [4.0]]]]).tolist()
        [[[[0.0], [1.0], [3.0], [4.0]]]]
    """

    spatial_rank: ClassVar[int] = 2


class Upsample1D(_Upsample):
    """A signal `size` times as long; arguments are those of `Upsample2D`.

    Shape:
        `(N, length, C) -> (N, length * size, C)`
    """

    spatial_rank: ClassVar[int] = 1


class Upsample3D(_Upsample):
    """A volume `size` times as large; arguments are those of `Upsample2D`.

    Shape:
        `(N, depth, height, width, C) -> (N, depth * size, height * size, width * size, C)`
    """

    spatial_rank: ClassVar[int] = 3
