"""Parts of tensors and their transposes: `slice` and `pad` (each other's), `concatenate`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from constnet import dtypes
from constnet.errors import DTypeError, ShapeError
from constnet.ir.graph import Attrs
from constnet.ir.types import TensorType
from constnet.loopir import types as loop
from constnet.ops.attributes import Axis
from constnet.ops.indexing import plus, times
from constnet.ops.op import Op, Read, Reject, Sample, Steps, linear_in_steps, register
from constnet.ops.samples import spread
from constnet.ops.tensor import apply
from constnet.ops.typing_rules import Types, listed, need_axis, need_count

if TYPE_CHECKING:
    from constnet.loopir.types import Expr
    from constnet.ops.tensor import Tensor

_TYPE = TensorType((4, 3), dtypes.float32)


@dataclass(frozen=True, slots=True)
class Slice(Attrs):
    """For each axis: first index, end (not included), and step (at least 1)."""

    starts: tuple[int, ...]
    stops: tuple[int, ...]
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pad(Attrs):
    """For each axis: how many of `value` go before, after, and between two neighbours."""

    low: tuple[int, ...]
    high: tuple[int, ...]
    interior: tuple[int, ...]
    value: float = 0.0


def _slice_infer(attrs: Slice, types: Types) -> Types:
    need_count("slice", types, 1)
    bounds = tuple(zip(attrs.starts, attrs.stops, attrs.steps, strict=True))
    fits = len(bounds) == types[0].rank and all(
        0 <= start < stop <= extent and step >= 1
        for (start, stop, step), extent in zip(bounds, types[0].shape, strict=True)
    )
    if not fits:
        wanted = ", ".join(f"{start}:{stop}:{step}" for start, stop, step in bounds)
        message = (
            f"[slice] [{wanted}] is not a part of {types[0]}. Each axis needs "
            "0 <= start < stop <= extent and a step of at least 1."
        )
        raise ShapeError(message)
    return (types[0].with_shape(tuple(-(-(stop - start) // step) for start, stop, step in bounds)),)


def _slice_reference(attrs: Slice, x: np.ndarray) -> np.ndarray:
    return x[tuple(map(slice, attrs.starts, attrs.stops, attrs.steps))].copy()


def _slice_vjp(
    attrs: Slice, x: tuple[Tensor, ...], y: tuple[Tensor, ...], ct: tuple[Tensor, ...]
) -> tuple[Tensor]:
    reached = tuple(
        start + (count - 1) * step + 1
        for start, count, step in zip(attrs.starts, y[0].shape, attrs.steps, strict=True)
    )
    high = tuple(extent - end for extent, end in zip(x[0].shape, reached, strict=True))
    interior = tuple(step - 1 for step in attrs.steps)
    return (apply("pad", Pad(attrs.starts, high, interior), ct[0]),)


def _slice_element(attrs: Slice, _types: Types, at: tuple[Expr, ...], read: Read) -> Expr:
    return read(
        0,
        tuple(
            plus(times(coordinate, step), start)
            for coordinate, step, start in zip(at, attrs.steps, attrs.starts, strict=True)
        ),
    )


register(
    Op(
        "slice",
        Slice,
        _slice_infer,
        _slice_reference,
        _slice_vjp,
        (
            Sample(Slice((1, 0), (3, 3), (1, 1)), (spread(4, 3),)),
            Sample(Slice((0, 1), (4, 3), (3, 2)), (spread(4, 3),)),
            Sample(Slice((1,), (8,), (3,)), (spread(9, dtype="float64"),)),
        ),
        (
            Reject(Slice((0, 0), (5, 3), (1, 1)), (_TYPE,), r"\[slice\] .* of float32\[4, 3\]"),
            Reject(Slice((2, 0), (2, 3), (1, 1)), (_TYPE,), r"\[slice\] \[2:2:1, 0:3:1\] is not"),
            Reject(Slice((0,), (4,), (1,)), (_TYPE,), r"\[slice\] .* is not a part of"),
            Reject(Slice((0, 0), (4, 3), (0, 1)), (_TYPE,), r"step of at least 1"),
        ),
        element=_slice_element,
        summed=linear_in_steps("slice"),
    )
)


def _pad_infer(attrs: Pad, types: Types) -> Types:
    need_count("pad", types, 1)
    widths = (*attrs.low, *attrs.high, *attrs.interior)
    if len(widths) != 3 * types[0].rank or len(attrs.low) != len(attrs.high) or min(widths) < 0:
        message = (
            f"[pad] widths {attrs.low}, {attrs.high}, {attrs.interior} do not fit {types[0]}. Give "
            "one width of at least 0 for each axis before, after and between."
        )
        raise ShapeError(message)
    shape = tuple(
        low + _spread_extent(extent, gap) + high
        for low, extent, gap, high in zip(
            attrs.low, types[0].shape, attrs.interior, attrs.high, strict=True
        )
    )
    return (types[0].with_shape(shape),)


def _spread_extent(extent: int, gap: int) -> int:
    return (extent - 1) * (gap + 1) + 1


def _pad_reference(attrs: Pad, x: np.ndarray) -> np.ndarray:
    inside = tuple(
        slice(low, low + _spread_extent(extent, gap), gap + 1)
        for low, extent, gap in zip(attrs.low, x.shape, attrs.interior, strict=True)
    )
    (type_,) = _pad_infer(attrs, (TensorType(x.shape, dtypes.as_dtype(x.dtype)),))
    result = np.full(type_.shape, attrs.value, x.dtype)
    result[inside] = x
    return result


def _pad_vjp(
    attrs: Pad, x: tuple[Tensor, ...], _y: tuple[Tensor, ...], ct: tuple[Tensor, ...]
) -> tuple[Tensor]:
    stops = tuple(
        low + _spread_extent(extent, gap)
        for low, extent, gap in zip(attrs.low, x[0].shape, attrs.interior, strict=True)
    )
    steps = tuple(gap + 1 for gap in attrs.interior)
    return (apply("slice", Slice(attrs.low, stops, steps), ct[0]),)


def _pad_summed(attrs: Pad, steps: tuple[Steps, ...]) -> Tensor | None:
    return apply("pad", attrs, steps[0].total()) if attrs.value == 0 else None


def _pad_element(attrs: Pad, types: Types, at: tuple[Expr, ...], read: Read) -> Expr:
    is_inside: list[Expr] = []
    source: list[Expr] = []
    for axis, (coordinate, extent) in enumerate(zip(at, types[0].shape, strict=True)):
        low, high, gap = attrs.low[axis], attrs.high[axis], attrs.interior[axis]
        place = plus(coordinate, -low)
        if gap:
            is_inside.append((place % (gap + 1)).eq(0))
            place = loop.maximum(place, 0) // (gap + 1)
        if low:
            is_inside.append(coordinate >= low)
            place = place if gap else loop.maximum(place, 0)
        if high:
            is_inside.append(coordinate < low + _spread_extent(extent, gap))
            place = loop.minimum(place, extent - 1)
        source.append(place)
    value = read(0, tuple(source))
    if not is_inside:
        return value
    return loop.select(reduce(lambda one, other: one & other, is_inside), value, attrs.value)


register(
    Op(
        "pad",
        Pad,
        _pad_infer,
        _pad_reference,
        _pad_vjp,
        (
            Sample(Pad((1, 0), (2, 1), (0, 0)), (spread(2, 3),)),
            Sample(Pad((0, 1), (0, 2), (2, 0), 7.5), (spread(4, 3),)),
            Sample(Pad((2,), (1,), (1,)), (spread(4, dtype="float64"),)),
            Sample(Pad((0,), (0,), (0,)), (spread(4),)),
            Sample(Pad((1,), (1,), (0,), -3.0), (np.arange(4, dtype="int32"),), False),
        ),
        (
            Reject(
                Pad((-1, 0), (0, 0), (0, 0)), (_TYPE,), r"\[pad\] .* do not fit float32\[4, 3\]"
            ),
            Reject(Pad((1,), (0,), (0,)), (_TYPE,), r"\[pad\] widths \(1,\).* do not fit"),
        ),
        element=_pad_element,
        summed=_pad_summed,
    )
)


def _concatenate_infer(attrs: Axis, types: Types) -> Types:
    if not types:
        message = f"[concatenate] got nothing to join along axis {attrs.axis}. Give a tensor."
        raise ShapeError(message)
    need_axis("concatenate", types[0], attrs.axis)
    for type_ in types[1:]:
        if type_.dtype != types[0].dtype:
            message = f"[concatenate] dtypes differ: {listed(types)}. Cast them to one dtype."
            raise DTypeError(message)
        if _without(type_.shape, attrs.axis) != _without(types[0].shape, attrs.axis):
            message = (
                f"[concatenate] shapes differ beside axis {attrs.axis}: {types[0]} and {type_}. "
                "Make all other extents equal."
            )
            raise ShapeError(message)
    shape = list(types[0].shape)
    shape[attrs.axis] = sum(type_.shape[attrs.axis] for type_ in types)
    return (types[0].with_shape(tuple(shape)),)


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (*shape[:axis], -1, *shape[axis + 1 :])


def _concatenate_reference(attrs: Axis, *parts: np.ndarray) -> np.ndarray:
    return np.concatenate(parts, attrs.axis)


def _concatenate_vjp(
    attrs: Axis, x: tuple[Tensor, ...], _y: tuple[Tensor, ...], ct: tuple[Tensor, ...]
) -> tuple[Tensor, ...]:
    parts: list[Tensor] = []
    start = 0
    for tensor in x:
        starts, stops = [0] * tensor.rank, list(tensor.shape)
        starts[attrs.axis], stops[attrs.axis] = start, start + tensor.shape[attrs.axis]
        bounds = Slice(tuple(starts), tuple(stops), (1,) * tensor.rank)
        parts.append(apply("slice", bounds, ct[0]))
        start = stops[attrs.axis]
    return tuple(parts)


def _concatenate_pieces(attrs: Axis, types: Types) -> tuple[tuple[int, ...], ...]:
    """Where each part begins: at the end of the ones before it along the axis."""
    origins: list[tuple[int, ...]] = []
    start = 0
    for type_ in types:
        origins.append(tuple(start if a == attrs.axis else 0 for a in range(type_.rank)))
        start += type_.shape[attrs.axis]
    return tuple(origins)


def _concatenate_element(attrs: Axis, types: Types, at: tuple[Expr, ...], read: Read) -> Expr:
    """Nested selects from the last part inwards; every read is clamped into its part."""
    coordinate = at[attrs.axis]
    end = sum(type_.shape[attrs.axis] for type_ in types)
    result: Expr | None = None
    for number in reversed(range(len(types))):
        extent = types[number].shape[attrs.axis]
        start = end - extent
        place = plus(coordinate, -start)
        if number > 0:
            place = loop.maximum(place, 0)
        if number < len(types) - 1:
            place = loop.minimum(place, extent - 1)
        value = read(number, (*at[: attrs.axis], place, *at[attrs.axis + 1 :]))
        result = value if result is None else loop.select(coordinate < end, value, result)
        end = start
    if result is None:
        message = f"[concatenate] got nothing to join along axis {attrs.axis}. Give a tensor."
        raise ShapeError(message)
    return result


register(
    Op(
        "concatenate",
        Axis,
        _concatenate_infer,
        _concatenate_reference,
        _concatenate_vjp,
        (
            Sample(Axis(0), (spread(2, 3), spread(1, 3, phase=0.5))),
            Sample(Axis(1), (spread(2, 3), spread(2, 1, phase=0.5), spread(2, 2, phase=0.7))),
            Sample(Axis(0), (spread(4, dtype="float64"),)),
        ),
        (
            Reject(Axis(0), (), r"\[concatenate\] got nothing"),
            Reject(Axis(2), (_TYPE, _TYPE), r"\[concatenate\] axis 2 is not an axis"),
            Reject(Axis(0), (_TYPE, TensorType((4, 2), dtypes.float32)), r"shapes differ beside"),
            Reject(Axis(0), (_TYPE, TensorType((4, 3), dtypes.float64)), r"dtypes differ"),
        ),
        element=_concatenate_element,
        summed=linear_in_steps("concatenate"),
        pieces=_concatenate_pieces,
    )
)


def whole(shape: tuple[int, ...]) -> Slice:
    """The slice that takes everything."""
    return Slice((0,) * len(shape), shape, (1,) * len(shape))


def is_whole(attrs: Slice, shape: tuple[int, ...]) -> bool:
    """Whether a slice takes everything."""
    return attrs == whole(shape) and math.prod(shape) > 0
