"""Schedules for contractions: which outputs sit in registers, and what is packed before.

Every schedule keeps the order of `ops.nest.Contraction`: one accumulator per output, k ascending.
Vectors and threads split the outputs; a contraction cut into blocks of k reloads its accumulators.

    stream   few rows: all columns of an output row pass by for a few k at a time (matrix-vector)
    tile     operands that fit the cache are read where they lie, a register tile of outputs at once
    packed   (`contraction_packed.py`) large operands are first copied into the order they are read
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from constnet.loopir.types import (
    Assign,
    Binary,
    Declare,
    Expr,
    Let,
    Load,
    Local,
    MulAdd,
    Splat,
    Stmt,
    Store,
    constant,
    index,
)
from constnet.lowering.pointwise import PARALLEL_ELEMENTS
from constnet.lowering.scope import Scope
from constnet.lowering.vectors import NotVectorizable, chunks, read_lanes

if TYPE_CHECKING:
    from collections.abc import Callable

    from constnet.ir.graph import Node, Value
    from constnet.loopir.types import LoopMode
    from constnet.lowering.scope import Position
    from constnet.lowering.storage import Storage
    from constnet.lowering.target import Target
    from constnet.ops.nest import Contraction

ZERO = constant(0, index)
STREAM_ROWS = 3
STREAM_DEPTH = 8
PARALLEL_PRODUCTS = 400_000
"""Fewer multiply-adds than this take less time than waking a second core for them is worth."""


@dataclass
class Problem:
    """One contraction: its operands as functions of (row, k) and (k, column).

    Swapping the roles of rows and columns gives the same sums; `swapped` says that it was done.
    """

    scope: Scope
    lhs: Value
    rhs: Value
    out: Value
    nest: Contraction
    target: Target
    batch: Position
    swapped: bool = False

    @property
    def rows(self) -> int:
        return self.nest.columns if self.swapped else self.nest.rows

    @property
    def columns(self) -> int:
        return self.nest.rows if self.swapped else self.nest.columns

    @property
    def products(self) -> int:
        """Multiply-adds of the whole contraction."""
        nest = self.nest
        return math.prod(nest.batch) * nest.rows * nest.columns * nest.depth

    def left(self, row: Expr, k: Expr) -> tuple[Value, Position]:
        """The broadcast operand's value and position."""
        if self.swapped:
            return self.rhs, self.nest.rhs(self.batch, k, row)
        return self.lhs, self.nest.lhs(self.batch, row, k)

    def right(self, k: Expr, column: Expr) -> tuple[Value, Position]:
        """The operand whose columns fill lanes: its value and position."""
        if self.swapped:
            return self.lhs, self.nest.lhs(self.batch, column, k)
        return self.rhs, self.nest.rhs(self.batch, k, column)

    def element(self, row: Expr, column: Expr) -> Position:
        """The output's position."""
        return (*self.batch, column, row) if self.swapped else (*self.batch, row, column)

    def read_right(self, k: Expr, column: Expr, width: int) -> tuple[list[Stmt], Expr]:
        value = self.right(k, column)[0]
        return read_lanes(self.scope, value, lambda c: self.right(k, c)[1], column, width)

    def read_left(self, row: Expr, k: Expr) -> tuple[list[Stmt], Expr]:
        value, position = self.left(row, k)
        return read_lanes(self.scope, value, lambda _: position, ZERO, 1)

    def out_index(self, row: Expr, column: Expr) -> tuple[str, Expr]:
        """Parameter and element number of an output; lanes need columns to be neighbours."""
        place = self.scope.storage.place(self.out)
        assert place is not None  # noqa: S101  (the result of a nest always has memory)
        pointer, element = self.scope.element(place, self.out, self.element(row, column))
        pointer.is_written = True
        return pointer.name, element.expr()

    def mark_update(self) -> None:
        """The kernel also reads its output (accumulators are reloaded)."""
        place = self.scope.storage.place(self.out)
        assert place is not None  # noqa: S101
        self.scope.element(place, self.out, self.element(ZERO, ZERO))[0].is_read = True


