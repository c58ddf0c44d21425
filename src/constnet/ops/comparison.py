"""Comparisons, logic on bools, and the choice between two values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from constnet import dtypes
from constnet.ir.types import TensorType
from constnet.loopir.types import Expr, Unary, select
from constnet.ops.lifting import NO_ATTRS, broadcast, lift, pointwise
from constnet.ops.op import NoAttrs, NoGradient, Op, Reject, Sample, register, without_attrs
from constnet.ops.samples import spread
from constnet.ops.tensor import Tensor, TensorLike, apply, as_tensor, find_trace
from constnet.ops.typing_rules import ANY, BOOLS, Types, need_count, need_equal, need_kind
from constnet.ops.typing_rules import pointwise as rule

if TYPE_CHECKING:
    from collections.abc import Callable

_BOOL = TensorType((3,), dtypes.bool_)
_FLOAT = TensorType((3,), dtypes.float32)
_LONGER = TensorType((4,), dtypes.float32)
_FALSE_TRUE = np.array([False, False, True, True])
_MIXED = np.array([False, True, False, True])


def _compare(
    name: str,
    reference: Callable[[np.ndarray, np.ndarray], np.ndarray],
    scalar: Callable[[Expr, Expr], Expr],
) -> None:
    lhs, rhs = spread(2, 6), spread(2, 6, phase=0.6)
    rhs[0, :3] = lhs[0, :3]
    special = np.array([0.0, -0.0, np.nan, np.inf, 1.0]), np.array([-0.0, 1.0, np.nan, np.inf, 1.0])
    ints = np.arange(6, dtype="uint32"), np.arange(6, dtype="uint32")[::-1].copy()
    register(
        Op(
            name,
            NoAttrs,
            rule(name, 2, ANY, to_bool=True),
            without_attrs(reference),
            NoGradient("a comparison is piecewise constant"),
            tuple(Sample(NO_ATTRS, pair, False) for pair in ((lhs, rhs), special, ints)),
            (
                Reject(NO_ATTRS, (_FLOAT, _LONGER), rf"\[{name}\] operands differ.*float32\[4\]"),
                Reject(NO_ATTRS, (_FLOAT, _BOOL), rf"\[{name}\] operands differ.*bool\[3\]"),
            ),
            scalar=without_attrs(scalar),
        )
    )


def _logical(
    name: str,
    count: int,
    reference: Callable[..., np.ndarray],
    scalar: Callable[..., Expr],
) -> None:
    register(
        Op(
            name,
            NoAttrs,
            rule(name, count, BOOLS),
            without_attrs(reference),
            NoGradient("logic has no gradient"),
            (Sample(NO_ATTRS, (_FALSE_TRUE, _MIXED)[:count], False),),
            (Reject(NO_ATTRS, (_FLOAT,) * count, rf"\[{name}\] needs a bool dtype"),),
            scalar=without_attrs(scalar),
        )
    )


def _and(x: Expr, y: Expr) -> Expr:
    return x & y


def _or(x: Expr, y: Expr) -> Expr:
    return x | y


def _not(x: Expr) -> Expr:
    return Unary("not", x)


def _where_infer(_attrs: NoAttrs, types: Types) -> Types:
    need_count("where", types, 3)
    need_kind("where", types[0], BOOLS)
    need_equal("where", types[1:])
    need_equal("where", (types[0], TensorType(types[1].shape, types[0].dtype)))
    return (types[1],)


def _where_vjp(
    _attrs: NoAttrs, x: tuple[Tensor, ...], _y: tuple[Tensor, ...], ct: tuple[Tensor, ...]
) -> tuple[Tensor | None, ...]:
    return None, where(x[0], ct[0], 0.0), where(x[0], 0.0, ct[0])


_compare("equal", np.equal, lambda x, y: x.eq(y))
_compare("not_equal", np.not_equal, lambda x, y: x.ne(y))
_compare("less", np.less, lambda x, y: x < y)
_compare("less_equal", np.less_equal, lambda x, y: x <= y)
_compare("greater", np.greater, lambda x, y: x > y)
_compare("greater_equal", np.greater_equal, lambda x, y: x >= y)
_logical("logical_and", 2, np.logical_and, _and)
_logical("logical_or", 2, np.logical_or, _or)
_logical("logical_not", 1, np.logical_not, _not)

register(
    Op(
        "where",
        NoAttrs,
        _where_infer,
        without_attrs(np.where),
        _where_vjp,
        (
            Sample(NO_ATTRS, (_MIXED, spread(4), spread(4, phase=0.5))),
            Sample(
                NO_ATTRS, (_MIXED, np.arange(4, dtype="int32"), -np.arange(4, dtype="int32")), False
            ),
        ),
        (
            Reject(NO_ATTRS, (_FLOAT, _FLOAT, _FLOAT), r"\[where\] needs a bool dtype"),
            Reject(NO_ATTRS, (_BOOL, _FLOAT, _LONGER), r"\[where\] operands differ"),
            Reject(NO_ATTRS, (_BOOL, _LONGER, _LONGER), r"\[where\] operands differ: bool\[3\]"),
        ),
        scalar=without_attrs(select),
    )
)


def equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Whether elements are equal."""
    return pointwise("equal", x, y)


def not_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """Whether elements differ; NaN differs from itself."""
    return pointwise("not_equal", x, y)


def less(x: TensorLike, y: TensorLike) -> Tensor:
    """`x < y`, element by element."""
    return pointwise("less", x, y)


def less_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """`x <= y`, element by element."""
    return pointwise("less_equal", x, y)


def greater(x: TensorLike, y: TensorLike) -> Tensor:
    """`x > y`, element by element."""
    return pointwise("greater", x, y)


def greater_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """`x >= y`, element by element."""
    return pointwise("greater_equal", x, y)


def logical_and(x: TensorLike, y: TensorLike) -> Tensor:
    """Whether both hold."""
    return pointwise("logical_and", x, y)


def logical_or(x: TensorLike, y: TensorLike) -> Tensor:
    """Whether either holds."""
    return pointwise("logical_or", x, y)


def logical_not(x: TensorLike) -> Tensor:
    """Whether it does not hold."""
    return pointwise("logical_not", x)


def isnan(x: TensorLike) -> Tensor:
    """Whether elements are NaN."""
    return pointwise("not_equal", x, x)


def where(condition: TensorLike, x: TensorLike, y: TensorLike) -> Tensor:
    """Elements of `x` where `condition` holds, else of `y`, with broadcasting."""
    trace = find_trace(condition, x, y)
    mask = as_tensor(condition, trace)
    chosen = lift("where", x, y, trace=trace)
    return apply("where", NO_ATTRS, *broadcast("where", mask, *chosen))
