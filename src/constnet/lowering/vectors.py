"""Turning the statements of one scalar iteration into those of a whole vector of iterations.

    t0 = p0[i * 4 + j]                 t0 = p0[i * 4 + j : 16 lanes]
    t1 = p1[i]              j by 16 →  t1 = splat(p1[i])
    t2 = t0 * t1                       t2 = t0 * t1

Possible where every access moves by one element or none at all when the loop variable does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from constnet.loopir.types import (
    Apply,
    Binary,
    Bitcast,
    Cast,
    Const,
    Expr,
    Let,
    Load,
    Local,
    MulAdd,
    Select,
    Splat,
    Stmt,
    Store,
    Unary,
    constant,
    index,
)
from constnet.loopir.walk import operands
from constnet.lowering.affine import affine

if TYPE_CHECKING:
    from collections.abc import Callable

    from constnet.ir.graph import Value
    from constnet.lowering.affine import Extents
    from constnet.lowering.scope import Position, Scope


class NotVectorizableError(Exception):
    """An access with a stride, or a value that is the loop variable itself."""


@dataclass
class Widening:
    """One loop variable being widened: in the result it stands at its first value, `base`.

    `vector_names` are the locals that became vectors.
    """

    var: str
    lanes: int
    extents: Extents
    vector_names: set[str]
    base: Expr = field(default_factory=lambda: constant(0, index))

    def statements(self, body: list[Stmt]) -> list[Stmt]:
        """All statements of an iteration, widened."""
        return [self._statement(statement) for statement in body]

    def _statement(self, statement: Stmt) -> Stmt:
        match statement:
            case Let(name, value):
                widened = self.expr(value)
                self.vector_names.add(name)
                return Let(name, widened)
            case Store(param, at, value):
                return Store(param, self._first(at), self.expr(value))
            case _:
                raise NotVectorizableError

    def _first(self, at: Expr) -> Expr:
        """The element number at the first lane of an access that moves by one element a lane."""
        form = affine(at, self.extents)
        inside = any(self._mentions(t) for t, _ in form.terms if not isinstance(t, Local))
        if inside or form.coefficient(self.var) != 1:
            raise NotVectorizableError
        return form.without(self.var).plus(affine(self.base, self.extents)).expr()

    def _mentions(self, expr: Expr) -> bool:
        if isinstance(expr, Local):
            return expr.name == self.var or expr.name in self.vector_names
        return any(self._mentions(child) for child in operands(expr))

    def expr(self, expr: Expr) -> Expr:
        """An expression, widened; what does not depend on the variable is splat."""
        if isinstance(expr, Const):
            return Const(expr.value, expr.type_, self.lanes)
        if isinstance(expr, Local) and expr.name in self.vector_names:
            return Local(expr.name, expr.type_, self.lanes)
        if not self._mentions(expr):
            return Splat(expr, self.lanes)
        return self._dependent(expr)

    def _dependent(self, expr: Expr) -> Expr:
        match expr:
            case Load(param, at, dtype):
                return Load(param, self._first(at), dtype, self.lanes)
            case Unary(op, operand):
                return Unary(op, self.expr(operand))
            case Binary(op, lhs, rhs):
                return Binary(op, self.expr(lhs), self.expr(rhs))
            case Select(condition, if_true, if_false):
                return Select(self.expr(condition), self.expr(if_true), self.expr(if_false))
            case MulAdd(a, b, c):
                return MulAdd(self.expr(a), self.expr(b), self.expr(c))
            case Cast(operand, dtype):
                return Cast(self.expr(operand), dtype)
            case Bitcast(operand, dtype):
                return Bitcast(self.expr(operand), dtype)
            case Apply(function, args):
                return Apply(function, tuple(self.expr(arg) for arg in args))
            case _:
                raise NotVectorizableError


LANE = "lane"


def read_lanes(
    scope: Scope, value: Value, at: Callable[[Expr], Position], start: Expr, width: int
) -> tuple[list[Stmt], Expr]:
    """Statements and result of reading `width` elements of `value`, at `at(start)` and on.

    Raises:
        NotVectorizableError: they are not neighbours in memory.
    """
    return compute_lanes(scope, lambda each: scope.read(value, at(each)), start, width)


def compute_lanes(
    scope: Scope, formula: Callable[[Expr], Expr], start: Expr, width: int
) -> tuple[list[Stmt], Expr]:
    """Statements and result of `formula` at `start` and the next ones, `width` in all.

    Raises:
        NotVectorizableError: something it reads is not in neighbouring memory.
    """
    outer = scope.nested()
    try:
        if width == 1:
            single = formula(start)
            return scope.body, single
        scope.extents[LANE] = width
        result = formula(Binary("add", start, Local(LANE, index)))
        widening = Widening(LANE, width, scope.extents, set())
        statements = widening.statements(scope.body)
        return statements, widening.expr(result)
    finally:
        scope.extents.pop(LANE, None)
        scope.resume(outer)


def write_lanes(
    scope: Scope,
    values: list[Value],
    given: tuple[Value, Local],
    at: Callable[[Expr], Position],
    start: Expr,
) -> list[Stmt]:
    """Statements that compute and store `values` from one given in a local, at `at(start)` and on.

    Raises:
        NotVectorizableError: something read or written is not in neighbouring memory.
    """
    value, local = given
    outer = scope.nested()
    scope.given = {value: Local(local.name, local.dtype)}
    try:
        if local.lanes > 1:
            scope.extents[LANE] = local.lanes
            start = Binary("add", start, Local(LANE, index))
        position = at(start)
        results = [scope.read(each, position) for each in values]
        for each, result in zip(values, results, strict=True):
            scope.store(each, position, result)
        if local.lanes == 1:
            return scope.body
        return Widening(LANE, local.lanes, scope.extents, {local.name}).statements(scope.body)
    finally:
        scope.given = {}
        scope.extents.pop(LANE, None)
        scope.resume(outer)


def chunks(extent: int, widest: int) -> list[int]:
    """`extent` as a sum of vector widths: as many of the widest as fit, then powers of two.

    >>> chunks(40, 16)
    [16, 16, 8]
    """
    result: list[int] = []
    width = widest
    while extent:
        while width > extent:
            width //= 2
        result.append(width)
        extent -= width
    return result