def tile_kernel(storage: Storage, node: Node, nest: Contraction, target: Target) -> Scope:
    """A contraction that reads its operands where they lie."""
    place = storage.place(node.outputs[0])
    assert place is not None  # noqa: S101  (the result of a nest always has memory)
    candidates: list[tuple[bool, int]] = []
    if target.lanes(node.outputs[0].type.dtype) > 1:
        candidates = [(False, target.lanes(node.outputs[0].type.dtype))]
        if nest.columns == 1:
            candidates.insert(0, (True, candidates[0][1]))
    for swapped, lanes in [*candidates, (False, 1)]:
        scope = Scope(storage, local={node.outputs[0]}, written={place.root})
        loops = [scope.loop_variable(extent) for extent in nest.batch]
        problem = Problem(
            scope, node.inputs[0], node.inputs[1], node.outputs[0], nest, target, tuple(loops),
            swapped,
        )  # fmt: skip
        if lanes > 1 and problem.columns == 1:
            continue
        try:
            body = _schedule(problem, lanes)
        except NotVectorizable:
            continue
        for loop, extent in zip(reversed(loops), reversed(nest.batch), strict=True):
            body = [scope.loop(loop, extent, body)]
        scope.body.extend(body)
        return scope
    message = f"no schedule for a contraction of {node.inputs[0].type} and {node.inputs[1].type}"
    raise AssertionError(message)


def _schedule(problem: Problem, lanes: int) -> list[Stmt]:
    if problem.rows <= STREAM_ROWS and problem.columns > 4 * lanes and lanes > 1:
        return _stream(problem, lanes)
    return _tiles(problem, lanes)


