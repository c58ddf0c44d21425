"""Conditions that are settled by the ranges of loop variables, and where along a loop they change.

    select(i >= 2 and i < 6, x[i - 2], 0)    i in [0, 2)  →  0
                                             i in [2, 6)  →  x[i - 2]

A loop cut at 2 and 6 has no condition inside. This is how padding costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet import dtypes
from constnet.loopir.types import Binary, Expr, For, Let, Local, Select, Stmt, index
from constnet.loopir.walk import expressions, subexpressions, used_names
from constnet.lowering.affine import affine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constnet.lowering.affine import Extents

_ORDERS = frozenset({"lt", "le", "gt", "ge"})


def known(condition: Expr, extents: Extents) -> bool | None:
    """Whether a condition holds everywhere (True), nowhere (False), or that depends (None)."""
    if not isinstance(condition, Binary):
        return None
    if condition.op in ("and", "or") and condition.dtype == dtypes.bool_:
        sides = {known(condition.lhs, extents), known(condition.rhs, extents)}
        decisive = condition.op == "or"
        if decisive in sides:
            return decisive
        return None if None in sides else not decisive
    if condition.lhs.dtype != index or condition.lhs.lanes > 1:
        return None
    difference = affine(condition.lhs, extents).plus(affine(condition.rhs, extents), -1)
    span = difference.span(extents)
    return None if span is None else _compared(condition.op, *span)


def _compared(op: str, low: int, high: int) -> bool | None:
    """What a comparison of numbers between `low` and `high` with 0 gives, if always the same."""
    always = {"lt": high < 0, "le": high <= 0, "gt": low > 0, "ge": low >= 0,
              "eq": low == high == 0, "ne": low > 0 or high < 0}  # fmt: skip
    never = {"lt": low >= 0, "le": low > 0, "gt": high <= 0, "ge": high < 0,
             "eq": low > 0 or high < 0, "ne": low == high == 0}  # fmt: skip
    if always.get(op, False):
        return True
    return False if never.get(op, False) else None


def folded(expr: Expr, extents: Extents) -> Expr:
    """`expr` without the choices that are settled."""
    while isinstance(expr, Select):
        choice = known(expr.condition, extents)
        if choice is None:
            if_true, if_false = (folded(e, extents) for e in (expr.if_true, expr.if_false))
            return Select(expr.condition, if_true, if_false)
        expr = expr.if_true if choice else expr.if_false
    return expr


def cuts(body: list[Stmt], extents: Extents) -> dict[str, set[int]]:
    """For each loop variable the values from which on some choice goes another way."""
    found: dict[str, set[int]] = {}
    for expr in expressions(body):
        if not isinstance(expr, Select):
            continue
        for part in subexpressions(expr.condition):
            if isinstance(part, Binary) and part.op in _ORDERS and part.lhs.dtype == index:
                name, value = _turning_point(part, extents)
                if 0 < value < extents.get(name, 0):
                    found.setdefault(name, set()).add(value)
    return found


def _turning_point(comparison: Binary, extents: Extents) -> tuple[str, int]:
    """The variable of a comparison, and its first value with another result than at 0."""
    form = affine(comparison.lhs, extents).plus(affine(comparison.rhs, extents), -1)
    match form.terms:
        case ((Local(name=name), 1),):
            late = comparison.op in ("le", "gt")  # 0 itself goes with what is below
            return name, -form.constant + late
        case ((Local(name=name), -1),):
            late = comparison.op in ("lt", "ge")
            return name, form.constant + late
        case _:
            return "", 0


def pruned(body: Iterable[Stmt]) -> list[Stmt]:
    """Statements without the bindings that nothing reads."""
    kept: list[Stmt] = []
    used: set[str] = set()
    for statement in reversed(list(body)):
        if isinstance(statement, Let) and statement.name not in used:
            continue
        kept.append(statement)
        used |= used_names([statement])
        if isinstance(statement, For):
            used |= used_names(statement.body)
    return kept[::-1]
