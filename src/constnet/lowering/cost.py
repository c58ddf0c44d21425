"""What one run of a kernel costs, counted from its loops: floating-point operations and bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.loopir.interval import interval_of
from constnet.loopir.types import (
    Apply,
    Assign,
    Binary,
    Const,
    Declare,
    Expr,
    For,
    Let,
    MulAdd,
    Stmt,
    Store,
    Unary,
)
from constnet.loopir.walk import subexpressions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constnet.loopir.types import Param


def count_flops(body: Iterable[Stmt]) -> int:
    """Floating-point operations; a multiply-add counts two, a function what is inside it.

    A loop between bounds that vary counts as if it ran from the least to the largest.
    """
    total = 0
    for statement in body:
        match statement:
            case For(start=Const(first), stop=Const(end), step=step, body=inner):
                total += max(0, -(-(int(end) - int(first)) // step)) * count_flops(inner)
            case For(start=start, stop=stop, step=step, body=inner):
                low, high = interval_of(start, {}).low, interval_of(stop, {}).high
                total += -(-((high or 0) - (low or 0)) // step) * count_flops(inner)
            case Let(value=value) | Declare(value=value) | Assign(value=value) | Store(value=value):
                total += _flops(value)
            case _:
                pass
    return total


def _flops(expr: Expr) -> int:
    return sum(_one(part) for part in subexpressions(expr))


def _one(expr: Expr) -> int:
    if not expr.dtype.is_float:
        return 0
    match expr:
        case MulAdd():
            return 2 * expr.lanes
        case Binary() | Unary():
            return expr.lanes
        case Apply(function=function):
            inside = sum(_flops(let.value) for let in function.lets) + _flops(function.result)
            return inside * expr.lanes
        case _:
            return 0


def count_bytes(params: Iterable[Param]) -> int:
    """Bytes a kernel reaches: each parameter once, twice where it is read and written."""
    return sum(
        param.extent * param.dtype.bytes * (2 if param.access == "update" else 1)
        for param in params
    )
