"""Operations composed of primitives along axes: they have no rule of their own on any target."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from constnet import dtypes
from constnet.dtypes import DType, as_dtype
from constnet.errors import DTypeError, ShapeError
from constnet.ops.arithmetic import maximum, minimum
from constnet.ops.attributes import Axes, Axis
from constnet.ops.comparison import equal
from constnet.ops.conversion import cast, stop_gradient
from constnet.ops.creation import Iota
from constnet.ops.gather import ScatterAdd
from constnet.ops.lifting import NO_ATTRS, lift, lift_one
from constnet.ops.movement import (
    expand_dims,
    normalized_axes,
    normalized_axis,
    reshape,
    squeeze,
)
from constnet.ops.reduction import kept_shape
from constnet.ops.tensor import Axes as AxesLike
from constnet.ops.tensor import Tensor, TensorLike, apply
from constnet.ops.transcendental import exp, log
from constnet.ops.window import Pad, Slice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike


def _reduce(op: str, name: str, x: TensorLike, axis: AxesLike, *, keepdims: bool) -> Tensor:
    tensor = lift_one(x)
    axes = normalized_axes(name, tensor.type, axis)
    result = apply(op, Axes(axes), tensor) if axes else tensor
    return reshape(result, kept_shape(tensor.shape, axes, keepdims=True)) if keepdims else result


def sum(x: TensorLike, axis: AxesLike = None, *, keepdims: bool = False) -> Tensor:
    """The sum along `axis` (all axes by default), in the fixed order of `ops.nest.Reduction`."""
    return _reduce("reduce_sum", "sum", x, axis, keepdims=keepdims)


def max(x: TensorLike, axis: AxesLike = None, *, keepdims: bool = False) -> Tensor:
    """The largest element along `axis`; equal ones share the gradient equally."""
    return _reduce("reduce_max", "max", x, axis, keepdims=keepdims)


def _reverse_order(x: Tensor) -> Tensor:
    """A number that falls where x rises, exactly, and is its own inverse."""
    if x.dtype.kind == "uint":
        return (2 ** (8 * x.dtype.bytes) - 1) - x
    return -1 - x if x.dtype.kind == "int" else -x


def min(x: TensorLike, axis: AxesLike = None, *, keepdims: bool = False) -> Tensor:
    """The smallest element along `axis`; equal ones share the gradient equally."""
    largest = max(_reverse_order(lift_one(x)), axis, keepdims=keepdims)
    return _reverse_order(largest)


def _need_float(op: str, x: TensorLike) -> Tensor:
    tensor = lift_one(x)
    if not tensor.dtype.is_float:
        message = f"[{op}] needs a float dtype, got {tensor.type}. Use `.astype('float32')`."
        raise DTypeError(message)
    return tensor


def mean(x: TensorLike, axis: AxesLike = None, *, keepdims: bool = False) -> Tensor:
    """The sum along `axis` divided by the number of elements."""
    tensor = _need_float("mean", x)
    axes = normalized_axes("mean", tensor.type, axis)
    count = math.prod(tensor.shape[each] for each in axes)
    return sum(tensor, axes, keepdims=keepdims) / float(count)


def var(x: TensorLike, axis: AxesLike = None, *, ddof: int = 0, keepdims: bool = False) -> Tensor:
    """The mean squared distance from the mean, in two passes over the data."""
    tensor = _need_float("var", x)
    axes = normalized_axes("var", tensor.type, axis)
    count = math.prod(tensor.shape[each] for each in axes) - ddof
    if count <= 0:
        message = (
            f"[var] axes {axes} of {tensor.type} leave {count} degrees of freedom. Lower ddof."
        )
        raise ShapeError(message)
    distance = tensor - mean(tensor, axes, keepdims=True)
    return sum(distance * distance, axes, keepdims=keepdims) / float(count)


def std(x: TensorLike, axis: AxesLike = None, *, ddof: int = 0, keepdims: bool = False) -> Tensor:
    """The square root of `var`."""
    return var(x, axis, ddof=ddof, keepdims=keepdims) ** 0.5


def prod(x: TensorLike, axis: int = 0) -> Tensor:
    """The product along one axis, ascending; meant for short axes."""
    tensor = lift_one(x)
    place = normalized_axis("prod", tensor.type, axis)
    parts = split(tensor, tensor.shape[place], place)
    result = squeeze(parts[0], place)
    for part in parts[1:]:
        result = result * squeeze(part, place)
    return result


def any(x: TensorLike, axis: AxesLike = None, *, keepdims: bool = False) -> Tensor:
    """Whether any element along `axis` holds."""
    return max(cast(cast(x, "bool"), "int32"), axis, keepdims=keepdims) > 0


def all(x: TensorLike, axis: AxesLike = None, *, keepdims: bool = False) -> Tensor:
    """Whether every element along `axis` holds."""
    return min(cast(cast(x, "bool"), "int32"), axis, keepdims=keepdims) > 0


def argmax(x: TensorLike, axis: int | None = None) -> Tensor:
    """int32 position of the largest element along `axis`, the first of equals; no axis: flat."""
    tensor = lift_one(x)
    if axis is None:
        tensor, axis = reshape(tensor, -1), 0
    return apply("argmax", Axis(normalized_axis("argmax", tensor.type, axis)), tensor)


def argmin(x: TensorLike, axis: int | None = None) -> Tensor:
    """int32 position of the smallest element along `axis`, the first of equals; no axis: flat."""
    return argmax(_reverse_order(lift_one(x)), axis)


def logsumexp(x: TensorLike, axis: AxesLike = None, *, keepdims: bool = False) -> Tensor:
    """`log(sum(exp(x)))`, shifted by the maximum so that nothing overflows."""
    tensor = lift_one(x)
    shift = stop_gradient(max(tensor, axis, keepdims=True))
    total = log(sum(exp(tensor - shift), axis, keepdims=True)) + shift
    if keepdims:
        return total
    axes = normalized_axes("logsumexp", tensor.type, axis)
    return reshape(total, kept_shape(tensor.shape, axes, keepdims=False))


def softmax(x: TensorLike, axis: AxesLike = -1) -> Tensor:
    """`exp(x) / sum(exp(x))` along `axis`."""
    tensor = lift_one(x)
    powers = exp(tensor - stop_gradient(max(tensor, axis, keepdims=True)))
    return powers / sum(powers, axis, keepdims=True)


def log_softmax(x: TensorLike, axis: AxesLike = -1) -> Tensor:
    """`log(softmax(x))` without computing the softmax first."""
    tensor = lift_one(x)
    shifted = tensor - stop_gradient(max(tensor, axis, keepdims=True))
    return shifted - log(sum(exp(shifted), axis, keepdims=True))


def one_hot(
    indices: TensorLike, depth: int, axis: int = -1, dtype: DType | DTypeLike = "float32"
) -> Tensor:
    """1 at the index and 0 elsewhere along a new axis of extent `depth`; all 0 out of range."""
    tensor = lift_one(indices)
    wide = expand_dims(tensor, axis)
    place = axis % wide.rank
    counts_shape = tuple(depth if each == place else 1 for each in range(wide.rank))
    counts = apply("iota", Iota(counts_shape, place, tensor.dtype), trace=tensor.trace)
    return cast(equal(wide, counts), as_dtype(dtype))


def clip(x: TensorLike, low: TensorLike | None = None, high: TensorLike | None = None) -> Tensor:
    """`x` moved into [low, high]; None leaves a side open."""
    tensor = lift_one(x)
    if low is not None:
        tensor = maximum(tensor, low)
    return tensor if high is None else minimum(tensor, high)


def concatenate(tensors: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Tensors one after another along an axis."""
    parts = lift("concatenate", *tensors)
    if len(parts) == 1:
        return parts[0]
    return apply("concatenate", Axis(normalized_axis("concatenate", parts[0].type, axis)), *parts)


