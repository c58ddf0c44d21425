"""Index arithmetic in normal form: a sum of integer multiples of terms, and a constant.

A term is a loop variable or an expression that is not affine (a division, a load of an index). The
normal form decides whether an access is contiguous, and keeps printed indices short:
`(i * 10 + j) / 10` with `j < 10` becomes `i`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from constnet.loopir.types import Binary, Cast, Const, Expr, Local, Select, constant, index

if TYPE_CHECKING:
    from collections.abc import Mapping

Extents = dict[str, int]
"""How many values each loop variable takes, from 0 on."""


@dataclass(frozen=True, slots=True)
class Affine:
    """`constant + sum(coefficient * term)`, terms in order of first appearance."""

    constant: int
    terms: tuple[tuple[Expr, int], ...] = ()

    def plus(self, other: Affine, factor: int = 1) -> Affine:
        """`self + factor * other`."""
        table = dict(self.terms)
        for term, coefficient in other.terms:
            table[term] = table.get(term, 0) + factor * coefficient
        kept = tuple((term, c) for term, c in table.items() if c != 0)
        return Affine(self.constant + factor * other.constant, kept)

    def times(self, factor: int) -> Affine:
        """`factor * self`."""
        return Affine(0).plus(self, factor)

    def coefficient(self, name: str) -> int:
        """How much the value grows when the variable `name` grows by one."""
        return next((c for t, c in self.terms if isinstance(t, Local) and t.name == name), 0)

    def is_affine_in(self, names: Mapping[str, object]) -> bool:
        """Whether every term is one of these variables."""
        return all(isinstance(term, Local) and term.name in names for term, _ in self.terms)

    def without(self, name: str) -> Affine:
        """The same form at `name` = 0."""
        kept = tuple((t, c) for t, c in self.terms if not (isinstance(t, Local) and t.name == name))
        return Affine(self.constant, kept)

    def span(self, extents: Extents) -> tuple[int, int] | None:
        """Smallest and largest value, or None where a term's range is not known."""
        low = high = self.constant
        for term, coefficient in self.terms:
            bounds = _term_span(term, extents)
            if bounds is None:
                return None
            ends = (coefficient * bounds[0], coefficient * bounds[1])
            low, high = low + min(ends), high + max(ends)
        return low, high

    def expr(self) -> Expr:
        """Back to an expression; a zero constant and unit coefficients are left out."""
        result: Expr | None = None
        for term, coefficient in self.terms:
            if coefficient == 1:
                part: Expr = term
            else:
                part = Binary("mul", term, constant(coefficient, index))
            result = part if result is None else Binary("add", result, part)
        if result is None:
            return constant(self.constant, index)
        if self.constant:
            return Binary("add", result, constant(self.constant, index))
        return result


def _term_span(term: Expr, extents: Extents) -> tuple[int, int] | None:
    if isinstance(term, Local) and term.name in extents:
        return 0, extents[term.name] - 1
    if isinstance(term, Binary) and isinstance(term.rhs, Const):
        divisor = int(term.rhs.value)
        inner = affine(term.lhs, extents).span(extents)
        if inner is None or inner[0] < 0:
            return None
        if term.op == "div":
            return inner[0] // divisor, inner[1] // divisor
        if term.op == "rem":
            return 0, min(inner[1], divisor - 1)
    return None


def affine(expr: Expr, extents: Extents) -> Affine:
    """The normal form of an index expression."""
    if isinstance(expr, Const):
        return Affine(int(expr.value))
    if isinstance(expr, Cast) and isinstance(expr.operand, Const):
        return Affine(int(expr.operand.value))
    if isinstance(expr, Binary):
        if expr.op == "add":
            return _recombine(affine(expr.lhs, extents).plus(affine(expr.rhs, extents)))
        if expr.op == "sub":
            return affine(expr.lhs, extents).plus(affine(expr.rhs, extents), -1)
        if expr.op == "mul":
            return _product(expr, extents)
        if expr.op in ("div", "rem") and isinstance(expr.rhs, Const):
            return _divide(expr, extents)
        if expr.op in ("min", "max"):
            return _order(expr, extents)
    if isinstance(expr, Select):
        return Affine(0, ((expr, 1),))
    return Affine(0, ((expr, 1),))


def _product(expr: Binary, extents: Extents) -> Affine:
    lhs, rhs = affine(expr.lhs, extents), affine(expr.rhs, extents)
    if not rhs.terms:
        return lhs.times(rhs.constant)
    if not lhs.terms:
        return rhs.times(lhs.constant)
    return Affine(0, ((Binary("mul", lhs.expr(), rhs.expr()), 1),))


def _order(expr: Binary, extents: Extents) -> Affine:
    """The side that `min` or `max` always takes, where that is known."""
    lhs, rhs = affine(expr.lhs, extents), affine(expr.rhs, extents)
    span = lhs.plus(rhs, -1).span(extents)
    if span is not None and (span[1] <= 0 or span[0] >= 0):
        return lhs if (span[1] <= 0) == (expr.op == "min") else rhs
    return Affine(0, ((expr, 1),))


def _divide(expr: Binary, extents: Extents) -> Affine:
    """Take what the divisor divides out of a quotient or remainder of a non-negative value."""
    if not isinstance(expr.rhs, Const):
        return Affine(0, ((expr, 1),))
    divisor, inner = int(expr.rhs.value), affine(expr.lhs, extents)
    whole = Affine(
        inner.constant // divisor,
        tuple((t, c // divisor) for t, c in inner.terms if c % divisor == 0),
    )
    rest = Affine(
        inner.constant % divisor, tuple((t, c) for t, c in inner.terms if c % divisor != 0)
    )
    span = rest.span(extents)
    if span is not None and span[0] >= 0:
        if span[1] < divisor:
            return whole if expr.op == "div" else rest
        if expr.op == "rem":
            return Affine(0, ((Binary("rem", rest.expr(), expr.rhs), 1),))
        return whole.plus(Affine(0, ((Binary("div", rest.expr(), expr.rhs), 1),)))
    return Affine(0, ((Binary(expr.op, inner.expr(), expr.rhs), 1),))


def _recombine(form: Affine) -> Affine:
    """`c * (x / c) + x % c` is `x`."""
    for term, coefficient in form.terms:
        if isinstance(term, Binary) and term.op == "rem" and isinstance(term.rhs, Const):
            divisor = int(term.rhs.value)
            quotient = Binary("div", term.lhs, term.rhs)
            if dict(form.terms).get(quotient) == coefficient * divisor:
                kept = tuple((t, c) for t, c in form.terms if t not in (term, quotient))
                inner = affine(term.lhs, {})
                return _recombine(Affine(form.constant, kept).plus(inner, coefficient))
    return form


def linear(position: tuple[Expr, ...], shape: tuple[int, ...], extents: Extents) -> Affine:
    """Row-major element number of `position` in an array of `shape`."""
    total, stride = Affine(0), 1
    parts: list[Affine] = []
    for part, extent in zip(reversed(position), reversed(shape), strict=True):
        if extent != 1:
            parts.append(affine(part, extents).times(stride))
        stride *= extent
    for part in reversed(parts):
        total = _recombine(total.plus(part))
    return total
