"""What a contraction over several axes is cut into: register tile, columns, blocks of depth.

Enters `Products`; leaves a `Plan`. The tile is the one that needs the fewest cycles a product by a
count of its multiply-adds and loads; the depth is cut so that a block of what is read again stays
in a cache.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from constnet.lowering.contraction import MANY_REGISTERS, column_blocks
from constnet.lowering.regions import UNCUT_DEPTH

if TYPE_CHECKING:
    from constnet.lowering.products import Products
    from constnet.lowering.target import Target

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


def make_plan(products: Products, target: Target, lanes: int, size: int) -> Plan:
    """The tile of fewest cycles and where the depth is cut; `size` is bytes of an element."""
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
