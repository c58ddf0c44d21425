"""Pixels read at places that are data: what every geometric augmentation is made of.

Places are rows and columns of an image, counted from 0; the `fill` says what lies outside of it.
Every index that is read is in bounds, whatever the data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from constnet import ops
from constnet.dtypes import int32
from constnet.errors import UsageError
from constnet.nn import argument

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor

FILLS = ("constant", "edge", "reflect")


class Fill:
    """What lies outside of an image.

    Args:
        owner: the layer, for messages.
        kind: "constant" for `value`, "edge" for the nearest pixel, "reflect" for the image
            mirrored at its outermost pixels, which are not repeated.
        value: of a constant fill, in the units of the data.
    """

    def __init__(self, owner: str, kind: object, value: object) -> None:
        self.kind = argument.choice(owner, "fill", kind, FILLS)
        self.value = argument.number(owner, "value", value)
        if self.value and self.kind != "constant":
            message = (
                f"{owner}: value is {value!r} and fill is {kind!r}, which takes no value. Use "
                "fill='constant', or leave value out."
            )
            raise UsageError(message)

    def read(self, x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """`x[n, rows[n, i, j], columns[n, i, j], :]` of images `(N, H, W, C)`.

        Args:
            x: images of any dtype.
            rows: int32, three axes that broadcast against `columns` to `(N, height, width)`.
            columns: the same.
        """
        batch, height, width, channels = x.shape
        first = ops.reshape(ops.arange(batch, dtype="int32") * (height * width), (batch, 1, 1))
        place = first + self._within(rows, height) * width + self._within(columns, width)
        pixels = ops.take(ops.reshape(x, (batch * height * width, channels)), place)
        if self.kind != "constant":
            return pixels
        inside = ops.logical_and(_is_within(rows, height), _is_within(columns, width))
        inside = ops.expand_dims(ops.broadcast_to(inside, place.shape), -1)
        return ops.where(inside, pixels, constant_like(self.value, x))

    def read_between(self, x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """As `read` at places between pixels, interpolated linearly along both axes."""
        above, left = ops.floor(rows), ops.floor(columns)
        down, right = (ops.expand_dims(part, -1) for part in (rows - above, columns - left))
        i, j = ops.cast(above, int32), ops.cast(left, int32)
        top = _mix(self.read(x, i, j), self.read(x, i, j + 1), right)
        bottom = _mix(self.read(x, i + 1, j), self.read(x, i + 1, j + 1), right)
        return _mix(top, bottom, down)

    def _within(self, index: Tensor, extent: int) -> Tensor:
        """An index in `0 .. extent - 1` for each index."""
        if self.kind == "reflect" and extent > 1:
            index = ops.remainder(index, 2 * extent - 2)
            index = ops.minimum(index, (2 * extent - 2) - index)
        return ops.clip(index, 0, extent - 1)


def constant_like(value: float, x: Tensor) -> Tensor:
    """`value` in the dtype of `x`.

    Raises:
        UsageError: images of whole numbers cannot hold it.
    """
    dtype = x.dtype.numpy
    limits = None if x.dtype.is_float else np.iinfo(x.dtype.name)
    if limits is not None and not (value == int(value) and limits.min <= value <= limits.max):
        message = (
            f"the images are {x.type} and value is {value}, which {x.dtype} does not hold. Use a "
            f"whole number from {limits.min} to {limits.max}, or put nn.Rescaling before."
        )
        raise UsageError(message)
    return ops.constant(np.asarray(value).astype(dtype), x.trace)


def grid(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Row and column numbers of an image, int32, `(1, height, 1)` and `(1, 1, width)`."""
    rows = ops.reshape(ops.arange(height, dtype="int32"), (1, height, 1))
    columns = ops.reshape(ops.arange(width, dtype="int32"), (1, 1, width))
    return rows, columns


def each(drawn: Tensor) -> Tensor:
    """One number for each image, `(N,)`, beside rows and columns: `(N, 1, 1)`."""
    return ops.reshape(drawn, (drawn.shape[0], 1, 1))


def _is_within(index: Tensor, extent: int) -> Tensor:
    return ops.logical_and(index >= 0, index < extent)


def _mix(first: Tensor, second: Tensor, share: Tensor) -> Tensor:
    return first + (second - first) * share
