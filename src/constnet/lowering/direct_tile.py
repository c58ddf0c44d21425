"""One register tile of a contraction over several axes: declare, add over the depth, store."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from constnet.loopir.types import (
    Assign,
    Declare,
    Expr,
    For,
    Let,
    Load,
    Local,
    MulAdd,
    Splat,
    Stmt,
    Store,
    constant,
    index,
    maximum,
    minimum,
)
from constnet.lowering.affine import Affine, affine
from constnet.lowering.vectors import write_lanes

if TYPE_CHECKING:
    from constnet.dtypes import DType
    from constnet.ir.graph import Value
    from constnet.loopir.types import LoopMode
    from constnet.lowering.products import Access, Products, Trim
    from constnet.lowering.scope import Scope

UNROLLED_STEPS = 16
"""Shorter sums are written without loops, so that neighbouring rows share what they load."""
ZERO = constant(0, index)


@dataclass(frozen=True, slots=True)
class Tile:
    """Where a tile is: first value and height of outer loops, columns, the block of depth."""

    outer: dict[int, tuple[Expr, int]]
    depth: dict[int, tuple[Expr, int]]
    """First value and extent along the depth loops that are cut; the others run whole."""
    widths: tuple[int, ...]
    column: Expr = ZERO
    is_first: bool = True

    def at(self, number: int, first: Expr, height: int) -> Tile:
        """The tile with `height` values of an outer loop from `first` on."""
        return replace(self, outer={**self.outer, number: (first, height)})

    def columns(self, first: Expr, widths: tuple[int, ...]) -> Tile:
        """The tile with a block of columns."""
        return replace(self, column=first, widths=widths)


@dataclass
class TileBuilder:
    """Builds tiles of one kernel; each gets names of its own."""

    scope: Scope
    products: Products
    out: Value
    stored: list[Value]
    dtype: DType
    count: int = 0

    def statements(self, tile: Tile) -> list[Stmt]:
        """The loops of one tile."""
        self.count += 1
        tag = self.count
        numbers = sorted(tile.outer)
        rows = list(itertools.product(*(range(tile.outer[n][1]) for n in numbers)))
        rows = [dict(zip(numbers, row, strict=True)) for row in rows]
        starts = [sum(tile.widths[:c]) for c in range(len(tile.widths))]
        sums = [
            [Local(f"acc{tag}_{r}_{c}", self.dtype, width) for c, width in enumerate(tile.widths)]
            for r in range(len(rows))
        ]
        places = list(zip(starts, tile.widths, strict=True))
        body: list[Stmt] = []
        for row, line in zip(rows, sums, strict=True):
            for (start, _), total in zip(places, line, strict=True):
                body.append(Declare(total.name, self._initial(tile, row, start, total.lanes)))
        body += self._sum(tile, rows, places, sums)
        for row, line in zip(rows, sums, strict=True):
            for (start, _), total in zip(places, line, strict=True):
                body += self._store(tile, row, start, total)
        return body

    def at(self, access: Access, tile: Tile, row: dict[int, int], start: int) -> Affine:
        """Element number of an access at a row and column of the tile, without the depth."""
        form = Affine(access.constant)
        for number, (first, _) in tile.outer.items():
            if access.outer[number]:
                form = form.plus(affine(first, self.scope.extents), access.outer[number])
                form = form.plus(Affine(row[number] * access.outer[number]))
        if access.outer:
            form = form.plus(affine(tile.column, self.scope.extents), access.lane)
            form = form.plus(Affine(start * access.lane))
        return form

    def _initial(self, tile: Tile, row: dict[int, int], start: int, lanes: int) -> Expr:
        """What a sum starts from: 0, or the sum so far."""
        if tile.is_first:
            return constant(0, self.dtype, lanes)
        result = self.products.result
        self._pointer_is_read(result.param)
        return Load(result.param, self.at(result, tile, row, start).expr(), self.dtype, lanes)

    def _pointer_is_read(self, param: str) -> None:
        for pointer in self.scope.pointers.values():
            if pointer.name == param:
                pointer.is_read = True

    def _sum(
        self,
        tile: Tile,
        rows: list[dict[int, int]],
        places: list[tuple[int, int]],
        sums: list[list[Local]],
    ) -> list[Stmt]:
        """The loops over the depth around one step of all sums of the tile."""
        depth = self.products.depth
        bounds = [tile.depth.get(n, (ZERO, axis.extent)) for n, axis in enumerate(depth)]
        loops = [self.scope.loop_variable(max(extent, 2)) for _, extent in bounds]
        at = [
            affine(first, self.scope.extents).plus(
                affine(loop, self.scope.extents) if extent > 1 else Affine(0)
            )
            for loop, (first, extent) in zip(loops, bounds, strict=True)
        ]
        seen = self._seen(loops)
        step = _Step(self, at, Affine(0, tuple((seen[n], t.step) for n, t in self._trims())))
        for row, line in zip(rows, sums, strict=True):
            for place, total in zip(places, line, strict=True):
                step.add(tile, row, place, total)
        body: list[Stmt] = step.body
        trims = dict(self._trims())
        steps = 1
        for number in reversed(range(len(depth))):
            loop, extent = loops[number], bounds[number][1]
            steps *= extent
            if number in trims:
                body = [self._trimmed(tile, trims[number], loop, seen[number], body)]
            elif extent > 1:
                mode: LoopMode = "unroll" if steps <= UNROLLED_STEPS else "serial"
                body = [self.scope.loop(loop, extent, body, mode)]
        return body

    def _trims(self) -> list[tuple[int, Trim]]:
        """The trims by the depth loop they bound."""
        return [(trim.depth, trim) for trim in self.products.trims]

    def _seen(self, loops: list[Local]) -> dict[int, Local]:
        """For each trimmed depth loop, the name of the image's coordinate inside it."""
        return {n: Local(f"at_{loops[n].name}", index) for n, _ in self._trims()}

    def _trimmed(
        self, tile: Tile, trim: Trim, loop: Local, coordinate: Local, body: list[Stmt]
    ) -> For:
        """The loop over the taps of one axis that see the image from the tile's place."""
        taps = self.products.depth[trim.depth].extent
        place = affine(tile.outer[trim.outer][0], self.scope.extents)
        low = Affine(trim.low).plus(place, -1)
        first = maximum(low.expr(), 0)
        end = minimum(low.plus(Affine(trim.extent)).expr(), taps)
        moved = place.plus(affine(loop, self.scope.extents)).plus(Affine(-trim.low))
        inside = minimum(maximum(moved.expr(), 0), trim.extent - 1)  # for the bounds check alone
        return For(loop.name, first, end, 1, (Let(coordinate.name, inside), *body))

    def _store(self, tile: Tile, row: dict[int, int], start: int, total: Local) -> list[Stmt]:
        """Store what follows from a sum."""
        result = self.products.result
        if self.stored == [self.out]:
            for pointer in self.scope.pointers.values():
                if pointer.name == result.param:
                    pointer.is_written = True
            return [Store(result.param, self.at(result, tile, row, start).expr(), total)]
        lane = len(self.products.outer) - 1
        values = {
            number: Affine(row[number]).plus(affine(first, self.scope.extents)).expr()
            for number, (first, _) in tile.outer.items()
        }
        column = affine(tile.column, self.scope.extents).plus(Affine(start)).expr()
        return write_lanes(
            self.scope,
            self.stored,
            (self.out, total),
            lambda at: self.products.nest.result(
                self.products.index({**values, lane: at} if lane >= 0 else {}, self.scope)
            ),
            column,
        )


