"""Along axes: sums and their transpose `broadcast_to`, maxima, and the position of the maximum.

The order of a sum is part of the meaning (`ops.nest.Reduction`); the references keep it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from constnet import dtypes
from constnet.errors import ShapeError
from constnet.ir.types import TensorType
from constnet.loopir.types import constant, index
from constnet.ops import nest
from constnet.ops.attributes import Axes, Axis, ToShape
from constnet.ops.op import NoGradient, Op, Read, Reject, Sample, Steps, linear_in_steps, register
from constnet.ops.samples import spread
from constnet.ops.tensor import apply
from constnet.ops.typing_rules import NUMBERS, Types, need_axis, need_count, need_kind

if TYPE_CHECKING:
    from constnet.loopir.types import Expr
    from constnet.ops.tensor import Tensor

PARTIAL_SUMS = 16
_LONG = 32
_TYPE = TensorType((2, 3), dtypes.float32)
_WITH_NAN = np.array([[np.nan, 1, 2, np.nan], [1, np.nan, 2, 3], [-np.inf, 0, 1, 1]], "float32")
_BOOL = TensorType((2, 3), dtypes.bool_)


def kept_shape(shape: tuple[int, ...], axes: tuple[int, ...], *, keepdims: bool) -> tuple[int, ...]:
    """The shape after reducing `axes`, which stay with extent 1 under `keepdims`."""
    if keepdims:
        return tuple(1 if axis in axes else extent for axis, extent in enumerate(shape))
    return tuple(extent for axis, extent in enumerate(shape) if axis not in axes)


def _need_axes(op: str, type_: TensorType, axes: tuple[int, ...]) -> None:
    for axis in axes:
        need_axis(op, type_, axis)
    if list(axes) != sorted(set(axes)):
        message = f"[{op}] axes {axes} of {type_} must ascend without repetition. Sort them."
        raise ShapeError(message)


def _reduce_infer(op: str, attrs: Axes, types: Types) -> Types:
    need_count(op, types, 1)
    need_kind(op, types[0], NUMBERS)
    _need_axes(op, types[0], attrs.axes)
    return (types[0].with_shape(kept_shape(types[0].shape, attrs.axes, keepdims=False)),)


def ordered_sum(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Sum in the order of `ops.nest.Reduction`, rounding after every addition."""
    rank = x.ndim
    kept = tuple(axis for axis in range(rank) if axis not in axes)
    lengths = [x.shape[axis] for axis in axes]
    rows = x.transpose(kept + axes).reshape(*(x.shape[axis] for axis in kept), math.prod(lengths))
    is_trailing = axes == tuple(range(rank - len(axes), rank))
    if is_trailing and rows.shape[-1] >= _LONG:
        return _partial_sums(rows)
    return _ascending(rows)


def _ascending(rows: np.ndarray) -> np.ndarray:
    """Sum along the last axis one by one, from 0 on."""
    if rows.shape[-1] == 0:
        return np.zeros(rows.shape[:-1], rows.dtype)
    last = np.add.accumulate(rows, axis=-1, dtype=rows.dtype)[..., -1]
    return np.asarray(last + rows.dtype.type(0))


def _partial_sums(rows: np.ndarray) -> np.ndarray:
    whole = rows.shape[-1] // PARTIAL_SUMS * PARTIAL_SUMS
    blocks = rows[..., :whole].reshape(*rows.shape[:-1], -1, PARTIAL_SUMS)
    partial = _ascending(np.swapaxes(blocks, -1, -2))
    tail = rows[..., whole:]
    partial[..., : tail.shape[-1]] += tail
    width = PARTIAL_SUMS // 2
    while width:
        partial = partial[..., :width] + partial[..., width : 2 * width]
        width //= 2
    return np.asarray(partial[..., 0])


def _spread_back(y: Tensor, shape: tuple[int, ...], axes: tuple[int, ...]) -> Tensor:
    """A reduced tensor at the shape it came from."""
    kept = y.reshape(kept_shape(shape, axes, keepdims=True))
    return kept if kept.shape == shape else apply("broadcast_to", ToShape(shape), kept)


