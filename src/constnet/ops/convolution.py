"""Convolutions and what their gradients are made of: sums over the taps of a window.

Channels last: an image is `(N, *spatial, C_in)`, a weight `(*kernel, C_in / groups, C_out)`. The
records take images that are padded already; `ops.convolution_forms` has what users call.
Output channel `g * C_out / groups + j` sums over the input channels of group `g` only.

The gradient by the image is again a convolution, of the padded cotangent with the weight turned
round. Under strides it is one for each phase of the strides: an input element meets only the taps
of its own phase, so no product with the zeros between the strides is ever computed.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from constnet import dtypes
from constnet.errors import DTypeError, ShapeError
from constnet.ir.graph import Attrs
from constnet.ir.types import TensorType
from constnet.ops import nest
from constnet.ops.attributes import Convolution
from constnet.ops.indexing import times
from constnet.ops.input_gradient import input_gradient
from constnet.ops.op import Op, Reject, Sample, register
from constnet.ops.samples import spread
from constnet.ops.tensor import apply
from constnet.ops.typing_rules import FLOATS, Types, need_count, need_kind

if TYPE_CHECKING:
    from constnet.loopir.types import Expr
    from constnet.ops.nest import Index
    from constnet.ops.tensor import Tensor

_OUTSIDE = 2
"""Axes of an image that are not spatial: samples and channels."""


@dataclass(frozen=True, slots=True)
class WeightGradient(Attrs):
    """The convolution whose weight is differentiated by, and that weight's kernel."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int = 1


def output_extents(
    spatial: tuple[int, ...], kernel: tuple[int, ...], attrs: Convolution | WeightGradient
) -> tuple[int, ...]:
    """How many places a window has along each spatial axis; less than 1 where it does not fit."""
    return tuple(
        (extent - (taps - 1) * gap - 1) // step + 1
        for extent, taps, gap, step in zip(
            spatial, kernel, attrs.dilation, attrs.strides, strict=True
        )
    )


def _need_floats(op: str, types: Types) -> None:
    need_count(op, types, 2)
    need_kind(op, types[0], FLOATS)
    if types[0].dtype != types[1].dtype:
        message = f"[{op}] operands have different dtypes: {types[0]} and {types[1]}. Cast one."
        raise DTypeError(message)


def _need_ranks(op: str, types: Types, attrs: Convolution | WeightGradient) -> None:
    rank = len(attrs.strides) + _OUTSIDE
    if types[0].rank != rank or types[1].rank != rank or len(attrs.dilation) != rank - _OUTSIDE:
        message = (
            f"[{op}] strides {attrs.strides} and dilation {attrs.dilation} are for images and "
            f"weights of rank {rank}, got {types[0]} and {types[1]}. Give one stride and one "
            "dilation for each spatial axis."
        )
        raise ShapeError(message)
    if min(attrs.strides) < 1 or min(attrs.dilation) < 1:
        message = (
            f"[{op}] strides {attrs.strides} and dilation {attrs.dilation} of a window over "
            f"{types[0]} must be at least 1. Use 1 for a window that moves by one element."
        )
        raise ShapeError(message)


def _need_groups(op: str, channels: int, filters: int, groups: int) -> None:
    if groups < 1 or channels % groups or filters % groups:
        message = (
            f"[{op}] {groups} groups do not divide {channels} input channels and {filters} "
            "filters. Use a divisor of both."
        )
        raise ShapeError(message)


