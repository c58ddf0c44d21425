"""The schedule for large contractions: pack both operands, then multiply register tiles.

For every block of k: copy the lhs into panels of `height` rows and the rhs into panels of `width`
columns, each panel holding its elements in the order the tile reads them; then every tile of
outputs runs over one panel of each. Threads share panels when packing and rows when multiplying. A
block after the first starts from the outputs so far: the sum is the same one, in the same order.

    lhs (rows x k)   →  panel p: [k][height]         rhs (k x columns)  →  panel q: [k][width]
"""

from __future__ import annotations

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
    constant,
    index,
)
from constnet.lowering.affine import linear
from constnet.lowering.contraction import MANY_REGISTERS, column_blocks, tile_rows, times
from constnet.lowering.packing import Block, Operand, pack_kernel
from constnet.lowering.regions import UNCUT_DEPTH
from constnet.lowering.scope import Scope, Scratch
from constnet.lowering.vectors import chunks, write_lanes

if TYPE_CHECKING:
    from constnet.dtypes import DType
    from constnet.ir.graph import Value
    from constnet.loopir.types import LoopMode
    from constnet.lowering.regions import Region
    from constnet.lowering.storage import Storage
    from constnet.lowering.target import Target
    from constnet.ops.nest import Contraction


@dataclass(frozen=True, slots=True)
class Packed:
    """The sizes of one packed contraction."""

    lhs: Operand
    rhs: Operand
    out: Value
    made: tuple[Value, ...]
    stored: tuple[Value, ...]
    rows: int
    columns: int
    depth: int
    height: int
    widths: tuple[int, ...]
    lanes: int
    dtype: DType

    @property
    def width(self) -> int:
        """Columns of a full panel."""
        return sum(self.widths)


def plan(storage: Storage, region: Region, nest: Contraction, target: Target) -> Packed | None:
    """The packed form of a contraction, or None where it does not apply."""
    node = region.root
    assert node is not None
    dtype = node.outputs[0].type.dtype
    lanes = target.lanes(dtype)
    if nest.batch or lanes == 1:
        return None
    made = tuple(value for each in region.nodes for value in each.outputs)
    stored = tuple(value for value in made if storage.place(value) is not None)
    lhs = _operand(storage, node.inputs[0], nest, left=True)
    rhs = _operand(storage, node.inputs[1], nest, left=False)
    if lhs is None or rhs is None:
        return None
    most = 3 if target.registers >= MANY_REGISTERS else 2
    widths = tuple(column_blocks(nest.columns, lanes, most)[0])
    height = tile_rows(nest.rows, len(widths), target.registers)
    return Packed(
        lhs, rhs, node.outputs[0], made, stored, nest.rows, nest.columns, nest.depth, height,
        widths, lanes, dtype,
    )  # fmt: skip


def _operand(storage: Storage, value: Value, nest: Contraction, *, left: bool) -> Operand | None:
    """How a matrix lies in memory; None where it is computed or not affine."""
    place = storage.place(value)
    if place is None:
        return None
    outer, k = Local("outer", index), Local("k", index)
    extents = {"outer": nest.rows if left else nest.columns, "k": nest.depth}
    position = nest.lhs((), outer, k) if left else nest.rhs((), k, outer)
    form = linear(position, value.type.shape, extents)
    if not form.is_affine_in(extents) or form.constant:
        return None
    return Operand(value, place, form.coefficient("outer"), form.coefficient("k"))


