"""Short ways to write loop programs by hand: in tests, in lowering, in softmath."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.loopir import types as ir

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.dtypes import DType


def idx(value: int) -> ir.Const:
    """An index constant."""
    return ir.Const(value, ir.index)


def var(name: str) -> ir.Local:
    """A loop variable."""
    return ir.Local(name, ir.index)


def loop(
    name: str,
    stop: int | ir.Expr,
    body: Sequence[ir.Stmt],
    *,
    start: int | ir.Expr = 0,
    step: int = 1,
    mode: ir.LoopMode = "serial",
) -> ir.For:
    """`for name in range(start, stop, step)`."""
    first = idx(start) if isinstance(start, int) else start
    last = idx(stop) if isinstance(stop, int) else stop
    return ir.For(name, first, last, step, tuple(body), mode)


def load(param: ir.Param, index: int | ir.Expr, lanes: int = 1) -> ir.Load:
    """`lanes` elements of `param` from `index` on."""
    at = idx(index) if isinstance(index, int) else index
    return ir.Load(param.name, at, param.dtype, lanes)


def store(param: ir.Param, index: int | ir.Expr, value: ir.Expr) -> ir.Store:
    """Write `value` into `param` from `index` on."""
    return ir.Store(param.name, idx(index) if isinstance(index, int) else index, value)


def declare(name: str, value: ir.Expr) -> tuple[ir.Declare, ir.Local]:
    """A mutable local, and the expression that reads it."""
    return ir.Declare(name, value), ir.Local(name, value.dtype, value.lanes)


def let(name: str, value: ir.Expr) -> tuple[ir.Let, ir.Local]:
    """An immutable local, and the expression that reads it."""
    return ir.Let(name, value), ir.Local(name, value.dtype, value.lanes)


def splat(value: float | ir.Expr, dtype: DType, lanes: int) -> ir.Expr:
    """A number or scalar in every lane."""
    if isinstance(value, ir.Expr):
        return ir.Splat(value, lanes) if lanes > 1 else value
    return ir.constant(value, dtype, lanes)
