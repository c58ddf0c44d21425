"""Windows over images: what all pooling has in common, and what it must refuse.

Channels last: an image is `(N, *spatial, C)`, and each channel is pooled by itself. Window number c
of an axis covers elements c * stride - low + w; where it reaches past an end it covers fewer.
`max_pooling` and `sum_pooling` have the records, `pooling_forms` what users call.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from constnet import dtypes
from constnet.errors import ShapeError
from constnet.ir.graph import Attrs
from constnet.ir.types import TensorType
from constnet.ops import nest
from constnet.ops.op import Reject
from constnet.ops.samples import spread
from constnet.ops.typing_rules import FLOATS, Types, need_count, need_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from constnet.loopir.types import Expr
    from constnet.ops.nest import Index
    from constnet.ops.op import Read

_OUTSIDE = 2
"""Axes of an image that are not spatial: samples and channels."""


@dataclass(frozen=True, slots=True)
class Windows(Attrs):
    """For each spatial axis: extent of a window, distance of two, padding before and after."""

    window: tuple[int, ...]
    strides: tuple[int, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Covered(Attrs):
    """The windows, and the spatial extents of the image that they lie on."""

    window: tuple[int, ...]
    strides: tuple[int, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]
    extents: tuple[int, ...]


def windows_of(attrs: Covered) -> Windows:
    """The windows alone."""
    return Windows(attrs.window, attrs.strides, attrs.low, attrs.high)


def covered_by(attrs: Windows, extents: tuple[int, ...]) -> Covered:
    """The windows on an image of these spatial extents."""
    return Covered(attrs.window, attrs.strides, attrs.low, attrs.high, extents)


def sweeps_of(attrs: Windows | Covered, extents: Sequence[int]) -> tuple[nest.Sweep, ...]:
    """The windows along each axis of an image."""
    axes = zip(attrs.window, attrs.strides, attrs.low, attrs.high, extents, strict=True)
    return tuple(
        nest.Sweep(size, stride, low, extent, (extent + low + high - size) // stride + 1)
        for size, stride, low, high, extent in axes
    )


def need_windows(op: str, attrs: Windows | Covered, image: TensorType) -> None:
    """Refuse windows that do not fit an image; messages begin with `op`."""
    count = len(attrs.window)
    lengths = {len(attrs.strides), len(attrs.low), len(attrs.high)}
    if image.rank != count + _OUTSIDE or lengths != {count} or not count:
        message = (
            f"[{op}] a window {attrs.window} has {count} spatial axes, {image} has "
            f"{image.rank - _OUTSIDE} between samples and channels. Give one extent, stride and "
            "padding for each."
        )
        raise ShapeError(message)
    if min(*attrs.window, *attrs.strides) < 1:
        message = (
            f"[{op}] window {attrs.window} and strides {attrs.strides} over {image} must be at "
            "least 1. Use a stride of 1 for windows that move by one element."
        )
        raise ShapeError(message)
    padding = tuple(zip(attrs.low, attrs.high, strict=True))
    if any(not 0 <= p < size for p, size in zip(attrs.low, attrs.window, strict=True)) or any(
        not 0 <= p < size for p, size in zip(attrs.high, attrs.window, strict=True)
    ):
        message = (
            f"[{op}] padding {padding} is not smaller than the window {attrs.window} over {image}: "
            "a window would cover padding alone. Use less padding."
        )
        raise ShapeError(message)
    if any(sweep.count < 1 or sweep.extent < 1 for sweep in sweeps_of(attrs, image.shape[1:-1])):
        message = (
            f"[{op}] window {attrs.window} does not fit {image} with padding {padding}. Use a "
            "smaller window, more padding or padding='same'."
        )
        raise ShapeError(message)


def pooled_shape(attrs: Windows | Covered, image: TensorType) -> tuple[int, ...]:
    """The shape of one element for each window."""
    counts = (sweep.count for sweep in sweeps_of(attrs, image.shape[1:-1]))
    return (image.shape[0], *counts, image.shape[-1])


def infer_pool(op: str, attrs: Windows, types: Types) -> Types:
    """One element for each window of an image."""
    need_count(op, types, 1)
    need_kind(op, types[0], FLOATS)
    need_windows(op, attrs, types[0])
    return (types[0].with_shape(pooled_shape(attrs, types[0])),)


def infer_scatter(op: str, attrs: Covered, types: Types) -> Types:
    """An image from one element for each window."""
    need_kind(op, types[0], FLOATS)
    given = types[0]
    if given.rank != len(attrs.extents) + _OUTSIDE:
        message = (
            f"[{op}] spatial extents {attrs.extents} do not fit {given}. Give one extent for each "
            "axis between samples and channels."
        )
        raise ShapeError(message)
    image = given.with_shape((given.shape[0], *attrs.extents, given.shape[-1]))
    need_windows(op, attrs, image)
    if given.shape != pooled_shape(attrs, image):
        message = (
            f"[{op}] {image} has {pooled_shape(attrs, image)} windows {attrs.window}, the input is "
            f"{given}. Give one element for each window."
        )
        raise ShapeError(message)
    return (image,)


Cut = tuple[slice, ...]
"""A part of an array."""


def pairs_of(attrs: Windows | Covered, extents: tuple[int, ...]) -> Iterator[tuple[int, Cut, Cut]]:
    """For each position in a window, row-major: its number, the windows and their elements."""
    sweeps = sweeps_of(attrs, extents)
    for number, place in enumerate(itertools.product(*(range(n) for n in attrs.window))):
        windows: list[slice] = [slice(None)]
        elements: list[slice] = [slice(None)]
        for sweep, w in zip(sweeps, place, strict=True):
            shift = w - sweep.low
            first = max(0, -(shift // sweep.stride))
            last = min(sweep.count - 1, (sweep.extent - 1 - shift) // sweep.stride)
            end = max(first, last + 1)
            start = first * sweep.stride + shift
            windows.append(slice(first, end))
            elements.append(slice(start, start + (end - first) * sweep.stride, sweep.stride))
        yield number, tuple(windows), tuple(elements)


def element_of(_output: Index, source: Index, _w: Index, read: Read) -> Expr:
    """The term of a nest that combines elements as they are."""
    return read(0, source)


_LINE = Windows((3,), (2,), (1,), (1,))
PLAIN = Windows((2, 2), (2, 2), (0, 0), (0, 0))
DENSE = Windows((3, 2), (1, 1), (1, 0), (2, 1))
_APART = Windows((2, 1), (3, 2), (0, 0), (0, 0))
_BLOCK = Windows((2, 3, 2), (1, 2, 2), (0, 1, 1), (0, 1, 0))
_LARGE = Windows((9, 7), (4, 5), (3, 2), (4, 2))
_WIDE = Windows((3, 3), (2, 2), (0, 0), (1, 1))
IMAGES: tuple[tuple[Windows, np.ndarray], ...] = (
    (PLAIN, spread(2, 4, 6, 3)),
    (PLAIN, spread(1, 5, 5, 20)),
    (_LINE, spread(2, 8, 5, dtype="float64")),
    (DENSE, spread(1, 4, 5, 17)),
    (_APART, spread(2, 7, 4, 1)),
    (_BLOCK, spread(1, 3, 5, 4, 2)),
    (_LARGE, spread(1, 13, 12, 2)),
    (_WIDE, spread(2, 6, 8, 64)),
)

IMAGE = TensorType((2, 4, 4, 3), dtypes.float32)
WHOLE = TensorType((2, 4, 4, 3), dtypes.int32)
SMALL = TensorType((2, 2, 2, 3), dtypes.float32)
PLACES = TensorType((2, 2, 2, 3), dtypes.int32)
COVERED = Covered((2, 2), (2, 2), (0, 0), (0, 0), (4, 4))


def rejects(*more: TensorType) -> tuple[Reject[Windows], ...]:
    """What every record that takes an image refuses; `more` are its other inputs."""
    given = (IMAGE, *more)
    return (
        Reject(
            Windows((5, 5), (1, 1), (0, 0), (0, 0)), given,
            r"window \(5, 5\) does not fit float32\[2, 4, 4, 3\] with padding",
        ),
        Reject(_LINE, given, r"window \(3,\) has 1 spatial axes, float32\[2, 4, 4, 3\] has 2"),
        Reject(Windows((2, 2), (0, 1), (0, 0), (0, 0)), given, r"strides \(0, 1\) .* at least 1"),
        Reject(Windows((2, 2), (1, 1), (2, 0), (0, 0)), given, r"is not smaller than the window"),
        Reject(Windows((2, 2), (1, 1), (0, 0), (0, 2)), given, r"is not smaller than the window"),
        Reject(PLAIN, (WHOLE, *more), r"needs a float dtype, got int32"),
    )  # fmt: skip


def scatter_rejects(*more: TensorType) -> tuple[Reject[Covered], ...]:
    """What every record that makes an image refuses; `more` are its other inputs."""
    return (
        Reject(COVERED, (IMAGE, *more), r"has \(2, 2, 2, 3\) windows .* the input is float32"),
        Reject(covered_by(PLAIN, (4,)), (SMALL, *more), r"extents \(4,\) do not fit float32"),
        Reject(covered_by(PLAIN, (1, 4)), (SMALL, *more), r"does not fit float32\[2, 1, 4, 3\]"),
        Reject(COVERED, (PLACES, *more), r"needs a float dtype, got int32"),
    )
