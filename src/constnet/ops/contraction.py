"""Matrix products: sums over one shared axis in ascending order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from constnet import dtypes
from constnet.errors import DTypeError, ShapeError
from constnet.ir.graph import Attrs
from constnet.ir.types import TensorType
from constnet.ops import nest
from constnet.ops.lifting import expand, lift
from constnet.ops.op import Op, Reject, Sample, Steps, register
from constnet.ops.samples import spread
from constnet.ops.tensor import Tensor, TensorLike, apply
from constnet.ops.typing_rules import FLOATS, Types, need_count, need_kind

if TYPE_CHECKING:
    from constnet.loopir.types import Expr
    from constnet.ops.nest import Index

_MATRIX = 2


@dataclass(frozen=True, slots=True)
class Matmul(Attrs):
    """Whether the last two axes of an operand are stored the other way round."""

    transpose_lhs: bool = False
    transpose_rhs: bool = False


def _extents(type_: TensorType, *, is_transposed: bool) -> tuple[int, int]:
    rows, columns = type_.shape[-2:]
    return (columns, rows) if is_transposed else (rows, columns)


def _infer(attrs: Matmul, types: Types) -> Types:
    need_count("matmul", types, 2)
    lhs, rhs = types
    need_kind("matmul", lhs, FLOATS)
    if lhs.dtype != rhs.dtype:
        message = f"[matmul] operands have different dtypes: {lhs} and {rhs}. Cast one of them."
        raise DTypeError(message)
    if lhs.rank < _MATRIX or lhs.shape[:-2] != rhs.shape[:-2] or rhs.rank < _MATRIX:
        message = (
            f"[matmul] operands need two axes each and equal axes before them, got {lhs} and "
            f"{rhs}. Reshape or broadcast one of them."
        )
        raise ShapeError(message)
    rows, left_depth = _extents(lhs, is_transposed=attrs.transpose_lhs)
    right_depth, columns = _extents(rhs, is_transposed=attrs.transpose_rhs)
    if left_depth != right_depth:
        left_axis = lhs.rank - (2 if attrs.transpose_lhs else 1)
        right_axis = rhs.rank - (1 if attrs.transpose_rhs else 2)
        message = (
            f"[matmul] inner axes differ: lhs {lhs} has axis {left_axis} = {left_depth}, rhs {rhs} "
            f"has axis {right_axis} = {right_depth}. Make these extents equal."
        )
        raise ShapeError(message)
    return (lhs.with_shape((*lhs.shape[:-2], rows, columns)),)


def _reference(attrs: Matmul, lhs: np.ndarray, rhs: np.ndarray) -> np.ndarray:
    left = np.swapaxes(lhs, -1, -2) if attrs.transpose_lhs else lhs
    right = np.swapaxes(rhs, -1, -2) if attrs.transpose_rhs else rhs
    total = np.zeros((*left.shape[:-1], right.shape[-1]), lhs.dtype)
    product = np.empty_like(total)
    for k in range(left.shape[-1]):
        np.multiply(left[..., :, k, None], right[..., None, k, :], out=product)
        np.add(total, product, out=total)
    return total


def _vjp(
    attrs: Matmul, x: tuple[Tensor, ...], _y: tuple[Tensor, ...], ct: tuple[Tensor, ...]
) -> tuple[Tensor, Tensor]:
    lhs, rhs = x
    left_flag, right_flag = attrs.transpose_lhs, attrs.transpose_rhs
    if left_flag:
        left = apply("matmul", Matmul(right_flag, transpose_rhs=True), rhs, ct[0])
    else:
        left = apply("matmul", Matmul(transpose_rhs=not right_flag), ct[0], rhs)
    if right_flag:
        right = apply("matmul", Matmul(transpose_lhs=True, transpose_rhs=left_flag), ct[0], lhs)
    else:
        right = apply("matmul", Matmul(transpose_lhs=not left_flag), lhs, ct[0])
    return left, right


def _summed(attrs: Matmul, steps: tuple[Steps, ...]) -> Tensor | None:
    """One product: the steps join the contracted axis, in front of it."""
    lhs, rhs = (each.stack() for each in steps)
    if lhs.rank != _MATRIX + 1:
        return None
    left = lhs if attrs.transpose_lhs else lhs.transpose(0, 2, 1)
    right = rhs.transpose(0, 2, 1) if attrs.transpose_rhs else rhs
    rows, columns = left.shape[-1], right.shape[-1]
    merged = left.reshape(-1, rows), right.reshape(-1, columns)
    return apply("matmul", Matmul(transpose_lhs=True), *merged)


def _nest(attrs: Matmul, types: Types) -> nest.Contraction:
    rows, depth = _extents(types[0], is_transposed=attrs.transpose_lhs)
    _, columns = _extents(types[1], is_transposed=attrs.transpose_rhs)

    def lhs(batch: Index, row: Expr, k: Expr) -> Index:
        return (*batch, k, row) if attrs.transpose_lhs else (*batch, row, k)

    def rhs(batch: Index, k: Expr, column: Expr) -> Index:
        return (*batch, column, k) if attrs.transpose_rhs else (*batch, k, column)

    return nest.Contraction(types[0].shape[:-2], rows, columns, depth, lhs, rhs)


def _types(*shapes: tuple[int, ...]) -> Types:
    return tuple(TensorType(shape, dtypes.float32) for shape in shapes)


register(
    Op(
        "matmul",
        Matmul,
        _infer,
        _reference,
        _vjp,
        (
            Sample(Matmul(), (spread(3, 5), spread(5, 4, phase=0.1))),
            Sample(Matmul(transpose_lhs=True), (spread(5, 3), spread(5, 4, phase=0.1))),
            Sample(Matmul(transpose_rhs=True), (spread(3, 5), spread(4, 5, phase=0.1))),
            Sample(Matmul(True, True), (spread(5, 3), spread(4, 5, phase=0.1))),
            Sample(Matmul(), (spread(2, 3, 5), spread(2, 5, 4, phase=0.1))),
            Sample(Matmul(), (spread(1, 1, dtype="float64"), spread(1, 17, dtype="float64"))),
            Sample(Matmul(), (spread(9, 33), spread(33, 18, phase=0.1))),
        ),
        (
            Reject(Matmul(), _types((3, 4), (5, 4)), r"inner axes differ: lhs float32\[3, 4\]"),
            Reject(Matmul(), _types((4,), (4, 2)), r"\[matmul\] operands need two axes"),
            Reject(Matmul(), _types((2, 3, 4), (3, 4, 5)), r"equal axes before them"),
            Reject(
                Matmul(),
                (*_types((3, 4)), TensorType((4, 2), dtypes.float64)),
                r"\[matmul\] operands have different dtypes",
            ),
            Reject(
                Matmul(), (TensorType((3, 4), dtypes.int32),) * 2, r"\[matmul\] needs a float dtype"
            ),
        ),
        nest=_nest,
        summed=_summed,
    )
)


def matmul(x: TensorLike, y: TensorLike) -> Tensor:
    """Matrix product of the last two axes.

    **Shape:** `(..., M, K) @ (..., K, N) -> (..., M, N)`. A vector counts as one row on the left
    and as one column on the right, and its axis is left out of the result. A matrix on one side
    serves every matrix on the other: axes before a left operand become rows of one product.
    """
    lhs, rhs = lift("matmul", x, y)
    if rhs.rank == 1:
        return _drop(matmul(lhs, rhs.reshape(rhs.shape[0], 1)), axis=-1)
    if lhs.rank == 1:
        return _drop(matmul(lhs.reshape(1, lhs.shape[0]), rhs), axis=-2)
    if lhs.rank > _MATRIX and rhs.rank == _MATRIX:
        rows = lhs.reshape(-1, lhs.shape[-1])
        product = apply("matmul", Matmul(), rows, rhs)
        return product.reshape(*lhs.shape[:-1], rhs.shape[-1])
    if rhs.rank > _MATRIX and lhs.rank == _MATRIX:
        lhs = expand(lhs, (*rhs.shape[:-2], *lhs.shape))
    return apply("matmul", Matmul(), lhs, rhs)


def _drop(x: Tensor, axis: int) -> Tensor:
    shape = list(x.shape)
    del shape[axis]
    return x.reshape(tuple(shape))
