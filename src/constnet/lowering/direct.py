"""The schedule of contractions over several axes: register tiles that read operands in place.

A convolution needs no matrix of windows: the broadcast operand of a register tile is read straight
from the image, one constant distance apart for neighbouring places of the window, and the vectors
come from the weight. The loops around a tile, outermost first:

    images stay, weights pass by           for sample, for block of columns, for block of depth,
                                           for tile of places: add the block's products
    sums longer than there are outputs     for block of depth (as much of both operands as the
    (gradients by a weight)                second cache holds), for tile of rows, for columns: add

A block after the first starts from the outputs so far: the sum is the same one, in the same order.
Threads share the outermost loop over outputs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from constnet.loopir.types import Binary, Expr, Stmt, constant, index
from constnet.lowering.contraction import PARALLEL_PRODUCTS
from constnet.lowering.direct_plan import Plan, make_plan
from constnet.lowering.direct_tile import Tile, TileBuilder
from constnet.lowering.panels import with_panels
from constnet.lowering.products import merged, plain_products, squeezed
from constnet.lowering.scope import Scope
from constnet.lowering.trimming import trimmed_products
from constnet.lowering.vectors import NotVectorizableError

if TYPE_CHECKING:
    from constnet.loopir.types import LoopMode
    from constnet.lowering.regions import Region
    from constnet.lowering.storage import Storage
    from constnet.lowering.target import Target
    from constnet.ops.nest import SumOfProducts


def direct_kernels(
    storage: Storage, region: Region, nest: SumOfProducts, target: Target
) -> list[Scope]:
    """The kernels of a contraction over several axes: copies into panels, then the tiles."""
    node = region.root
    assert node is not None
    lanes = target.lanes(node.outputs[0].type.dtype)
    for width in dict.fromkeys((lanes, 1)):
        try:
            return _kernels(storage, region, nest, target, width)
        except NotVectorizableError:
            continue
    message = f"no schedule for a contraction of {node.inputs[0].type} and {node.inputs[1].type}"
    raise AssertionError(message)


def _kernels(
    storage: Storage, region: Region, nest: SumOfProducts, target: Target, lanes: int
) -> list[Scope]:
    node = region.root
    assert node is not None
    out = node.outputs[0]
    made = [value for each in region.nodes for value in each.outputs]
    stored = [value for value in made if storage.place(value) is not None]
    places = [storage.place(value) for value in stored]
    written = {place.root for place in places if place is not None}
    scope = Scope(storage, local=set(made), written=written)
    result = out if out in stored else stored[0]
    trimmed = trimmed_products(scope, nest, node.inputs[0], node.inputs[1], result)
    if trimmed is None:
        trimmed = plain_products(scope, nest, node.inputs[0], node.inputs[1], result)
    plain = squeezed(trimmed)
    panels: list[Scope] = []
    if lanes > 1:
        plain = with_panels(scope, plain, out, panels, lanes)
    plan = make_plan(merged(plain), target, lanes, out.type.dtype.bytes)
    builder = TileBuilder(scope, plan.products, out, stored, out.type.dtype)
    loops = _Loops(scope, plan, builder, share=plan.products.multiply_adds >= PARALLEL_PRODUCTS)
    scope.body.extend(loops.statements())
    return [*panels, scope]


@dataclass
class _Loops:
    """Builds the loops around the tiles, outermost first, from a list of what is still to come."""

    scope: Scope
    plan: Plan
    builder: TileBuilder
    share: bool

    def statements(self) -> list[Stmt]:
        """All loops of the kernel."""
        plan, outer = self.plan, self.plan.products.outer
        tiled = {number for number, _ in plan.rows}
        whole = [n for n in range(len(outer) - 1) if n not in tiled]
        rows = [number for number, _ in reversed(plan.rows)]
        if not outer:
            order: list[object] = ["columns", "depth"]
        elif plan.sums_outside:
            order = ["depth", *whole, *rows, "columns"]
        elif plan.cut is None:
            order = [*whole[:1], "columns", *whole[1:], *rows, "depth"]
        else:
            order = [*whole[:1], "columns", "depth", *whole[1:], *rows]
        shared = self._shared(order) if self.share else None
        return self._build(tuple(order), Tile({}, {}, ()), shared)

    def _shared(self, order: list[object]) -> object | None:
        """The first loop over outputs that takes more than one value."""
        for level in order:
            if level == "depth" or (level == "columns" and len(self.plan.blocks) == 1):
                continue
            if level == "columns" or self._trips(level) > 1:
                return level
        return None

    def _trips(self, level: object) -> int:
        assert isinstance(level, int)
        extent = self.plan.products.outer[level].extent
        return -(-extent // dict(self.plan.rows).get(level, 1))

    def _build(self, order: tuple[object, ...], tile: Tile, shared: object | None) -> list[Stmt]:
        if not order:
            return self.builder.statements(tile)
        level, rest = order[0], order[1:]
        mode: LoopMode = "parallel" if shared is not None and level == shared else "serial"
        if level == "depth":
            return self._depth(rest, tile, shared)
        if level == "columns":
            return self._columns(rest, tile, shared, mode)
        assert isinstance(level, int)
        return self._outer(level, rest, tile, shared, mode)

    def _outer(
        self, number: int, rest: tuple[object, ...], tile: Tile, shared: object | None,
        mode: LoopMode,
    ) -> list[Stmt]:  # fmt: skip
        """A loop over an outer axis, in steps of the tile's height, and what is left."""
        extent = self.plan.products.outer[number].extent
        height = dict(self.plan.rows).get(number, 1)
        full, left = divmod(extent, height)
        statements: list[Stmt] = []
        if full == 1 and mode == "serial":
            statements += self._build(rest, tile.at(number, constant(0, index), height), shared)
        elif full:
            loop = self.scope.loop_variable(max(full, 2))
            first = loop * height if height > 1 else loop
            body = self._build(rest, tile.at(number, first, height), shared)
            statements.append(self.scope.loop(loop, full, body, mode))
        if left:
            at = tile.at(number, constant(full * height, index), left)
            statements += self._once(self._build(rest, at, shared), mode)
        return statements

    def _once(self, body: list[Stmt], mode: LoopMode) -> list[Stmt]:
        """Statements that one thread runs where the others of their kind are shared."""
        if mode == "serial":
            return body
        return [self.scope.loop(self.scope.loop_variable(2), 1, body, mode)]

    def _columns(
        self, rest: tuple[object, ...], tile: Tile, shared: object | None, mode: LoopMode
    ) -> list[Stmt]:
        """Blocks of columns; equal ones share a loop."""
        blocks = self.plan.blocks
        repeated = sum(1 for block in blocks if block == blocks[0])
        statements: list[Stmt] = []
        start = 0
        if repeated > 1:
            width = sum(blocks[0])
            loop = self.scope.loop_variable(repeated)
            body = self._build(rest, tile.columns(loop * width, blocks[0]), shared)
            statements.append(self.scope.loop(loop, repeated, body, mode))
            start, blocks = repeated * width, blocks[repeated:]
        for widths in blocks:
            at = tile.columns(constant(start, index), widths)
            statements += self._once(self._build(rest, at, shared), mode)
            start += sum(widths)
        return statements

    def _depth(self, rest: tuple[object, ...], tile: Tile, shared: object | None) -> list[Stmt]:
        """The first block of depth, then a loop over the others, which add to what is there."""
        cut = self.plan.cut
        if cut is None:
            return self._build(rest, tile, shared)
        number, size = cut
        extents = [axis.extent for axis in self.plan.products.depth]
        outer = [*extents[:number], extents[number] // size]
        count = math.prod(outer)
        first = self._block(tile, constant(0, index), outer, is_first=True)
        statements = self._build(rest, first, shared)
        if count > 1:
            loop = self.scope.loop_variable(max(count - 1, 2))
            later = self._block(tile, loop + 1, outer, is_first=False)
            statements.append(self.scope.loop(loop, count - 1, self._build(rest, later, shared)))
        return statements

    def _block(self, tile: Tile, number: Expr, outer: list[int], *, is_first: bool) -> Tile:
        """The tile restricted to one block of depth."""
        assert self.plan.cut is not None
        axis, size = self.plan.cut
        starts: dict[int, tuple[Expr, int]] = {}
        stride = 1
        for each in range(axis, -1, -1):
            part: Expr = number if stride == 1 else Binary("div", number, constant(stride, index))
            if each > 0:
                part = Binary("rem", part, constant(outer[each], index))
            starts[each] = (part * size, size) if each == axis else (part, 1)
            stride *= outer[each]
        return replace(tile, depth=starts, is_first=is_first)