def _sum_vjp(
    attrs: Axes, x: tuple[Tensor, ...], _y: tuple[Tensor, ...], ct: tuple[Tensor, ...]
) -> tuple[Tensor]:
    return (_spread_back(ct[0], x[0].shape, attrs.axes),)


def _max_vjp(
    attrs: Axes, x: tuple[Tensor, ...], y: tuple[Tensor, ...], ct: tuple[Tensor, ...]
) -> tuple[Tensor]:
    """Equal maxima share the cotangent equally."""
    shape = x[0].shape
    is_largest = (x[0] >= _spread_back(y[0], shape, attrs.axes)).astype(x[0].dtype)
    share = ct[0] / is_largest.sum(attrs.axes)
    return (_spread_back(share, shape, attrs.axes) * is_largest,)


def _sum_reference(attrs: Axes, x: np.ndarray) -> np.ndarray:
    return ordered_sum(x, attrs.axes)


def _sum_summed(attrs: Axes, steps: tuple[Steps, ...]) -> Tensor | None:
    """The steps are one more axis of the sum; worth it where they are in memory side by side."""
    if not steps[0].is_stacked:
        return None
    axes = Axes((0, *(axis + 1 for axis in attrs.axes)))
    return apply("reduce_sum", axes, steps[0].stack())


def _max_reference(attrs: Axes, x: np.ndarray) -> np.ndarray:
    return np.asarray(np.max(x, axis=attrs.axes))


register(
    Op(
        "reduce_sum",
        Axes,
        lambda attrs, types: _reduce_infer("reduce_sum", attrs, types),
        _sum_reference,
        _sum_vjp,
        (
            Sample(Axes((0,)), (spread(3, 4),)),
            Sample(Axes((1,)), (spread(2, 37),)),
            Sample(Axes((0, 2)), (spread(2, 3, 4),)),
            Sample(Axes((1, 2)), (spread(2, 5, 9),)),
            Sample(Axes((0,)), (spread(64, dtype="float64"),)),
            Sample(Axes((0,)), (spread(40, 3),)),
            Sample(Axes((0, 1)), (spread(3, 4, low=-9, high=9, dtype="int32"),), False),
        ),
        (
            Reject(
                Axes((2,)), (_TYPE,), r"\[reduce_sum\] axis 2 is not an axis of float32\[2, 3\]"
            ),
            Reject(Axes((1, 0)), (_TYPE,), r"\[reduce_sum\] axes \(1, 0\) .* must ascend"),
            Reject(Axes((0,)), (_BOOL,), r"\[reduce_sum\] needs a float.*bool\[2, 3\]"),
        ),
        nest=lambda attrs, _types: nest.Reduction("sum", attrs.axes),
        summed=_sum_summed,
    )
)

register(
    Op(
        "reduce_max",
        Axes,
        lambda attrs, types: _reduce_infer("reduce_max", attrs, types),
        _max_reference,
        _max_vjp,
        (
            Sample(Axes((0,)), (spread(3, 4),)),
            Sample(Axes((1,)), (spread(2, 37),)),
            Sample(Axes((0, 1)), (spread(3, 4, dtype="float64"),)),
            Sample(Axes((1,)), (spread(2, 5, low=-9, high=9, dtype="int32"),), False),
            Sample(Axes((1,)), (_WITH_NAN,), False),
        ),
        (
            Reject(
                Axes((2,)), (_TYPE,), r"\[reduce_max\] axis 2 is not an axis of float32\[2, 3\]"
            ),
            Reject(Axes((0,)), (_BOOL,), r"\[reduce_max\] needs a float.*bool\[2, 3\]"),
        ),
        nest=lambda attrs, _types: nest.Reduction("max", attrs.axes),
    )
)


def _argmax_reference(attrs: Axis, x: np.ndarray) -> np.ndarray:
    return np.asarray(np.argmax(x, axis=attrs.axis), "int32")


