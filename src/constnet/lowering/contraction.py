"""Schedules for contractions: which outputs sit in registers, and what is packed before.

Every schedule keeps the order of `ops.nest.Contraction`: one accumulator per output, k ascending.
Vectors and threads split the outputs; a contraction cut into blocks of k reloads its accumulators.

    stream   few rows: all columns of an output row pass by for a few k at a time (matrix-vector)
    tile     operands that fit the cache are read where they lie, a register tile of outputs at once
    packed   (`contraction_packed.py`) large operands are first copied into the order they are read
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
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
from constnet.lowering.affine import affine
from constnet.lowering.scope import Scope
from constnet.lowering.transposition import transposed
from constnet.lowering.vectors import NotVectorizableError, chunks, read_lanes, write_lanes

if TYPE_CHECKING:
    from constnet.ir.graph import Value
    from constnet.loopir.types import LoopMode
    from constnet.lowering.regions import Region
    from constnet.lowering.scope import Pointer, Position
    from constnet.lowering.storage import Storage
    from constnet.lowering.target import Target
    from constnet.ops.nest import Contraction

ZERO = constant(0, index)
MANY_REGISTERS = 32
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
    stored: list[Value]
    """What the kernel writes: the product, or what is computed from it while it is in registers."""
    swapped: bool = False
    panel: Pointer | None = None
    """The lane operand copied to rows of `columns` elements, where it cannot be read in lanes."""

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
        if self.panel is not None:
            at = affine(Binary("add", times(k, self.columns), column), self.scope.extents).expr()
            return [], Load(self.panel.name, at, self.panel.dtype, width)
        value = self.right(k, column)[0]
        return read_lanes(self.scope, value, lambda c: self.right(k, c)[1], column, width)

    def read_left(self, row: Expr, k: Expr) -> tuple[list[Stmt], Expr]:
        value, position = self.left(row, k)
        return read_lanes(self.scope, value, lambda _: position, ZERO, 1)

    def write(self, row: Expr, column: Expr, accumulator: Local) -> list[Stmt]:
        """Store what follows from an accumulator (lanes along the columns)."""
        return write_lanes(
            self.scope, self.stored, (self.out, accumulator),
            lambda at: self.element(row, at), column,
        )  # fmt: skip

    def out_pointer(self, row: Expr, column: Expr) -> tuple[Pointer, Expr]:
        """Parameter and element number of a product in memory."""
        place = self.scope.storage.place(self.out)
        assert place is not None
        pointer, element = self.scope.element(place, self.out, self.element(row, column))
        return pointer, element.expr()


def tile_kernels(
    storage: Storage, region: Region, nest: Contraction, target: Target
) -> list[Scope]:
    """A contraction that reads its operands where they lie, and the pointwise work on its result.

    Where the lane operand lies across, a kernel before turns it into rows of columns.
    """
    node = region.root
    assert node is not None
    lanes = target.lanes(node.outputs[0].type.dtype)
    for swapped, panel, width in _forms(nest, lanes):
        problem = _problem(storage, region, nest, target, swapped=swapped)
        scope = problem.scope
        try:
            before = [_panel(problem)] if panel else []
            body: list[Stmt] = _schedule(problem, width)
        except NotVectorizableError:
            continue
        loops = zip(reversed(problem.batch), reversed(nest.batch), strict=True)
        for loop, extent in loops:
            assert isinstance(loop, Local)
            body = [scope.loop(loop, extent, body)]
        scope.body.extend(body)
        return [*before, scope]
    message = f"no schedule for a contraction of {node.inputs[0].type} and {node.inputs[1].type}"
    raise AssertionError(message)


def _forms(nest: Contraction, lanes: int) -> list[tuple[bool, bool, int]]:
    """Ways to try, best first: (swapped, with a panel, lanes). The last one always works."""
    forms: list[tuple[bool, bool, int]] = []
    if lanes > 1 and nest.columns == 1 and nest.rows > 1:
        forms.append((True, False, lanes))
        if nest.rows > lanes // 2 and not nest.batch:
            forms.append((True, True, lanes))
    if lanes > 1 and nest.columns > 1:
        forms.append((False, False, lanes))
        if not nest.batch:
            forms.append((False, True, lanes))
    return [*forms, (False, False, 1)]


def _problem(
    storage: Storage, region: Region, nest: Contraction, target: Target, *, swapped: bool
) -> Problem:
    node = region.root
    assert node is not None
    made = [value for each in region.nodes for value in each.outputs]
    stored = [value for value in made if storage.place(value) is not None]
    places = [storage.place(value) for value in stored]
    written = {place.root for place in places if place is not None}
    scope = Scope(storage, local=set(made), written=written)
    loops = tuple(scope.loop_variable(extent) for extent in nest.batch)
    return Problem(
        scope, node.inputs[0], node.inputs[1], node.outputs[0], nest, target, loops, stored, swapped
    )


def _panel(problem: Problem) -> Scope:
    """A kernel that copies the lane operand into rows of columns, so that lanes read neighbours."""
    depth, columns, dtype = problem.nest.depth, problem.columns, problem.out.type.dtype
    scope = Scope(problem.scope.storage)
    aside = replace(problem, scope=scope)
    name = f"panel of {problem.out.name}"
    target = scope.scratch(name, dtype, depth * columns)

    def read(k: Expr, column: Expr, width: int) -> tuple[list[Stmt], Expr]:
        value = aside.right(k, column)[0]
        return read_lanes(scope, value, lambda at: aside.right(at, column)[1], k, width)

    def write(k: Expr, column: Expr) -> tuple[str, Expr]:
        return target.name, Binary("add", times(k, columns), column)

    lanes = problem.target.lanes(dtype)
    scope.body.extend(transposed(scope, read, write, (depth, columns), lanes))
    problem.panel = problem.scope.scratch(name, dtype, depth * columns)
    return scope


def times(expr: Expr, factor: int) -> Expr:
    """`expr * factor`, without the multiplication where it does nothing."""
    if factor == 1:
        return expr
    return ZERO if factor == 0 else Binary("mul", expr, constant(factor, index))


def _schedule(problem: Problem, lanes: int) -> list[Stmt]:
    is_alone = problem.stored == [problem.out]
    few = problem.rows <= STREAM_ROWS and problem.columns > 4 * lanes
    if few and lanes > 1 and is_alone:
        return _stream(problem, lanes)
    return _tiles(problem, lanes)


def tile_rows(rows: int, vectors: int, registers: int) -> int:
    """Rows of a register tile of `vectors` per row: a divisor of `rows` if one is near."""
    room = max(1, (24 if registers >= MANY_REGISTERS else 12) // vectors)
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
    most = 4 if problem.target.registers >= MANY_REGISTERS else 2
    blocks = column_blocks(problem.columns, lanes, most)
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


def _tile(
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
    statements: list[Stmt] = [
        Declare(a.name, constant(0, dtype, a.lanes)) for line in accumulators for a in line
    ]
    statements.append(scope.loop(k, problem.nest.depth, inner))
    for r, line in enumerate(accumulators):
        for start, accumulator in zip(starts, line, strict=True):
            at = Binary("add", row, constant(r, index))
            statements.extend(problem.write(at, start, accumulator))
    return statements


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
    rest = problem.nest.depth % STREAM_DEPTH
    statements: list[Stmt] = []
    problem.out_pointer(ZERO, ZERO)[0].is_read = True
    for r in range(problem.rows):
        row = constant(r, index)
        begin = rest or STREAM_DEPTH
        statements.extend(_stream_pass(problem, row, ZERO, begin, lanes, "", first=True))
        passes = (problem.nest.depth - begin) // STREAM_DEPTH
        if passes:
            block = scope.loop_variable(passes)
            start = Binary(
                "add", Binary("mul", block, constant(STREAM_DEPTH, index)), constant(begin, index)
            )
            body = _stream_pass(problem, row, start, STREAM_DEPTH, lanes, "n", first=False)
            statements.append(scope.loop(block, passes, body))
    return statements


def _stream_pass(
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
        pointer, at = problem.out_pointer(row, column)
        total = Local("acc", dtype, width)
        start = constant(0, dtype, width) if first else Load(pointer.name, at, dtype, width)
        body: list[Stmt] = [Declare("acc", start)]
        for scalar, step in zip(scalars, steps, strict=True):
            made, value = problem.read_right(step, column, width)
            body.extend(made)
            body.extend(multiply_add([total], scalar, [value]))
        pointer.is_written = True
        return [*body, Store(pointer.name, at, total)]

    whole, remaining = divmod(problem.columns, lanes)
    column = scope.loop_variable(whole)
    at = Binary("mul", column, constant(lanes, index))
    statements.append(scope.loop(column, whole, block(at, lanes)))
    start = whole * lanes
    for width in chunks(remaining, lanes):
        only = scope.loop_variable(1)
        statements.append(scope.loop(only, 1, block(constant(start, index), width)))
        start += width
    return statements
