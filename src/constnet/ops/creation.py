"""Tensors out of nothing: constants, counts, fills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from constnet import dtypes
from constnet.dtypes import DType, as_dtype
from constnet.errors import DTypeError, ShapeError
from constnet.ir.graph import Attrs
from constnet.ir.types import TensorType
from constnet.loopir import types as loop
from constnet.ops.lifting import expand, filled, lift_one
from constnet.ops.op import NoGradient, Op, Read, Reject, Sample, register
from constnet.ops.tensor import Constant, Tensor, TensorLike, apply, constant, current_trace
from constnet.ops.typing_rules import Types, need_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike

    from constnet.loopir.types import Expr

_FLOAT = TensorType((2,), dtypes.float32)


@dataclass(frozen=True, slots=True)
class Iota(Attrs):
    """Shape and dtype of the output, and the axis along which it counts from 0."""

    shape: tuple[int, ...]
    axis: int
    dtype: DType


def _constant_reference(attrs: Constant) -> np.ndarray:
    return attrs.array


def _constant_infer(attrs: Constant, types: Types) -> Types:
    need_count("constant", types, 0)
    return (TensorType(attrs.shape, as_dtype(attrs.dtype)),)


register(
    Op(
        "constant",
        Constant,
        _constant_infer,
        _constant_reference,
        NoGradient("it depends on nothing"),
        (
            Sample(Constant.of(np.array([[1.5, -0.0], [np.inf, 1e-40]], "float32")), (), False),
            Sample(Constant.of(np.array(7, "uint32")), (), False),
            Sample(Constant.of(np.array([True, False])), (), False),
        ),
        (Reject(Constant.of(np.zeros(1)), (_FLOAT,), r"\[constant\] takes 0 inputs, got 1"),),
        element=lambda _attrs, _types, at, read: read(0, at),
        doc="An array; `element` reads it as if it were an input, and lowering places it.",
    )
)


def _iota_infer(attrs: Iota, types: Types) -> Types:
    need_count("iota", types, 0)
    if attrs.dtype.kind == "bool":
        message = f"[iota] counts need a number dtype, got {attrs.dtype}. Compare with 0 instead."
        raise DTypeError(message)
    if not 0 <= attrs.axis < len(attrs.shape):
        message = f"[iota] axis {attrs.axis} is not an axis of {attrs.shape}. Choose one of them."
        raise ShapeError(message)
    return (TensorType(attrs.shape, attrs.dtype),)


def _iota_reference(attrs: Iota) -> np.ndarray:
    counts = np.arange(attrs.shape[attrs.axis], dtype=attrs.dtype.numpy)
    column = counts.reshape(-1, *(1,) * (len(attrs.shape) - attrs.axis - 1))
    return np.broadcast_to(column, attrs.shape).copy()


def _iota_element(attrs: Iota, _types: Types, at: tuple[Expr, ...], _read: Read) -> Expr:
    return loop.cast(at[attrs.axis], attrs.dtype)


register(
    Op(
        "iota",
        Iota,
        _iota_infer,
        _iota_reference,
        NoGradient("it depends on nothing"),
        (
            Sample(Iota((3, 4), 0, dtypes.float32), (), False),
            Sample(Iota((3, 4), 1, dtypes.int32), (), False),
            Sample(Iota((5,), 0, dtypes.uint8), (), False),
        ),
        (
            Reject(Iota((3,), 0, dtypes.bool_), (), r"\[iota\] counts need a number dtype"),
            Reject(Iota((3,), 1, dtypes.int32), (), r"\[iota\] axis 1 is not an axis of \(3,\)"),
        ),
        element=_iota_element,
    )
)


def _wanted_dtype(dtype: DType | DTypeLike | None) -> DType:
    """The dtype asked for, else the float dtype of the open trace."""
    if dtype is not None:
        return as_dtype(dtype)
    return current_trace().dtype or dtypes.float32


def arange(stop: int, dtype: DType | DTypeLike = "int32") -> Tensor:
    """0, 1, ... up to `stop`, which is not included; inside a trace."""
    return apply("iota", Iota((stop,), 0, as_dtype(dtype)), trace=current_trace())


def full(
    shape: int | Sequence[int], value: float, dtype: DType | DTypeLike | None = None
) -> Tensor:
    """`value` everywhere; inside a trace. The dtype is the trace's float unless given."""
    wanted = (shape,) if isinstance(shape, int) else tuple(shape)
    array = np.asarray(value, _wanted_dtype(dtype).numpy)
    return expand(constant(array, current_trace()), wanted)


def zeros(shape: int | Sequence[int], dtype: DType | DTypeLike | None = None) -> Tensor:
    """0 everywhere; inside a trace."""
    return full(shape, 0, dtype)


def ones(shape: int | Sequence[int], dtype: DType | DTypeLike | None = None) -> Tensor:
    """1 everywhere; inside a trace."""
    return full(shape, 1, dtype)


def full_like(x: TensorLike, value: float) -> Tensor:
    """`value` everywhere, in the shape and dtype of `x`."""
    return filled(lift_one(x), value)


def zeros_like(x: TensorLike) -> Tensor:
    """0 everywhere, in the shape and dtype of `x`."""
    return filled(lift_one(x), 0)


def ones_like(x: TensorLike) -> Tensor:
    """1 everywhere, in the shape and dtype of `x`."""
    return filled(lift_one(x), 1)