def stack(tensors: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Tensors of one shape along a new axis."""
    return concatenate([expand_dims(part, axis) for part in lift("stack", *tensors)], axis)


def split(x: TensorLike, parts: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """`x` cut along an axis: into equal parts, or before the given indices."""
    tensor = lift_one(x)
    place = normalized_axis("split", tensor.type, axis)
    extent = tensor.shape[place]
    if isinstance(parts, int):
        if parts < 1 or extent % parts:
            message = (
                f"[split] axis {place} of {tensor.type} has extent {extent}, which {parts} equal "
                "parts do not divide. Give the indices to cut at."
            )
            raise ShapeError(message)
        parts = range(extent // parts, extent, extent // parts)
    cuts = [0, *parts, extent]
    return [part_of(tensor, place, start, stop) for start, stop in pairwise(cuts)]


def part_of(x: Tensor, axis: int, start: int, stop: int) -> Tensor:
    """Indices start to stop along one axis."""
    starts, stops = [0] * x.rank, list(x.shape)
    starts[axis], stops[axis] = start, stop
    return apply("slice", Slice(tuple(starts), tuple(stops), (1,) * x.rank), x)


def pad(x: TensorLike, pad_width: int | Sequence[Sequence[int]], value: float = 0.0) -> Tensor:
    """`value` around `x`: a width for all sides, or (before, after) for each axis."""
    tensor = lift_one(x)
    pairs = [(pad_width, pad_width)] * tensor.rank if isinstance(pad_width, int) else pad_width
    low = tuple(before for before, _ in pairs)
    high = tuple(after for _, after in pairs)
    return apply("pad", Pad(low, high, (0,) * tensor.rank, float(value) + 0.0), tensor)


def take(x: TensorLike, indices: TensorLike, axis: int = 0) -> Tensor:
    """Parts of `x` along an axis, chosen by integers of any shape; out of range: the nearest."""
    tensor = lift_one(x)
    place = normalized_axis("take", tensor.type, axis)
    wanted = cast(indices, dtypes.int32)
    front = (place, *(each for each in range(tensor.rank) if each != place))
    table = tensor.transpose(front) if place else tensor
    rows = apply("gather", NO_ATTRS, table, reshape(wanted, -1))
    wide = reshape(rows, (*wanted.shape, *table.shape[1:]))
    if not place:
        return wide
    new = wanted.rank
    order = (*range(new, new + place), *range(new), *range(new + place, wide.rank))
    return wide.transpose(order)


def scatter_add(updates: TensorLike, indices: TensorLike, extent: int) -> Tensor:
    """`result[indices[r]] += updates[r]` for ascending r, from zeros of `extent` rows."""
    (tensor,) = lift("scatter_add", updates)
    return apply("scatter_add", ScatterAdd(extent), tensor, cast(indices, dtypes.int32))


def dot(x: TensorLike, y: TensorLike) -> Tensor:
    """The matrix product, or the product with a scalar."""
    lhs, rhs = lift("dot", x, y)
    return lhs * rhs if 0 in (lhs.rank, rhs.rank) else lhs @ rhs