def _infer(attrs: Convolution, types: Types) -> Types:
    op = "convolution"
    _need_floats(op, types)
    _need_ranks(op, types, attrs)
    image, weight = types
    channels, filters = image.shape[-1], weight.shape[-1]
    _need_groups(op, channels, filters, attrs.groups)
    if weight.shape[-2] * attrs.groups != channels:
        message = (
            f"[{op}] the image {image} has {channels} channels and the weight {weight} takes "
            f"{weight.shape[-2]} in each of {attrs.groups} groups. Make the product "
            f"{weight.shape[-2]} x {attrs.groups} equal to {channels}."
        )
        raise ShapeError(message)
    extents = output_extents(image.shape[1:-1], weight.shape[:-2], attrs)
    if min(extents) < 1 or min(weight.shape[:-2]) < 1:
        message = (
            f"[{op}] a window of {weight.shape[:-2]} with dilation {attrs.dilation} does not fit "
            f"the padded image {image}. Use a smaller window or more padding."
        )
        raise ShapeError(message)
    return (image.with_shape((image.shape[0], *extents, filters)),)


def _taps(kernel: tuple[int, ...]) -> itertools.product[tuple[int, ...]]:
    """All positions in a window, row-major."""
    return itertools.product(*(range(extent) for extent in kernel))