def packed_kernels(storage: Storage, packed: Packed) -> list[Scope]:
    """The kernels of a packed contraction: for each block of k, two packs and a multiply."""
    name = packed.out.name
    blocks = -(-packed.depth // UNCUT_DEPTH)
    size = -(-packed.depth // blocks)
    scopes: list[Scope] = []
    for block in range(blocks):
        begin = block * size
        depth = min(size, packed.depth - begin)
        left = Scratch(f"{name} lhs panels")
        right = Scratch(f"{name} rhs panels")
        lhs = Block(packed.lhs, packed.rows, packed.height, begin, depth)
        rhs = Block(packed.rhs, packed.columns, packed.width, begin, depth)
        scopes.append(pack_kernel(storage, lhs, left, packed.lanes))
        scopes.append(pack_kernel(storage, rhs, right, packed.lanes))
        scopes.append(_multiply(storage, packed, left, right, depth, first=block == 0))
    return scopes


def _multiply(
    storage: Storage, packed: Packed, left: Scratch, right: Scratch, depth: int, *, first: bool
) -> Scope:
    """All tiles of the output for one block of k."""
    places = [storage.place(value) for value in packed.stored]
    written = {place.root for place in places if place is not None}
    scope = Scope(storage, local=set(packed.made), written=written)
    lhs = scope.pointer(left, 0, packed.dtype, packed.rows * depth)
    rhs = scope.pointer(right, 0, packed.dtype, packed.columns * depth)
    lhs.is_read = rhs.is_read = True
    builder = _Tile(scope, packed, depth, lhs.name, rhs.name, first=first)
    full_columns, rest_columns = divmod(packed.columns, packed.width)
    if full_columns:
        number = scope.loop_variable(full_columns)
        body = builder.column_of_tiles(
            times(number, packed.width), times(number, packed.width * depth), packed.widths
        )
        scope.body.append(scope.loop(number, full_columns, body))
    if rest_columns:
        at = full_columns * packed.width
        widths = tuple(chunks(rest_columns, packed.lanes))
        scope.body.extend(
            builder.column_of_tiles(constant(at, index), constant(at * depth, index), widths)
        )
    return scope


@dataclass
class _Tile:
    """Builds the loops over row panels and the register tiles inside."""

    scope: Scope
    packed: Packed
    depth: int
    lhs: str
    rhs: str
    first: bool

    def column_of_tiles(self, column: Expr, panel: Expr, widths: tuple[int, ...]) -> list[Stmt]:
        """All row panels against one column panel; threads share the row panels."""
        scope, packed = self.scope, self.packed
        full, rest = divmod(packed.rows, packed.height)
        statements: list[Stmt] = []
        if full:
            number = scope.loop_variable(full)
            mode: LoopMode = "parallel"
            body = self.tile(
                times(number, packed.height), times(number, packed.height * self.depth),
                packed.height, column, panel, widths,
            )  # fmt: skip
            statements.append(scope.loop(number, full, body, mode))
        if rest:
            only = scope.loop_variable(1)
            row = constant(full * packed.height, index)
            at = constant(full * packed.height * self.depth, index)
            body = self.tile(row, at, rest, column, panel, widths)
            statements.append(scope.loop(only, 1, body, "parallel"))
        return statements

    def initial(self, row: Expr, column: Expr, lanes: int) -> Expr:
        """What an accumulator starts from: 0, or the sum so far."""
        packed = self.packed
        if self.first:
            return constant(0, packed.dtype, lanes)
        place = self.scope.storage.place(packed.out)
        assert place is not None
        pointer, at = self.scope.element(place, packed.out, (row, column))
        pointer.is_read = True
        return Load(pointer.name, at.expr(), packed.dtype, lanes)

    def results(self, row: Expr, column: Expr, accumulator: Local) -> list[Stmt]:
        """Store what follows from an accumulator."""
        packed = self.packed
        return write_lanes(
            self.scope,
            list(packed.stored),
            (packed.out, accumulator),
            lambda at: (row, at),
            column,
        )

    def tile(
        self, row: Expr, row_panel: Expr, height: int, column: Expr, column_panel: Expr,
        widths: tuple[int, ...],
    ) -> list[Stmt]:  # fmt: skip
        """One register tile: start from 0 or the outputs so far, add over k, store."""
        dtype = self.packed.dtype
        total = sum(widths)
        starts = [sum(widths[:c]) for c in range(len(widths))]
        before: list[Stmt] = []
        after: list[Stmt] = []
        accumulators: list[list[Local]] = []
        for r in range(height):
            line = [Local(f"acc{r}_{c}", dtype, width) for c, width in enumerate(widths)]
            accumulators.append(line)
            for start, accumulator in zip(starts, line, strict=True):
                at = Binary("add", column, constant(start, index))
                here = Binary("add", row, constant(r, index))
                before.append(Declare(accumulator.name, self.initial(here, at, accumulator.lanes)))
                after.extend(self.results(here, at, accumulator))
        k = self.scope.loop_variable(self.depth)
        inner: list[Stmt] = []
        for c, (start, width) in enumerate(zip(starts, widths, strict=True)):
            at = Binary("add", Binary("add", column_panel, times(k, total)), constant(start, index))
            inner.append(Let(f"b{c}", Load(self.rhs, at, dtype, width)))
        for r, line in enumerate(accumulators):
            at = Binary("add", Binary("add", row_panel, times(k, height)), constant(r, index))
            inner.append(Let(f"a{r}", Load(self.lhs, at, dtype)))
            for c, accumulator in enumerate(line):
                column_value = Local(f"b{c}", dtype, accumulator.lanes)
                value = Splat(Local(f"a{r}", dtype), accumulator.lanes)
                inner.append(Assign(accumulator.name, MulAdd(value, column_value, accumulator)))
        return [*before, self.scope.loop(k, self.depth, inner), *after]
