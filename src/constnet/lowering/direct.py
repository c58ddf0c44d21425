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

from constnet.loopir.types import Binary, Expr, Load, Stmt, constant, index
from constnet.lowering.contraction import MANY_REGISTERS, PARALLEL_PRODUCTS, column_blocks
from constnet.lowering.direct_tile import Tile, TileBuilder
from constnet.lowering.products import (
    PANEL_GROWTH,
    Access,
    Products,
    merged,
    plain_products,
    squeezed,
)
from constnet.lowering.regions import UNCUT_DEPTH
from constnet.lowering.scope import Scope
from constnet.lowering.transposition import transposed
from constnet.lowering.trimming import trimmed_products
from constnet.lowering.vectors import NotVectorizableError

if TYPE_CHECKING:
    from constnet.ir.graph import Value
    from constnet.loopir.types import LoopMode
    from constnet.lowering.regions import Region
    from constnet.lowering.storage import Storage
    from constnet.lowering.target import Target
    from constnet.ops.nest import SumOfProducts

MOST_VECTORS = 4
SHORTEST_BLOCK = 48
"""Steps of depth below which loading and storing the accumulators would show."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was decided: register tile, columns of a block, where the depth is cut."""

    products: Products
    lanes: int
    rows: tuple[tuple[int, int], ...]
    """Outer loops a tile spans besides the lanes, and how many values of each."""
    blocks: tuple[tuple[int, ...], ...]
    """Vector widths of each block of columns."""
    cut: tuple[int, int] | None
    """Depth loop that is cut, and the size of a block along it."""
    sums_outside: bool
    """Whether blocks of depth are the outermost loop."""


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
        plain = _with_panels(scope, plain, out, panels, lanes)
    plan = _plan(merged(plain), target, lanes, out.type.dtype.bytes)
    builder = TileBuilder(scope, plan.products, out, stored, out.type.dtype)
    loops = _Loops(scope, plan, builder, share=plan.products.multiply_adds >= PARALLEL_PRODUCTS)
    scope.body.extend(loops.statements())
    return [*panels, scope]


def _with_panels(
    scope: Scope, plain: Products, out: Value, panels: list[Scope], lanes: int
) -> Products:
    """Copy an operand that lies across the lanes into a panel in which they are neighbours."""
    if not plain.outer or plain.result.lane != 1:
        raise NotVectorizableError
    lhs, rhs = plain.lhs, plain.rhs
    if lhs.lane not in (0, 1):
        lhs = _panel(scope, plain, lhs, f"panel of {out.name} lhs", panels, lanes)
    if rhs.lane not in (0, 1):
        rhs = _panel(scope, plain, rhs, f"panel of {out.name} rhs", panels, lanes)
    return replace(plain, lhs=lhs, rhs=rhs)


def _panel(
    scope: Scope, plain: Products, access: Access, name: str, panels: list[Scope], lanes: int
) -> Access:
    """Append the kernel that makes the panel; returns how the panel is read."""
    source = next(p for p in scope.pointers.values() if p.name == access.param)
    outer = [n for n, step in enumerate(access.outer[:-1]) if step]
    depth = [n for n, step in enumerate(access.depth) if step]
    columns = plain.outer[-1].extent
    extents = [plain.outer[n].extent for n in outer] + [plain.depth[n].extent for n in depth]
    size = math.prod(extents) * columns
    if not depth or size > PANEL_GROWTH * source.extent:
        raise NotVectorizableError
    copier = Scope(scope.storage)
    origin = copier.pointer(source.root, source.start, source.dtype, source.extent)
    origin.is_read = True
    into = copier.scratch(name, source.dtype, size)
    *others, inner = [access.outer[n] for n in outer] + [access.depth[n] for n in depth]
    loops = [copier.loop_variable(extent) for extent in extents[:-1]]
    base, place = constant(access.constant, index), constant(0, index)
    stride = size
    for loop, step, extent in zip(loops, others, extents[:-1], strict=True):
        stride //= extent
        base = base + loop * step
        place = place + loop * stride

    def read(k: Expr, column: Expr, width: int) -> tuple[list[Stmt], Expr]:
        if width > 1 and inner != 1:
            raise NotVectorizableError
        at = base + k * inner + column * access.lane
        return [], Load(origin.name, at, source.dtype, width)

    def write(k: Expr, column: Expr) -> tuple[str, Expr]:
        return into.name, place + k * columns + column

    body: list[Stmt] = transposed(copier, read, write, (extents[-1], columns), lanes)
    for loop, extent in zip(reversed(loops), reversed(extents[:-1]), strict=True):
        body = [copier.loop(loop, extent, body)]
    copier.body.extend(body)
    panels.append(copier)
    into_here = scope.scratch(name, source.dtype, size)
    return _dense(access, into_here.name, plain, outer, depth)


