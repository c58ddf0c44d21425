"""Rows chosen by an index that is data: `gather` and its transpose `scatter_add`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from constnet import dtypes
from constnet.errors import DTypeError, ShapeError
from constnet.ir.graph import Attrs
from constnet.ir.types import TensorType
from constnet.loopir import types as loop
from constnet.ops import nest
from constnet.ops.op import NoAttrs, Op, Read, Reject, Sample, Steps, register
from constnet.ops.samples import spread
from constnet.ops.tensor import apply
from constnet.ops.typing_rules import FLOATS, Types, listed, need_count, need_kind

if TYPE_CHECKING:
    from constnet.loopir.types import Expr
    from constnet.ops.tensor import Tensor

_TABLE = TensorType((4, 3), dtypes.float32)
_ROWS = TensorType((2,), dtypes.int32)
_FLOATS = TensorType((2,), dtypes.float32)
_INDEX = np.array([2, 0, 2, 3, 1], "int32")
_NO_ATTRS = NoAttrs()


@dataclass(frozen=True, slots=True)
class ScatterAdd(Attrs):
    """Extent of the first axis of the output."""

    extent: int


def _need_indices(op: str, type_: TensorType) -> None:
    if type_.dtype != dtypes.int32 or type_.rank != 1:
        message = f"[{op}] the indices must be int32 with one axis, got {type_}. Cast and reshape."
        raise DTypeError(message)


def _gather_infer(_attrs: NoAttrs, types: Types) -> Types:
    need_count("gather", types, 2)
    table, rows = types
    _need_indices("gather", rows)
    if table.rank == 0:
        message = f"[gather] a scalar has no rows to choose: {listed(types)}. Give it an axis."
        raise ShapeError(message)
    return (table.with_shape((rows.shape[0], *table.shape[1:])),)


def _gather_reference(_attrs: NoAttrs, table: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.take(table, rows, axis=0, mode="clip")


def _gather_element(_attrs: NoAttrs, types: Types, at: tuple[Expr, ...], read: Read) -> Expr:
    row = loop.cast(read(1, at[:1]), loop.index)
    clamped = loop.minimum(loop.maximum(row, 0), types[0].shape[0] - 1)
    return read(0, (clamped, *at[1:]))


def _gather_vjp(
    _attrs: NoAttrs, x: tuple[Tensor, ...], _y: tuple[Tensor, ...], ct: tuple[Tensor, ...]
) -> tuple[Tensor, None]:
    return apply("scatter_add", ScatterAdd(x[0].shape[0]), ct[0], x[1]), None


register(
    Op(
        "gather",
        NoAttrs,
        _gather_infer,
        _gather_reference,
        _gather_vjp,
        (
            Sample(_NO_ATTRS, (spread(4, 3), _INDEX)),
            Sample(_NO_ATTRS, (spread(4, dtype="float64"), _INDEX)),
            Sample(_NO_ATTRS, (spread(4, 2), np.array([-5, 9], "int32")), False),
        ),
        (
            Reject(_NO_ATTRS, (_TABLE, _FLOATS), r"\[gather\] the indices must be int32"),
            Reject(_NO_ATTRS, (TensorType((), dtypes.float32), _ROWS), r"\[gather\] a scalar"),
        ),
        element=_gather_element,
        doc="Rows of a table by index; an index out of range counts as the nearest row.",
    )
)


def _scatter_infer(attrs: ScatterAdd, types: Types) -> Types:
    need_count("scatter_add", types, 2)
    updates, rows = types
    _need_indices("scatter_add", rows)
    need_kind("scatter_add", updates, FLOATS)
    if updates.rank == 0 or updates.shape[0] != rows.shape[0]:
        message = (
            f"[scatter_add] {updates} and the indices {rows} have different numbers of rows. Give "
            "one index for each row."
        )
        raise ShapeError(message)
    return (updates.with_shape((attrs.extent, *updates.shape[1:])),)


def _scatter_reference(attrs: ScatterAdd, updates: np.ndarray, rows: np.ndarray) -> np.ndarray:
    result = np.zeros((attrs.extent, *updates.shape[1:]), updates.dtype)
    for row, update in zip(rows.tolist(), updates, strict=True):
        if 0 <= row < attrs.extent:
            result[row] += update
    return result


def _scatter_summed(attrs: ScatterAdd, steps: tuple[Steps, ...]) -> Tensor:
    """The rows of all steps, one step after another."""
    updates, rows = (each.stack() for each in steps)
    merged = updates.reshape(-1, *updates.shape[2:]), rows.reshape(-1)
    return apply("scatter_add", attrs, *merged)


def _scatter_vjp(
    attrs: ScatterAdd, x: tuple[Tensor, ...], _y: tuple[Tensor, ...], ct: tuple[Tensor, ...]
) -> tuple[Tensor, None]:
    rows = x[1]
    picked = apply("gather", _NO_ATTRS, ct[0], rows)
    inside = apply("logical_and", _NO_ATTRS, rows >= 0, rows < attrs.extent)
    mask = inside.astype(picked.dtype).reshape(rows.shape[0], *(1,) * (picked.rank - 1))
    return picked * mask, None


register(
    Op(
        "scatter_add",
        ScatterAdd,
        _scatter_infer,
        _scatter_reference,
        _scatter_vjp,
        (
            Sample(ScatterAdd(4), (spread(5, 3), _INDEX)),
            Sample(ScatterAdd(4), (spread(5, dtype="float64"), _INDEX)),
            Sample(ScatterAdd(3), (spread(5, 2), np.array([-1, 0, 3, 0, 2], "int32"))),
        ),
        (
            Reject(ScatterAdd(4), (_TABLE, _ROWS), r"\[scatter_add\] .* numbers of rows"),
            Reject(ScatterAdd(4), (_FLOATS, _FLOATS), r"\[scatter_add\] the indices must be int32"),
        ),
        nest=lambda _attrs, _types: nest.ScatterAdd(),
        summed=_scatter_summed,
    )
)