def tile_rows(rows: int, vectors: int, registers: int) -> int:
    """How many rows a register tile of `vectors` per row has: a divisor of `rows` if one is near."""
    room = max(1, (24 if registers >= 32 else 12) // vectors)  # noqa: PLR2004
    if rows <= room:
        return rows
    best = max((n for n in range(1, room + 1) if rows % n == 0), default=1)
    return best if best * 2 > room else room


def column_blocks(columns: int, lanes: int, most: int) -> list[list[int]]:
    """Vector widths of each block of columns, at most `most` vectors in a block, evenly filled."""
    widths = chunks(columns, lanes)
    count = -(-len(widths) // most)
    size = -(-len(widths) // count)
    return [widths[at : at + size] for at in range(0, len(widths), size)]


def _tiles(problem: Problem, lanes: int) -> list[Stmt]:
    scope = problem.scope
    blocks = column_blocks(problem.columns, lanes, 4)
    share = problem.products >= PARALLEL_PRODUCTS and not problem.batch
    statements: list[Stmt] = []
    height = tile_rows(problem.rows, max(map(len, blocks)), problem.target.registers)
    full, rest = divmod(problem.rows, height)

    def band(row: Expr, count: int, tag: str) -> list[Stmt]:
        return _band(problem, row, count, blocks, tag)

    if full:
        if full == 1:
            statements.extend(band(ZERO, height, ""))
        else:
            panel = scope.loop_variable(full)
            first = Binary("mul", panel, constant(height, index))
            mode: LoopMode = "parallel" if share and not rest else "serial"
            statements.append(scope.loop(panel, full, band(first, height, ""), mode))
    if rest:
        statements.extend(band(constant(full * height, index), rest, "r"))
    return statements


def _band(
    problem: Problem, row: Expr, height: int, blocks: list[list[int]], tag: str
) -> list[Stmt]:
    """All columns of `height` rows, block by block; equal blocks share a loop."""
    scope = problem.scope
    repeated = sum(1 for block in blocks if block == blocks[0])
    statements: list[Stmt] = []
    start = 0
    if repeated > 1:
        width = sum(blocks[0])
        column = scope.loop_variable(repeated)
        first = Binary("mul", column, constant(width, index))
        body = _tile(problem, row, height, first, blocks[0], tag)
        statements.append(scope.loop(column, repeated, body))
        start, blocks = repeated * width, blocks[repeated:]
    for number, widths in enumerate(blocks):
        at = constant(start, index)
        statements.extend(_tile(problem, row, height, at, widths, f"{tag}{number}x"))
        start += sum(widths)
    return statements


def _tile(  # noqa: PLR0913  (a tile is a place, a height and its widths)
    problem: Problem, row: Expr, height: int, column: Expr, widths: list[int], tag: str
) -> list[Stmt]:
    """One register tile of outputs: declare, add over k, store."""
    scope, dtype = problem.scope, problem.out.type.dtype
    accumulators = [
        [Local(f"acc{tag}_{r}_{c}", dtype, width) for c, width in enumerate(widths)]
        for r in range(height)
    ]
    starts = [Binary("add", column, constant(sum(widths[:c]), index)) for c in range(len(widths))]
    k = scope.loop_variable(problem.nest.depth)
    inner: list[Stmt] = []
    columns: list[Expr] = []
    for start, width in zip(starts, widths, strict=True):
        statements, value = problem.read_right(k, start, width)
        inner.extend(statements)
        columns.append(named(inner, value, f"b{tag}_{len(columns)}"))
    for r in range(height):
        statements, value = problem.read_left(Binary("add", row, constant(r, index)), k)
        inner.extend(statements)
        inner.extend(multiply_add(accumulators[r], value, columns))
    statements = [Declare(a.name, constant(0, dtype, a.lanes)) for line in accumulators for a in line]
    mode: LoopMode = "serial"
    statements.append(scope.loop(k, problem.nest.depth, inner, mode))
    for r, line in enumerate(accumulators):
        for start, accumulator in zip(starts, line, strict=True):
            param, at = problem.out_index(Binary("add", row, constant(r, index)), start)
            _check_lanes(problem, accumulator.lanes)
            statements.append(Store(param, at, accumulator))
    return statements


def _check_lanes(problem: Problem, lanes: int) -> None:
    """Columns in lanes must be neighbours in the output."""
    if lanes > 1 and problem.swapped and problem.nest.columns != 1:
        raise NotVectorizable


def named(statements: list[Stmt], value: Expr, name: str) -> Expr:
    """Bind `value` to `name` unless it has a name."""
    if isinstance(value, Local):
        return value
    statements.append(Let(name, value))
    return Local(name, value.dtype, value.lanes)


def multiply_add(line: list[Local], value: Expr, columns: list[Expr]) -> list[Stmt]:
    """Add `value` times each vector of columns to a row of accumulators."""
    return [
        Assign(
            accumulator.name,
            MulAdd(
                Splat(value, accumulator.lanes) if accumulator.lanes > 1 else value,
                column,
                accumulator,
            ),
        )
        for accumulator, column in zip(line, columns, strict=True)
    ]


def _stream(problem: Problem, lanes: int) -> list[Stmt]:
    """Few rows: pass over all columns once for every eight k, accumulators in memory."""
    scope = problem.scope
    full, rest = divmod(problem.nest.depth, STREAM_DEPTH)
    share = problem.products >= PARALLEL_PRODUCTS and not problem.batch
    statements: list[Stmt] = []
    problem.mark_update()
    for r in range(problem.rows):
        row = constant(r, index)
        if full == 0 or rest:
            statements.extend(_stream_pass(problem, row, ZERO, rest, lanes, "", first=True))
        else:
            statements.extend(_stream_pass(problem, row, ZERO, STREAM_DEPTH, lanes, "", first=True))
        begin = rest or STREAM_DEPTH
        passes = (problem.nest.depth - begin) // STREAM_DEPTH
        if passes:
            block = scope.loop_variable(passes)
            start = Binary("add", Binary("mul", block, constant(STREAM_DEPTH, index)), constant(begin, index))
            body = _stream_pass(problem, row, start, STREAM_DEPTH, lanes, "n", first=False)
            statements.append(scope.loop(block, passes, body))
    del share
    return statements


def _stream_pass(  # noqa: PLR0913  (one pass: where, how deep, how wide, and whether it is the first)
    problem: Problem, row: Expr, k: Expr, depth: int, lanes: int, tag: str, *, first: bool
) -> list[Stmt]:
    """Add `depth` products to every output of a row."""
    scope, dtype = problem.scope, problem.out.type.dtype
    statements: list[Stmt] = []
    scalars: list[Expr] = []
    steps = [Binary("add", k, constant(d, index)) for d in range(depth)]
    for d, step in enumerate(steps):
        made, value = problem.read_left(row, step)
        statements.extend(made)
        scalars.append(named(statements, value, f"a{tag}{d}"))

    def block(column: Expr, width: int) -> list[Stmt]:
        param, at = problem.out_index(row, column)
        total = Local("acc", dtype, width)
        start = constant(0, dtype, width) if first else Load(param, at, dtype, width)
        body: list[Stmt] = [Declare("acc", start)]
        for scalar, step in zip(scalars, steps, strict=True):
            made, value = problem.read_right(step, column, width)
            body.extend(made)
            body.extend(multiply_add([total], scalar, [value]))
        return [*body, Store(param, at, total)]

    whole, remaining = divmod(problem.columns, lanes)
    column = scope.loop_variable(whole)
    at = Binary("mul", column, constant(lanes, index))
    statements.append(scope.loop(column, whole, block(at, lanes)))
    start = whole * lanes
    for number, width in enumerate(chunks(remaining, lanes)):
        only = scope.loop_variable(1)
        del number
        statements.append(scope.loop(only, 1, block(constant(start, index), width)))
        start += width
    return statements