def _dense(
    access: Access, param: str, plain: Products, outer: list[int], depth: list[int]
) -> Access:
    """How the panel is read: row-major over the loops its source depends on, lanes last."""
    steps_outer, steps_depth = [0] * len(access.outer), [0] * len(access.depth)
    steps_outer[-1] = 1
    stride = plain.outer[-1].extent
    for number in reversed(depth):
        steps_depth[number] = stride
        stride *= plain.depth[number].extent
    for number in reversed(outer):
        steps_outer[number] = stride
        stride *= plain.outer[number].extent
    return Access(param, 0, tuple(steps_outer), tuple(steps_depth))


def _plan(products: Products, target: Target, lanes: int, size: int) -> Plan:
    if not products.outer:
        return Plan(products, 1, (), ((1,),), None, sums_outside=False)
    room = 24 if target.registers >= MANY_REGISTERS else 12
    best: tuple[float, tuple[tuple[int, int], ...], tuple[tuple[int, ...], ...]] | None = None
    for most in range(MOST_VECTORS, 0, -1):
        blocks = tuple(map(tuple, column_blocks(products.outer[-1].extent, lanes, most)))
        rows = _rows(products, room // max(map(len, blocks)))
        cost = _cost(products, rows, blocks, lanes)
        if best is None or cost < best[0]:
            best = (cost, rows, blocks)
    assert best is not None
    _, rows, blocks = best
    cut, outside = _cut(products, target, max(map(sum, blocks)), size)
    return Plan(products, lanes, rows, blocks, cut, outside)


def _rows(products: Products, room: int) -> tuple[tuple[int, int], ...]:
    """Up to two loops along which one operand stands still, innermost first, filling `room`."""
    found: list[tuple[int, int]] = []
    for number in reversed(range(len(products.outer) - 1)):
        is_trimmed = any(trim.outer == number for trim in products.trims)
        if is_trimmed or (products.lhs.outer[number] and products.rhs.outer[number]):
            continue
        extent = products.outer[number].extent
        height = _height(extent, room)
        found.append((number, height))
        room //= height
        if height < extent or room == 1 or len(found) == 2:
            break
    return tuple(found)


def _height(extent: int, room: int) -> int:
    """How many of `extent` a tile takes: a divisor if one is near `room`."""
    if extent <= room:
        return extent
    best = max(n for n in range(1, room + 1) if extent % n == 0)
    return best if best * 2 > room else room


def _cost(
    products: Products,
    rows: tuple[tuple[int, int], ...],
    blocks: tuple[tuple[int, ...], ...],
    lanes: int,
) -> float:
    """Cycles for each step of depth and row: multiply-adds or loads, whichever are more."""
    height = math.prod(count for _, count in rows)
    waste = math.prod(
        -(-products.outer[n].extent // count) * count / products.outer[n].extent
        for n, count in rows
    )
    total = 0.0
    for widths in blocks:
        vectors = sum(max(0.5, width / lanes) for width in widths)
        loads = 0.0
        for access in (products.lhs, products.rhs):
            moves = math.prod(count for n, count in rows if access.outer[n])
            loads += moves * (vectors if access.lane else 0.5)
        total += max(height * vectors, loads, 4.0)
    return total * waste / height


def _cut(
    products: Products, target: Target, columns: int, size: int
) -> tuple[tuple[int, int] | None, bool]:
    """Where to cut the depth, and whether its blocks are the outermost loop."""
    length = products.length
    if length <= UNCUT_DEPTH or products.trims:
        return None, False
    outputs = math.prod(axis.extent for axis in products.outer)
    outside = length * products.outer[-1].extent > outputs
    extents = [axis.extent for axis in products.depth]
    budget = target.l2 // 4 if outside else target.l1 * 3 // 4
    choice: tuple[int, int] | None = None
    for number in range(len(extents)):
        inner = math.prod(extents[number + 1 :])
        for count in range(extents[number], 0, -1):
            if extents[number] % count or (number == 0 and count == extents[0]):
                continue
            block = [1] * number + [count, *extents[number + 1 :]]
            needed = _reach(products, block) if outside else count * inner * columns
            if count * inner < SHORTEST_BLOCK and choice is not None:
                return choice, outside
            choice = (number, count)
            if needed * size <= budget:
                return choice, outside
    fits = length * columns * size <= budget and not outside
    return (None, False) if fits or choice is None else (choice, outside)


def _reach(products: Products, block: list[int]) -> int:
    """Elements of both operands that all outputs together read in a block of depth."""
    total = 0
    for access in (products.lhs, products.rhs):
        span = 1 + sum(
            abs(step) * (axis.extent - 1)
            for step, axis in zip(access.outer, products.outer, strict=True)
        )
        total += span + sum(
            abs(step) * (count - 1) for step, count in zip(access.depth, block, strict=True)
        )
    return total


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
