"""Pooling as users write it, with paddings in words: composed of the records of two families."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from constnet.errors import DTypeError, ShapeError
from constnet.ops.composite import concatenate, part_of
from constnet.ops.convolution_forms import padding_widths, per_axis
from constnet.ops.lifting import lift_one
from constnet.ops.pooling import Windows, need_windows
from constnet.ops.tensor import Tensor, TensorLike, apply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Padding = str | Sequence[tuple[int, int]]

_OUTSIDE = 2


def _need_image(op: str, x: Tensor) -> int:
    """The number of spatial axes of `x`."""
    if not x.dtype.is_float:
        message = f"[{op}] needs a float dtype, got {x.type}. Use `.astype('float32')`."
        raise DTypeError(message)
    count = x.rank - _OUTSIDE
    if count < 1:
        message = (
            f"[{op}] {x.type} has no axis between samples and channels. Reshape it to "
            "(samples, length, channels) or (samples, height, width, channels)."
        )
        raise ShapeError(message)
    return count


def _windows(
    op: str,
    x: Tensor,
    window: int | Sequence[int],
    strides: int | Sequence[int] | None,
    padding: Padding,
) -> Windows:
    count = _need_image(op, x)
    size = per_axis(op, "window", window, count)
    steps = size if strides is None else per_axis(op, "strides", strides, count)
    pairs = padding_widths(op, padding, x.shape[1:-1], size, steps)
    attrs = Windows(size, steps, tuple(low for low, _ in pairs), tuple(high for _, high in pairs))
    need_windows(op, attrs, x.type)
    return attrs


def max_pool(
    x: TensorLike,
    window: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: Padding = "valid",
) -> Tensor:
    """The largest element of each window, channel by channel; padding is never the largest.

    The gradient of a window goes to its first largest element in row-major order; a NaN in a
    window is its result.

    Args:
        x: Images.
        window: Extent along each spatial axis, or one number for all.
        strides: Distance between two windows; the window by default, so that none overlap.
        padding: `valid` (none), `same` (a window for each stride begun), `causal` (all of it before
            one axis), or (before, after) for each spatial axis, smaller than the window.

    Shape:
        (N, *spatial, C) -> (N, *windows, C)

    Raises:
        ShapeError: the window does not fit, or a number is not for these axes.

    Example:
        >>> import numpy as np
        >>> from constnet import ops
        >>> ops.max_pool(np.array([1.0, 3.0, 2.0, 0.0]).reshape(1, 4, 1), 2).ravel()
        array([3., 2.])
    """
    tensor = lift_one(x)
    return apply("max_pool", _windows("max_pool", tensor, window, strides, padding), tensor)


def average_pool(
    x: TensorLike,
    window: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: Padding = "valid",
    *,
    count_padding: bool = False,
) -> Tensor:
    """The mean of each window, channel by channel.

    Args:
        x: Images.
        window: Extent along each spatial axis, or one number for all.
        strides: Distance between two windows; the window by default, so that none overlap.
        padding: `valid` (none), `same` (a window for each stride begun), `causal` (all of it before
            one axis), or (before, after) for each spatial axis, smaller than the window.
        count_padding: Whether padding counts as zeros; otherwise the mean is of what is there, as
            in Keras (PyTorch counts it unless told otherwise).

    Shape:
        (N, *spatial, C) -> (N, *windows, C)

    Raises:
        ShapeError: the window does not fit, or a number is not for these axes.
    """
    tensor = lift_one(x)
    attrs = _windows("average_pool", tensor, window, strides, padding)
    total = apply("sum_pool", attrs, tensor)
    if count_padding or not any((*attrs.low, *attrs.high)):
        return total / float(np.prod(attrs.window))
    return total / _counts(attrs, tensor.shape[1:-1], total.shape[1:-1])


def _counts(attrs: Windows, extents: tuple[int, ...], counts: tuple[int, ...]) -> np.ndarray:
    """How many elements each window covers, with an axis of 1 for channels."""
    axes: list[np.ndarray] = []
    for size, stride, low, extent, count in zip(
        attrs.window, attrs.strides, attrs.low, extents, counts, strict=True
    ):
        first = np.arange(count) * stride - low
        axes.append(np.minimum(first + size, extent) - np.maximum(first, 0))
    return reduce(np.multiply.outer, axes).astype("float64")[..., None]


def _bins(extent: int, count: int) -> list[tuple[int, int]]:
    """First element and end of each of `count` bins that cover an axis as evenly as they can."""
    return [(b * extent // count, -(-(b + 1) * extent // count)) for b in range(count)]


def _adaptive(
    op: str,
    x: TensorLike,
    output_size: int | Sequence[int],
    pool: Callable[[Tensor, tuple[int, ...]], Tensor],
) -> Tensor:
    """Pool to given extents: at once where all bins are equal, else axis by axis.

    The last axis comes first, so that the first of equal maxima is first in row-major order.
    """
    tensor = lift_one(x)
    _need_image(op, tensor)
    wanted = per_axis(op, "output_size", output_size, tensor.rank - _OUTSIDE)
    extents = tensor.shape[1:-1]
    if any(count > extent for count, extent in zip(wanted, extents, strict=True)):
        message = (
            f"[{op}] output_size {wanted} is larger than {tensor.type}. Use at most {extents}, or "
            "`ops.resize`."
        )
        raise ShapeError(message)
    if all(extent % count == 0 for extent, count in zip(extents, wanted, strict=True)):
        return pool(tensor, tuple(e // count for e, count in zip(extents, wanted, strict=True)))
    for axis in reversed(range(len(wanted))):
        if extents[axis] != wanted[axis]:
            tensor = _along(tensor, axis, wanted[axis], pool)
    return tensor


def _along(
    x: Tensor, axis: int, count: int, pool: Callable[[Tensor, tuple[int, ...]], Tensor]
) -> Tensor:
    """One spatial axis pooled to `count` bins."""
    extent = x.shape[axis + 1]

    def window(size: int) -> tuple[int, ...]:
        return tuple(size if a == axis else 1 for a in range(x.rank - _OUTSIDE))

    if extent % count == 0:
        return pool(x, window(extent // count))
    parts = [
        pool(part_of(x, axis + 1, start, stop), window(stop - start))
        for start, stop in _bins(extent, count)
    ]
    return concatenate(parts, axis + 1)


def adaptive_max_pool(x: TensorLike, output_size: int | Sequence[int]) -> Tensor:
    """The largest element of each of as many bins as asked for, channel by channel.

    Bin b of n elements in o bins covers floor(b n / o) up to ceil((b + 1) n / o), as in PyTorch;
    bins may share an element.

    Args:
        x: Images.
        output_size: Bins along each spatial axis, or one number for all.

    Shape:
        (N, *spatial, C) -> (N, *output_size, C)

    Raises:
        ShapeError: more bins than elements.
    """
    return _adaptive("adaptive_max_pool", x, output_size, max_pool)


def adaptive_average_pool(x: TensorLike, output_size: int | Sequence[int]) -> Tensor:
    """The mean of each of as many bins as asked for, channel by channel.

    Bin b of n elements in o bins covers floor(b n / o) up to ceil((b + 1) n / o), as in PyTorch;
    bins may share an element.

    Args:
        x: Images.
        output_size: Bins along each spatial axis, or one number for all.

    Shape:
        (N, *spatial, C) -> (N, *output_size, C)

    Raises:
        ShapeError: more bins than elements.
    """
    return _adaptive("adaptive_average_pool", x, output_size, average_pool)
