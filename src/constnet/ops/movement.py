"""Elements moved without arithmetic, each operation its own transpose: reshape, transpose, flip."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from constnet import dtypes
from constnet.errors import ShapeError
from constnet.ir.types import TensorType
from constnet.ops.attributes import Axes, ToShape
from constnet.ops.indexing import literal, regroup
from constnet.ops.lifting import expand, lift_one
from constnet.ops.op import Op, Read, Reject, Sample, linear_in_steps, register
from constnet.ops.samples import spread
from constnet.ops.tensor import Tensor, TensorLike, apply
from constnet.ops.typing_rules import Types, need_axis, need_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.loopir.types import Expr

_TYPE = TensorType((2, 3), dtypes.float32)


def _reshape_infer(attrs: ToShape, types: Types) -> Types:
    need_count("reshape", types, 1)
    if math.prod(attrs.shape) != types[0].size:
        message = (
            f"[reshape] {types[0]} has {types[0].size} elements and the shape {attrs.shape} has "
            f"{math.prod(attrs.shape)}. Choose a shape with as many."
        )
        raise ShapeError(message)
    return (types[0].with_shape(attrs.shape),)


def _reshape_reference(attrs: ToShape, x: np.ndarray) -> np.ndarray:
    return x.reshape(attrs.shape)


def _reshape_element(attrs: ToShape, types: Types, at: tuple[Expr, ...], read: Read) -> Expr:
    return read(0, regroup(at, attrs.shape, types[0].shape))


register(
    Op(
        "reshape",
        ToShape,
        _reshape_infer,
        _reshape_reference,
        lambda _attrs, x, _y, ct: (ct[0].reshape(x[0].shape),),
        (
            Sample(ToShape((6,)), (spread(2, 3),)),
            Sample(ToShape((2, 12)), (spread(2, 3, 4),)),
            Sample(ToShape((2, 2, 1, 3, 5)), (spread(4, 15),)),
            Sample(ToShape((6, 2)), (spread(4, 3, dtype="float64"),)),
            Sample(ToShape(()), (spread(1, 1),)),
            Sample(ToShape((1, 3)), (np.array([1, 2, 3], "int8"),), False),
        ),
        (Reject(ToShape((5,)), (_TYPE,), r"\[reshape\] float32\[2, 3\] has 6 elements"),),
        element=_reshape_element,
        summed=linear_in_steps("reshape"),
    )
)


def _transpose_infer(attrs: Axes, types: Types) -> Types:
    need_count("transpose", types, 1)
    if sorted(attrs.axes) != list(range(types[0].rank)):
        message = (
            f"[transpose] axes {attrs.axes} do not name each axis of {types[0]} once. Give a "
            f"permutation of 0 to {types[0].rank - 1}."
        )
        raise ShapeError(message)
    return (types[0].with_shape(tuple(types[0].shape[axis] for axis in attrs.axes)),)


def inverse_permutation(axes: Sequence[int]) -> tuple[int, ...]:
    """The permutation that undoes `axes`."""
    return tuple(sorted(range(len(axes)), key=lambda axis: axes[axis]))


def _transpose_reference(attrs: Axes, x: np.ndarray) -> np.ndarray:
    return x.transpose(attrs.axes).copy()


def _transpose_element(attrs: Axes, _types: Types, at: tuple[Expr, ...], read: Read) -> Expr:
    return read(0, tuple(at[axis] for axis in inverse_permutation(attrs.axes)))


register(
    Op(
        "transpose",
        Axes,
        _transpose_infer,
        _transpose_reference,
        lambda attrs, _x, _y, ct: (ct[0].transpose(inverse_permutation(attrs.axes)),),
        (
            Sample(Axes((1, 0)), (spread(2, 3),)),
            Sample(Axes((2, 0, 1)), (spread(2, 3, 4, dtype="float64"),)),
            Sample(Axes((1, 0)), (np.array([[True, False]]),), False),
        ),
        (
            Reject(Axes((0, 0)), (_TYPE,), r"\[transpose\] axes \(0, 0\) do not name each axis"),
            Reject(Axes((0,)), (_TYPE,), r"\[transpose\] axes \(0,\) do not name each axis"),
        ),
        element=_transpose_element,
        summed=linear_in_steps("transpose"),
    )
)


def _flip_infer(attrs: Axes, types: Types) -> Types:
    need_count("flip", types, 1)
    for axis in attrs.axes:
        need_axis("flip", types[0], axis)
    return types


def _flip_reference(attrs: Axes, x: np.ndarray) -> np.ndarray:
    return np.flip(x, attrs.axes).copy()


def _flip_element(attrs: Axes, types: Types, at: tuple[Expr, ...], read: Read) -> Expr:
    return read(
        0,
        tuple(
            literal(extent - 1) - coordinate if axis in attrs.axes else coordinate
            for axis, (coordinate, extent) in enumerate(zip(at, types[0].shape, strict=True))
        ),
    )


register(
    Op(
        "flip",
        Axes,
        _flip_infer,
        _flip_reference,
        lambda attrs, _x, _y, ct: (apply("flip", attrs, ct[0]),),
        (
            Sample(Axes((0,)), (spread(3, 4),)),
            Sample(Axes((0, 1)), (spread(3, 4, dtype="float64"),)),
        ),
        (Reject(Axes((2,)), (_TYPE,), r"\[flip\] axis 2 is not an axis of float32\[2, 3\]"),),
        element=_flip_element,
        summed=linear_in_steps("flip"),
    )
)


def normalized_axis(op: str, type_: TensorType, axis: int) -> int:
    """An axis counted from the front; negative ones count from the end."""
    found = axis + type_.rank if axis < 0 else axis
    if not 0 <= found < type_.rank:
        message = (
            f"[{op}] axis {axis} is not an axis of {type_}. Use {-type_.rank} to {type_.rank - 1}."
        )
        raise ShapeError(message)
    return found


def normalized_axes(
    op: str, type_: TensorType, axis: int | Sequence[int] | None
) -> tuple[int, ...]:
    """Several axes in ascending order; None stands for all."""
    if axis is None:
        return tuple(range(type_.rank))
    given = (axis,) if isinstance(axis, int) else tuple(axis)
    axes = tuple(sorted(normalized_axis(op, type_, each) for each in given))
    if len(set(axes)) != len(axes):
        message = f"[{op}] axes {given} of {type_} name one axis twice. Name each once."
        raise ShapeError(message)
    return axes


def reshape(x: TensorLike, shape: int | Sequence[int]) -> Tensor:
    """The same elements in row-major order at another shape; one extent may be -1."""
    tensor = lift_one(x)
    wanted = (shape,) if isinstance(shape, int) else tuple(int(extent) for extent in shape)
    if wanted.count(-1) == 1:
        known = -math.prod(wanted)
        missing = tensor.type.size // known if known else 0
        wanted = tuple(missing if extent == -1 else extent for extent in wanted)
    return tensor if wanted == tensor.shape else apply("reshape", ToShape(wanted), tensor)


def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> Tensor:
    """Axes in another order; in reverse order if none is given."""
    tensor = lift_one(x)
    if axes is None:
        order = tuple(reversed(range(tensor.rank)))
    else:
        order = tuple(normalized_axis("transpose", tensor.type, axis) for axis in axes)
    return apply("transpose", Axes(order), tensor)


def swapaxes(x: TensorLike, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged."""
    tensor = lift_one(x)
    first = normalized_axis("swapaxes", tensor.type, axis1)
    second = normalized_axis("swapaxes", tensor.type, axis2)
    order = list(range(tensor.rank))
    order[first], order[second] = second, first
    return transpose(tensor, order)