def _argmax_infer(attrs: Axis, types: Types) -> Types:
    need_count("argmax", types, 1)
    need_kind("argmax", types[0], NUMBERS)
    need_axis("argmax", types[0], attrs.axis)
    return (TensorType(kept_shape(types[0].shape, (attrs.axis,), keepdims=False), dtypes.int32),)


register(
    Op(
        "argmax",
        Axis,
        _argmax_infer,
        _argmax_reference,
        NoGradient("a position is piecewise constant"),
        (
            Sample(Axis(1), (spread(3, 7),), False),
            Sample(Axis(0), (np.array([[1.0, 2.0], [1.0, 5.0], [0.0, 5.0]], "float32"),), False),
            Sample(Axis(0), (spread(20, low=-9, high=9, dtype="int32"),), False),
            Sample(Axis(1), (_WITH_NAN,), False),
        ),
        (
            Reject(Axis(2), (_TYPE,), r"\[argmax\] axis 2 is not an axis of float32\[2, 3\]"),
            Reject(Axis(0), (_BOOL,), r"\[argmax\] needs a float"),
        ),
        nest=lambda attrs, _types: nest.ArgMax(attrs.axis),
    )
)


def _broadcast_infer(attrs: ToShape, types: Types) -> Types:
    need_count("broadcast_to", types, 1)
    given, wanted = types[0].shape, attrs.shape
    aligned = wanted[len(wanted) - len(given) :]
    fits = len(given) <= len(wanted) and all(
        extent in (1, target) for extent, target in zip(given, aligned, strict=True)
    )
    if not fits:
        message = (
            f"[broadcast_to] {types[0]} does not broadcast to {wanted}. Aligned at the last axis, "
            "each extent must be 1 or the wanted one; reshape first."
        )
        raise ShapeError(message)
    return (types[0].with_shape(wanted),)


def expanded_axes(given: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, ...]:
    """Axes of `wanted` along which a broadcast repeats its input."""
    new = len(wanted) - len(given)
    return tuple(
        axis for axis, extent in enumerate(wanted) if axis < new or given[axis - new] != extent
    )


def _broadcast_reference(attrs: ToShape, x: np.ndarray) -> np.ndarray:
    return np.broadcast_to(x, attrs.shape).copy()


def _broadcast_vjp(
    attrs: ToShape, x: tuple[Tensor, ...], _y: tuple[Tensor, ...], ct: tuple[Tensor, ...]
) -> tuple[Tensor]:
    axes = expanded_axes(x[0].shape, attrs.shape)
    total = apply("reduce_sum", Axes(axes), ct[0]) if axes else ct[0]
    return (total.reshape(x[0].shape),)


def _broadcast_element(attrs: ToShape, types: Types, at: tuple[Expr, ...], read: Read) -> Expr:
    given = types[0].shape
    new = len(attrs.shape) - len(given)
    source = tuple(
        constant(0, index) if extent == 1 else at[axis + new] for axis, extent in enumerate(given)
    )
    return read(0, source)


register(
    Op(
        "broadcast_to",
        ToShape,
        _broadcast_infer,
        _broadcast_reference,
        _broadcast_vjp,
        (
            Sample(ToShape((2, 3)), (spread(3),)),
            Sample(ToShape((2, 3, 4)), (spread(2, 1, 4),)),
            Sample(ToShape((2, 3)), (spread(),)),
            Sample(ToShape((1, 3)), (spread(3, dtype="float64"),)),
            Sample(ToShape((4,)), (np.array([True]),), False),
        ),
        (
            Reject(ToShape((4,)), (_TYPE,), r"\[broadcast_to\] float32\[2, 3\] does not broadcast"),
            Reject(ToShape((2, 4)), (_TYPE,), r"does not broadcast to \(2, 4\)"),
        ),
        element=_broadcast_element,
        summed=linear_in_steps("broadcast_to"),
    )
)
