"""Intervals of index expressions: the smallest and largest value, None where unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from constnet.loopir import types as ir

if TYPE_CHECKING:
    from collections.abc import Mapping


class Interval(NamedTuple):
    """Every value lies between `low` and `high`, both included."""

    low: int | None
    high: int | None


UNKNOWN = Interval(None, None)


def interval_of(expr: ir.Expr, known: Mapping[str, Interval]) -> Interval:
    """The interval of an integer expression, given those of locals."""
    if expr.dtype.is_float or expr.lanes > 1:
        return UNKNOWN
    match expr:
        case ir.Const(value=value):
            return Interval(int(value), int(value))
        case ir.Local(name=name):
            return known.get(name, UNKNOWN)
        case ir.Binary(op=op, lhs=lhs, rhs=rhs):
            return _binary(op, interval_of(lhs, known), interval_of(rhs, known))
        case ir.Select(if_true=if_true, if_false=if_false):
            return _union(interval_of(if_true, known), interval_of(if_false, known))
        case ir.Cast(operand=operand) if not operand.dtype.is_float:
            return interval_of(operand, known)
        case _:
            return UNKNOWN


def _binary(op: ir.BinaryOp, a: Interval, b: Interval) -> Interval:
    if op in ("min", "max"):
        return _order(op, a, b)
    if None in a or None in b:
        return _remainder(b) if op == "rem" else UNKNOWN
    pairs = [(x, y) for x in a for y in b if x is not None and y is not None]
    match op:
        case "add":
            values = [x + y for x, y in pairs]
        case "sub":
            values = [x - y for x, y in pairs]
        case "mul":
            values = [x * y for x, y in pairs]
        case "div" if pairs[0][1] == pairs[1][1] > 0:
            values = [_truncated(x, y) for x, y in pairs]
        case "rem":
            return _whole_remainder(a, b)
        case "shl" if all(0 <= y < 31 for _, y in pairs):
            values = [x << y for x, y in pairs]
        case "shr" if all(0 <= y < 64 for _, y in pairs):
            values = [x >> y for x, y in pairs]
        case _:
            return UNKNOWN
    return Interval(min(values), max(values))


def _truncated(x: int, y: int) -> int:
    return x // y if x >= 0 else -(-x // y)


def _remainder(b: Interval) -> Interval:
    """Of an unknown number: between -(d - 1) and d - 1 for a known divisor d."""
    if b.low is None or b.low != b.high or b.low <= 0:
        return UNKNOWN
    return Interval(1 - b.low, b.low - 1)


def _whole_remainder(a: Interval, b: Interval) -> Interval:
    bounds = _remainder(b)
    if a.low is None or a.high is None or bounds.high is None or a.low < 0:
        return bounds
    return a if a.high <= bounds.high else Interval(0, bounds.high)


def _order(op: ir.BinaryOp, a: Interval, b: Interval) -> Interval:
    """`min` is bounded above by either side, `max` below."""
    lows = [x for x in (a.low, b.low) if x is not None]
    highs = [x for x in (a.high, b.high) if x is not None]
    if op == "min":
        return Interval(min(lows) if len(lows) == 2 else None, min(highs) if highs else None)
    return Interval(max(lows) if lows else None, max(highs) if len(highs) == 2 else None)


def _union(a: Interval, b: Interval) -> Interval:
    low = None if a.low is None or b.low is None else min(a.low, b.low)
    high = None if a.high is None or b.high is None else max(a.high, b.high)
    return Interval(low, high)