def flip(x: TensorLike, axis: int | Sequence[int] | None = None) -> Tensor:
    """Elements in reverse order along some axes, or along all."""
    tensor = lift_one(x)
    return apply("flip", Axes(normalized_axes("flip", tensor.type, axis)), tensor)


def broadcast_to(x: TensorLike, shape: Sequence[int]) -> Tensor:
    """`x` repeated along axes of extent 1 and new leading axes until it has `shape`."""
    return expand(lift_one(x), tuple(shape))


def expand_dims(x: TensorLike, axis: int | Sequence[int]) -> Tensor:
    """New axes of extent 1 at these places of the result."""
    tensor = lift_one(x)
    given = (axis,) if isinstance(axis, int) else tuple(axis)
    wider = TensorType((1,) * (tensor.rank + len(given)), tensor.dtype)
    places = normalized_axes("expand_dims", wider, given)
    extents = iter(tensor.shape)
    shape = tuple(1 if place in places else next(extents) for place in range(wider.rank))
    return reshape(tensor, shape)


def squeeze(x: TensorLike, axis: int | Sequence[int] | None = None) -> Tensor:
    """Without axes of extent 1: these, or all of them."""
    tensor = lift_one(x)
    if axis is None:
        return reshape(tensor, tuple(extent for extent in tensor.shape if extent != 1))
    axes = normalized_axes("squeeze", tensor.type, axis)
    for each in axes:
        if tensor.shape[each] != 1:
            message = (
                f"[squeeze] axis {each} of {tensor.type} has extent {tensor.shape[each]}, not 1. "
                "Squeeze only axes of extent 1, or use reshape."
            )
            raise ShapeError(message)
    return reshape(
        tensor, tuple(extent for each, extent in enumerate(tensor.shape) if each not in axes)
    )