@dataclass
class _Step:
    """One step of depth: loads, each once, and a multiply-add for each sum."""

    builder: TileBuilder
    depth: list[Affine]
    coordinates: Affine
    """What the trimmed loops add to the element number of the lhs."""
    body: list[Stmt] = field(default_factory=list["Stmt"])
    _known: dict[tuple[str, Affine, int], Expr] = field(
        default_factory=dict["tuple[str, Affine, int]", "Expr"]
    )

    def add(self, tile: Tile, row: dict[int, int], place: tuple[int, int], total: Local) -> None:
        """Add one product to a sum."""
        products = self.builder.products
        start, width = place
        lhs = self._operand(products.lhs, tile, row, start, self.coordinates)
        rhs = self._operand(products.rhs, tile, row, start, Affine(0))
        wide = [Splat(e, width) if e.lanes < width else e for e in (lhs, rhs)]
        self.body.append(Assign(total.name, MulAdd(wide[0], wide[1], total)))

    def _operand(
        self, access: Access, tile: Tile, row: dict[int, int], start: int, extra: Affine
    ) -> Expr:
        """The element of an operand, or the vector of them, loaded where it is met first."""
        if access.literal is not None:
            return access.literal
        form = self.builder.at(access, tile, row, start).plus(extra)
        for step, along in zip(access.depth, self.depth, strict=True):
            form = form.plus(along, step)
        lanes = self.width_at(tile, start) if access.lane else 1
        key = (access.param, form, lanes)
        if key not in self._known:
            name = f"v{self.builder.count}_{len(self._known)}"
            dtype = self.builder.dtype
            self.body.append(Let(name, Load(access.param, form.expr(), dtype, lanes)))
            self._known[key] = Local(name, dtype, lanes)
        return self._known[key]

    @staticmethod
    def width_at(tile: Tile, start: int) -> int:
        """Lanes of the vector that begins at column `start` of the tile."""
        offset = 0
        for width in tile.widths:
            if offset == start:
                return width
            offset += width
        return 1
