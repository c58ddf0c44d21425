"""From what a user passes (tensors, parameters, arrays, numbers) to tensors of equal type.

Numbers and arrays beside a tensor are constants and take its dtype; two tensors of different
dtypes are an error, because a silent conversion in a training step is never what was meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from constnet.dtypes import DType, as_dtype
from constnet.errors import DTypeError, ShapeError
from constnet.ops.attributes import ToShape
from constnet.ops.op import NoAttrs
from constnet.ops.tensor import (
    Tensor,
    TensorLike,
    Trace,
    apply,
    as_tensor,
    constant,
    find_trace,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.ir.graph import Attrs
    from constnet.ir.types import TensorType

NO_ATTRS = NoAttrs()
_RANK = {"bool": 0, "uint": 1, "int": 1, "float": 2}


def lift(op: str, *given: TensorLike, trace: Trace | None = None) -> tuple[Tensor, ...]:
    """All arguments as tensors of one trace and one dtype."""
    trace = trace or find_trace(*given)
    known = [_handle(arg, trace) for arg in given]
    dtype = next((tensor.dtype for tensor in known if tensor is not None), None)
    if dtype is None:
        dtype = _default_dtype(given, trace)
    lifted = [
        _constant_of(op, arg, dtype, trace) if tensor is None else tensor
        for arg, tensor in zip(given, known, strict=True)
    ]
    for tensor in lifted:
        if tensor.dtype != dtype:
            message = (
                f"[{op}] operands have different dtypes: {lifted[0].type} and {tensor.type}. "
                f"Convert one of them, for example with `.astype({str(dtype)!r})`."
            )
            raise DTypeError(message)
    return tuple(lifted)


def lift_one(given: TensorLike) -> Tensor:
    """One argument as a tensor."""
    if isinstance(given, Tensor):
        return given
    return as_tensor(given, find_trace(given))


def broadcast(op: str, *tensors: Tensor) -> tuple[Tensor, ...]:
    """Tensors at their common shape, by NumPy's rule."""
    first = tensors[0].value.type.shape
    if all(tensor.value.type.shape == first for tensor in tensors):
        return tensors
    shape = common_shape(op, [tensor.type for tensor in tensors])
    return tuple(expand(tensor, shape) for tensor in tensors)


def expand(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """`tensor` at `shape`, itself where it already has it."""
    if tensor.shape == shape:
        return tensor
    return apply("broadcast_to", ToShape(shape), tensor)


def filled(tensor: Tensor, value: float) -> Tensor:
    """A tensor of the same type with one value everywhere."""
    return expand(constant(np.asarray(value, tensor.dtype.numpy), tensor.trace), tensor.shape)


def common_shape(op: str, types: Sequence[TensorType]) -> tuple[int, ...]:
    """NumPy's broadcast shape of several types."""
    rank = max(type_.rank for type_ in types)
    shape: list[int] = []
    for axis in range(rank):
        extents = {
            type_.shape[axis - rank + type_.rank] for type_ in types if axis >= rank - type_.rank
        } - {1}
        if len(extents) > 1:
            facts = " and ".join(str(type_) for type_ in types)
            message = (
                f"[{op}] shapes do not broadcast: {facts} have extents {sorted(extents)} on axis "
                f"{axis - rank}. Make them equal, or 1 on one side."
            )
            raise ShapeError(message)
        shape.append(extents.pop() if extents else 1)
    return tuple(shape)


def pointwise(op: str, *given: TensorLike, attrs: Attrs = NO_ATTRS) -> Tensor:
    """Apply a pointwise primitive with NumPy's broadcasting."""
    return apply(op, attrs, *broadcast(op, *lift(op, *given)))


def _handle(arg: TensorLike, trace: Trace) -> Tensor | None:
    if isinstance(arg, Tensor):
        return as_tensor(arg, trace)
    if isinstance(arg, (bool, int, float, np.ndarray, np.generic)):
        return None
    return as_tensor(arg, trace)


def _default_dtype(given: Sequence[TensorLike], trace: Trace) -> DType:
    """The dtype of constants alone: NumPy's, with floats in the dtype of the trace."""
    dtype = as_dtype(np.result_type(*[np.asarray(arg) for arg in given]))
    if dtype.is_float and trace.dtype is not None:
        return trace.dtype
    return as_dtype("float32") if dtype.name == "float64" else dtype


def _constant_of(op: str, arg: Any, dtype: DType, trace: Trace) -> Tensor:
    array = np.asarray(arg)
    found = as_dtype(array.dtype)
    if _RANK[found.kind] > _RANK[dtype.kind]:
        message = (
            f"[{op}] a constant of dtype {found} meets a tensor of dtype {dtype}. Convert the "
            f"tensor with `.astype('float32')`, or give a constant of dtype {dtype}."
        )
        raise DTypeError(message)
    return constant(array.astype(dtype.numpy), trace)