def _seen(
    image: np.ndarray, tap: tuple[int, ...], attrs: Convolution | WeightGradient,
    extents: tuple[int, ...],
) -> np.ndarray:  # fmt: skip
    """What one tap sees from every place of the window: (N, *out, groups, C_in / groups)."""
    cut = tuple(
        slice(at * gap, at * gap + (count - 1) * step + 1, step)
        for at, gap, step, count in zip(tap, attrs.dilation, attrs.strides, extents, strict=True)
    )
    seen = image[(slice(None), *cut)]
    return seen.reshape(*seen.shape[:-1], attrs.groups, seen.shape[-1] // attrs.groups)


def _reference(attrs: Convolution, image: np.ndarray, weight: np.ndarray) -> np.ndarray:
    kernel, (channels, filters) = weight.shape[:-2], weight.shape[-2:]
    extents = output_extents(image.shape[1:-1], kernel, attrs)
    grouped = weight.reshape(*kernel, channels, attrs.groups, filters // attrs.groups)
    total = np.zeros((image.shape[0], *extents, attrs.groups, filters // attrs.groups), image.dtype)
    for tap in _taps(kernel):
        seen = _seen(image, tap, attrs, extents)
        for channel in range(channels):
            total += seen[..., channel, None] * grouped[(*tap, channel)]
    return total.reshape(*total.shape[:-2], filters)


def _vjp(
    attrs: Convolution, x: tuple[Tensor, ...], _y: tuple[Tensor, ...], ct: tuple[Tensor, ...]
) -> tuple[Tensor, Tensor]:
    image, weight = x
    by_weight = WeightGradient(weight.shape[:-2], attrs.strides, attrs.dilation, attrs.groups)
    return (
        input_gradient(
            ct[0], weight, image.shape[1:-1], attrs.strides, attrs.dilation, attrs.groups
        ),
        apply("convolution_weight_gradient", by_weight, image, ct[0]),
    )


def _at(
    place: Index, tap: Index, attrs: Convolution | WeightGradient, group: Expr, width: int,
    channel: Expr,
) -> Index:  # fmt: skip
    """Index of the image element that a tap sees; `width` channels in a group."""
    spatial = (
        times(p, step) + times(t, gap)
        for p, t, step, gap in zip(place, tap, attrs.strides, attrs.dilation, strict=True)
    )
    return (*spatial, times(group, width) + channel)


def _nest(attrs: Convolution, types: Types) -> nest.SumOfProducts:
    image, weight = types
    kernel, (channels, filters) = weight.shape[:-2], weight.shape[-2:]
    extents = output_extents(image.shape[1:-1], kernel, attrs)
    width = filters // attrs.groups

    def result(outer: Index) -> Index:
        return (*outer[:-2], times(outer[-2], width) + outer[-1])

    def lhs(outer: Index, depth: Index) -> Index:
        return (outer[0], *_at(outer[1:-2], depth[:-1], attrs, outer[-2], channels, depth[-1]))

    def rhs(outer: Index, depth: Index) -> Index:
        return (*depth, times(outer[-2], width) + outer[-1])

    outer = (image.shape[0], *extents, attrs.groups, width)
    return nest.SumOfProducts(outer, (*kernel, channels), result, lhs, rhs)


def _infer_weight(attrs: WeightGradient, types: Types) -> Types:
    op = "convolution_weight_gradient"
    _need_floats(op, types)
    _need_ranks(op, types, attrs)
    image, ct = types
    channels, filters = image.shape[-1], ct.shape[-1]
    _need_groups(op, channels, filters, attrs.groups)
    extents = output_extents(image.shape[1:-1], attrs.kernel, attrs)
    if (image.shape[0], *extents) != ct.shape[:-1]:
        message = (
            f"[{op}] a window of {attrs.kernel} over {image} has {extents} places, the cotangent "
            f"{ct} has others. Give the cotangent of that convolution."
        )
        raise ShapeError(message)
    return (image.with_shape((*attrs.kernel, channels // attrs.groups, filters)),)


def _reference_weight(attrs: WeightGradient, image: np.ndarray, ct: np.ndarray) -> np.ndarray:
    extents, filters = ct.shape[1:-1], ct.shape[-1]
    channels = image.shape[-1] // attrs.groups
    total = np.zeros((*attrs.kernel, attrs.groups, channels, filters // attrs.groups), image.dtype)
    rows = ct.reshape(-1, attrs.groups, 1, filters // attrs.groups)
    windows = [
        _seen(image, tap, attrs, extents).reshape(-1, attrs.groups, channels, 1)
        for tap in _taps(attrs.kernel)
    ]
    for tap, seen in zip(_taps(attrs.kernel), windows, strict=True):
        for k in range(rows.shape[0]):
            total[tap] += seen[k] * rows[k]
    return np.swapaxes(total, -3, -2).reshape(*attrs.kernel, channels, filters)


def _vjp_weight(
    attrs: WeightGradient, x: tuple[Tensor, ...], _y: tuple[Tensor, ...], ct: tuple[Tensor, ...]
) -> tuple[Tensor, Tensor]:
    image, given = x
    forward = Convolution(attrs.strides, attrs.dilation, attrs.groups)
    by_image = input_gradient(
        given, ct[0], image.shape[1:-1], attrs.strides, attrs.dilation, attrs.groups
    )
    return by_image, apply("convolution", forward, image, ct[0])


def _nest_weight(attrs: WeightGradient, types: Types) -> nest.SumOfProducts:
    image, ct = types
    channels = image.shape[-1] // attrs.groups
    width = ct.shape[-1] // attrs.groups

    def result(outer: Index) -> Index:
        *tap, group, channel, filter_ = outer
        return (*tap, channel, times(group, width) + filter_)

    def lhs(outer: Index, depth: Index) -> Index:
        tap, group, channel = outer[:-3], outer[-3], outer[-2]
        return (depth[0], *_at(depth[1:], tap, attrs, group, channels, channel))

    def rhs(outer: Index, depth: Index) -> Index:
        return (*depth, times(outer[-3], width) + outer[-1])

    outer = (*attrs.kernel, attrs.groups, channels, width)
    return nest.SumOfProducts(outer, ct.shape[:-1], result, lhs, rhs)


def _types(*shapes: tuple[int, ...]) -> Types:
    return tuple(TensorType(shape, dtypes.float32) for shape in shapes)


def _pair(image: tuple[int, ...], weight: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    return spread(*image), spread(*weight, phase=0.1)


_PLAIN = Convolution((1, 1), (1, 1))
_REJECTED = (
    Reject(_PLAIN, _types((1, 3, 3, 1), (5, 5, 1, 2)), r"window of \(5, 5\) .* does not fit"),
    Reject(_PLAIN, _types((1, 3, 3, 2), (3, 3, 1, 2)), r"has 2 channels and the weight"),
    Reject(
        Convolution((1, 1), (1, 1), 2), _types((1, 3, 3, 3), (3, 3, 1, 2)), r"2 groups do not div"
    ),
    Reject(_PLAIN, _types((1, 3, 1), (3, 1, 2)), r"images and weights of rank 4"),
    Reject(
        Convolution((0, 1), (1, 1)), _types((1, 3, 3, 1), (3, 3, 1, 2)), r"must be at least 1"
    ),
    Reject(
        _PLAIN, (_types((1, 3, 3, 1))[0], TensorType((3, 3, 1, 2), dtypes.float64)),
        r"different dtypes",
    ),
)  # fmt: skip

register(
    Op(
        "convolution",
        Convolution,
        _infer,
        _reference,
        _vjp,
        (
            Sample(_PLAIN, _pair((2, 5, 6, 3), (3, 3, 3, 4))),
            Sample(Convolution((2,), (1,)), _pair((2, 9, 2), (3, 2, 5))),
            Sample(Convolution((2, 1), (1, 2)), _pair((1, 6, 7, 2), (3, 2, 2, 3))),
            Sample(Convolution((3, 2), (1, 1)), _pair((1, 8, 6, 1), (2, 3, 1, 2))),
            Sample(Convolution((2, 2), (2, 1)), _pair((1, 9, 4, 1), (3, 1, 1, 2))),
            Sample(Convolution((1, 1), (1, 1), 2), _pair((2, 4, 4, 4), (3, 3, 2, 6))),
            Sample(Convolution((1, 2), (1, 1), 20), _pair((2, 3, 7, 20), (3, 3, 1, 20))),
            Sample(Convolution((1, 1, 1), (1, 1, 1)), _pair((1, 3, 4, 3, 2), (2, 2, 2, 2, 17))),
            Sample(
                _PLAIN, tuple(each.astype("float64") for each in _pair((1, 4, 9, 1), (4, 2, 1, 1)))
            ),
            Sample(Convolution((2, 2), (1, 1)), _pair((2, 8, 8, 16), (1, 1, 16, 33))),
            Sample(_PLAIN, _pair((3, 10, 10, 16), (3, 3, 16, 16))),
        ),
        _REJECTED,
        nest=_nest,
        doc="Sums of products over the taps of a window that moves over a padded image.",
    )
)

register(
    Op(
        "convolution_weight_gradient",
        WeightGradient,
        _infer_weight,
        _reference_weight,
        _vjp_weight,
        (
            Sample(WeightGradient((3, 3), (1, 1), (1, 1)), _pair((2, 5, 6, 3), (2, 3, 4, 4))),
            Sample(WeightGradient((3,), (2,), (1,)), _pair((2, 9, 2), (2, 4, 5))),
            Sample(WeightGradient((3, 2), (2, 1), (1, 2)), _pair((1, 6, 7, 2), (1, 2, 5, 3))),
            Sample(
                WeightGradient((3, 3), (1, 1), (1, 1), 2), _pair((2, 4, 4, 4), (2, 2, 2, 6))
            ),
            Sample(
                WeightGradient((3, 3), (1, 2), (1, 1), 20), _pair((2, 3, 7, 20), (2, 1, 3, 20))
            ),
            Sample(
                WeightGradient((2, 2), (1, 1), (1, 1)), _pair((9, 17, 17, 16), (9, 16, 16, 16)),
                differentiable=False,
            ),
        ),
        (
            Reject(
                WeightGradient((3, 3), (1, 1), (1, 1)), _types((2, 5, 6, 3), (2, 3, 3, 4)),
                r"has \(3, 4\) places, the cotangent",
            ),
            Reject(
                WeightGradient((3,), (1,), (1,)), _types((2, 5, 6, 3), (2, 3, 3, 4)),
                r"of rank 3, got",
            ),
        ),
        nest=_nest_weight,
        doc="Gradient of a convolution by its weight: image and cotangent, summed over all places.",
    )
)  # fmt: skip
