"""Between dtypes, and between what the gradient sees and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from constnet import dtypes
from constnet.dtypes import DType, as_dtype
from constnet.errors import DTypeError
from constnet.ir.types import TensorType
from constnet.loopir import types as loop
from constnet.ops.attributes import ToDType
from constnet.ops.lifting import NO_ATTRS, lift_one
from constnet.ops.op import NoAttrs, NoGradient, Op, Reject, Sample, register, without_attrs
from constnet.ops.samples import spread
from constnet.ops.tensor import Tensor, TensorLike, apply
from constnet.ops.typing_rules import ANY, Types, need_count
from constnet.ops.typing_rules import pointwise as rule

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from constnet.loopir.types import Expr

_FLOAT = TensorType((3,), dtypes.float32)


def _cast_infer(attrs: ToDType, types: Types) -> Types:
    need_count("cast", types, 1)
    return (TensorType(types[0].shape, attrs.dtype),)


def _cast_vjp(
    _attrs: ToDType, x: tuple[Tensor, ...], y: tuple[Tensor, ...], ct: tuple[Tensor, ...]
) -> tuple[Tensor | None]:
    if not (x[0].dtype.is_float and y[0].dtype.is_float):
        return (None,)
    return (ct[0].astype(x[0].dtype),)


def _cast_reference(attrs: ToDType, x: np.ndarray) -> np.ndarray:
    return x.astype(attrs.dtype.numpy)


def _bitcast_reference(attrs: ToDType, x: np.ndarray) -> np.ndarray:
    return x.view(attrs.dtype.numpy)


def _bitcast_scalar(attrs: ToDType, x: Expr) -> Expr:
    return loop.Bitcast(x, attrs.dtype)


def _same_array(x: np.ndarray) -> np.ndarray:
    return x


def _same_expression(x: Expr) -> Expr:
    return x


def _cast_scalar(attrs: ToDType, x: Expr) -> Expr:
    if attrs.dtype.kind == "bool" and x.dtype.kind != "bool":
        return x.ne(0)
    return loop.cast(x, attrs.dtype)


def _cast_sample(
    array: np.ndarray, dtype: DType, *, differentiable: bool = False
) -> Sample[ToDType]:
    return Sample(ToDType(dtype), (array,), differentiable)


register(
    Op(
        "cast",
        ToDType,
        _cast_infer,
        _cast_reference,
        _cast_vjp,
        (
            _cast_sample(spread(2, 3), dtypes.float64, differentiable=True),
            _cast_sample(spread(2, 3, dtype="float64"), dtypes.float32),
            _cast_sample(spread(6, low=-9.0, high=9.0), dtypes.int32),
            _cast_sample(spread(6, low=0, high=255, dtype="uint8"), dtypes.float32),
            _cast_sample(np.array([0.0, -0.0, 2.0, np.nan], "float32"), dtypes.bool_),
            _cast_sample(np.array([True, False]), dtypes.float32),
            _cast_sample(np.array([0, 0xFFFFFFFF], "uint32"), dtypes.uint64),
        ),
        (Reject(ToDType(dtypes.int8), (_FLOAT, _FLOAT), r"\[cast\] takes 1 inputs, got 2"),),
        scalar=_cast_scalar,
    )
)


def _bitcast_infer(attrs: ToDType, types: Types) -> Types:
    need_count("bitcast", types, 1)
    if types[0].dtype.bytes != attrs.dtype.bytes or "bool" in (
        types[0].dtype.kind,
        attrs.dtype.kind,
    ):
        message = (
            f"[bitcast] {types[0]} and {attrs.dtype} are not of one size. Choose a dtype of "
            f"{types[0].dtype.bytes} bytes."
        )
        raise DTypeError(message)
    return (TensorType(types[0].shape, attrs.dtype),)


register(
    Op(
        "bitcast",
        ToDType,
        _bitcast_infer,
        _bitcast_reference,
        NoGradient("bits are not numbers"),
        (
            _cast_sample(np.array([0, 1, 0xFFFFFFFF], "uint32"), dtypes.int32),
            _cast_sample(spread(4), dtypes.uint32),
        ),
        (Reject(ToDType(dtypes.int8), (_FLOAT,), r"\[bitcast\] float32\[3\] and int8 are not"),),
        scalar=_bitcast_scalar,
    )
)

register(
    Op(
        "stop_gradient",
        NoAttrs,
        rule("stop_gradient", 1, ANY),
        without_attrs(_same_array),
        NoGradient("that is what it is for"),
        (Sample(NO_ATTRS, (spread(2, 3),), False), Sample(NO_ATTRS, (np.array([1, 2]),), False)),
        (Reject(NO_ATTRS, (), r"\[stop_gradient\] takes 1 inputs, got 0"),),
        scalar=without_attrs(_same_expression),
    )
)


def cast(x: TensorLike, dtype: DType | DTypeLike) -> Tensor:
    """`x` as another dtype; floats become integers by truncation and must fit."""
    tensor, wanted = lift_one(x), as_dtype(dtype)
    return tensor if tensor.dtype == wanted else apply("cast", ToDType(wanted), tensor)


def stop_gradient(x: TensorLike) -> Tensor:
    """`x` itself, through which no gradient flows."""
    return apply("stop_gradient", NO_ATTRS, lift_one(x))


def bitcast(x: TensorLike, dtype: DType | DTypeLike) -> Tensor:
    """The bits of `x` as another dtype of the same size."""
    return apply("bitcast", ToDType(as_dtype(dtype)), lift_one(x))
