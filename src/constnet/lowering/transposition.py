"""Copying a matrix into the other order, in square blocks that are transposed in registers.

for k, for column: to[k][column] = from[column][k]

w vectors of w neighbours along k  →  log2(w) rounds of interleaving  →  w vectors along columns
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from constnet.loopir.types import (
    Binary,
    Expr,
    Interleave,
    Let,
    Local,
    Stmt,
    Store,
    constant,
    index,
)
from constnet.lowering.vectors import NotVectorizableError, chunks

if TYPE_CHECKING:
    from constnet.loopir.types import LoopMode
    from constnet.lowering.scope import Scope

Read = Callable[[Expr, Expr, int], tuple[list[Stmt], Expr]]
"""(k, column, width): statements and value of `width` neighbours along k of one column."""
Write = Callable[[Expr, Expr], tuple[str, Expr]]
"""(k, column): parameter and element number of the copy."""
SMALLEST = 4
"""Narrower blocks are copied element by element."""


def transposed(
    scope: Scope, read: Read, write: Write, sizes: tuple[int, int], lanes: int
) -> list[Stmt]:
    """Statements that copy (depth, columns) elements; reads run along k, writes along columns."""
    depth, columns = sizes
    statements: list[Stmt] = []
    start = 0
    deepest = 1 << (depth.bit_length() - 1)
    widths = chunks(columns, max(1, min(lanes, deepest)))
    while widths:
        width = widths[0]
        count = sum(1 for each in widths if each == width)
        statements += _strip(scope, read, write, (start, width, count, depth))
        start += count * width
        widths = widths[count:]
    return statements


def _strip(scope: Scope, read: Read, write: Write, strip: tuple[int, int, int, int]) -> list[Stmt]:
    """`count` blocks of `width` columns from `start` on, over the whole depth."""
    start, width, count, depth = strip
    number = scope.loop_variable(max(count, 2))
    column = Binary("add", Binary("mul", number, constant(width, index)), constant(start, index))
    full = depth // width if width >= SMALLEST else 0
    body: list[Stmt] = []
    try:
        if full:
            step = scope.loop_variable(max(full, 2))
            k = Binary("mul", step, constant(width, index))
            block = _block(read, write, k, column, width)
            body.append(scope.loop(step, full, block))
    except NotVectorizableError:
        full, body = 0, []
    if full * width < depth:
        body.append(_elements(scope, read, write, column, (full * width, depth, width)))
    mode: LoopMode = "serial"
    return [scope.loop(number, count, body, mode)]


def _block(read: Read, write: Write, k: Expr, column: Expr, width: int) -> list[Stmt]:
    """One square block through registers."""
    statements: list[Stmt] = []
    rows: list[Expr] = []
    for j in range(width):
        made, value = read(k, Binary("add", column, constant(j, index)), width)
        statements += [*made, Let(f"r0_{j}", value)]
        rows.append(Local(f"r0_{j}", value.dtype, width))
    for level in range(1, width.bit_length()):
        turned: list[Expr] = []
        for i in range(width // 2):
            for half in ("low", "high"):
                name = f"r{level}_{len(turned)}"
                value = Interleave(rows[i], rows[i + width // 2], half)
                statements.append(Let(name, value))
                turned.append(Local(name, value.dtype, width))
        rows = turned
    for d, row in enumerate(rows):
        param, at = write(Binary("add", k, constant(d, index)), column)
        statements.append(Store(param, at, row))
    return statements


def _elements(
    scope: Scope, read: Read, write: Write, column: Expr, span: tuple[int, int, int]
) -> Stmt:
    """The rest of k, element by element."""
    begin, depth, width = span
    lane, rest = scope.loop_variable(max(width, 2)), scope.loop_variable(max(depth - begin, 2))
    k = Binary("add", rest, constant(begin, index))
    at = Binary("add", column, lane)
    statements, value = read(k, at, 1)
    param, place = write(k, at)
    body = [*statements, Store(param, place, value)]
    return scope.loop(rest, depth - begin, [scope.loop(lane, width, body)])
