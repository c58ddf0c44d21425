"""A small layered layout: boxes in ranks from top to bottom, arrows that never cross a box.

Enters: sizes of boxes and the edges between them, each from a lower number to a higher one. Leaves:
a place for every box and a route for every edge. The steps are those of Sugiyama's method: ranks by
longest path, a thread through each rank that a long edge passes, an order in each rank that lowers
crossings, and coordinates as near to the neighbours' as the distance between boxes allows.

Source:
    K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of Hierarchical System
    Structures", IEEE Trans. SMC 11(2), 1981.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

RANK_GAP = 24.0
SIDE_GAP = 18.0
_THREAD_WIDTH = 4.0
_THREAD_WEIGHT = 0.001
_PORT_GAP = 14.0
_CORNER = 22.0
_SWEEPS = 12

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in pixels: centers and tops of boxes, and for each edge the points it passes.

    A route's points come in pairs: it runs straight down within a rank and curves between ranks.
    """

    centers: tuple[float, ...]
    tops: tuple[float, ...]
    routes: tuple[tuple[Point, ...], ...]
    width: float
    height: float


@dataclass
class _Grid:
    """Boxes and threads (numbers after the boxes'), by rank and in order."""

    widths: list[float]
    rank: list[int]
    above: list[list[int]]
    below: list[list[int]]
    boxes: int = 0
    shifts: dict[tuple[int, int], float] = field(default_factory=dict[tuple[int, int], float])
    threads: list[list[int]] = field(default_factory=list[list[int]])
    rows: list[list[int]] = field(default_factory=list[list[int]])

    def weight(self, number: int) -> float:
        """How strongly a neighbour draws: a thread bends so that boxes stay in line."""
        return 1.0 if number < self.boxes else _THREAD_WEIGHT

    def pull(self, number: int, near: list[int], centers: list[float]) -> float:
        """Where the neighbours `near` want the center of `number` to be."""
        total = sum(self.weight(m) for m in near)
        if not near:
            return centers[number]
        shifted = (self.weight(m) * (centers[m] + self.shifts.get((m, number), 0.0)) for m in near)
        return sum(shifted) / total


def arrange(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    *,
    last: Collection[int] = (),
    fixed: Mapping[tuple[int, int], float] | None = None,
) -> Layout:
    """Place boxes.

    Args:
        sizes: width and height of each.
        edges: (from, to) of each arrow, from a lower number to a higher one.
        last: boxes that belong to the bottom rank; no edge leaves them.
        fixed: for (edge, 0) where it leaves its box and for (edge, 1) where it enters, relative to
            the box's center; the other places are chosen.
    """
    given = fixed or {}
    grid = _grid([width for width, _ in sizes], edges, last, given)
    _order(grid)
    centers = _align(grid)
    left = min(x - grid.widths[n] / 2 for n, x in enumerate(centers))
    centers = [x - left for x in centers]
    width = max(x + grid.widths[n] / 2 for n, x in enumerate(centers))
    heights = [max((sizes[n][1] for n in row if n < len(sizes)), default=0.0) for row in grid.rows]
    starts = [sum(heights[:r]) + RANK_GAP * r for r in range(len(heights))]
    tops = [
        starts[grid.rank[n]] + (heights[grid.rank[n]] - sizes[n][1]) / 2 for n in range(len(sizes))
    ]
    spans = [(start, start + height) for start, height in zip(starts, heights, strict=True)]
    ports = _ports(sizes, edges, grid, centers, given)
    routes: list[tuple[Point, ...]] = []
    for number, (source, target) in enumerate(edges):
        x_from, x_to = ports[number]
        points = [(x_from, tops[source] + sizes[source][1]), (x_from, spans[grid.rank[source]][1])]
        for thread in grid.threads[number]:
            high, low = spans[grid.rank[thread]]
            points += [(centers[thread], high), (centers[thread], low)]
        points += [(x_to, spans[grid.rank[target]][0]), (x_to, tops[target])]
        routes.append(tuple(points))
    height = spans[-1][1] if spans else 0.0
    return Layout(tuple(centers[: len(sizes)]), tuple(tops), tuple(routes), width, height)


def _grid(
    widths: list[float],
    edges: Sequence[tuple[int, int]],
    last: Collection[int],
    fixed: Mapping[tuple[int, int], float],
) -> _Grid:
    rank = [0] * len(widths)
    for source, target in sorted(edges, key=lambda edge: edge[1]):
        rank[target] = max(rank[target], rank[source] + 1)
    for number in last:
        rank[number] = max(rank)
    grid = _Grid(list(widths), rank, [[] for _ in widths], [[] for _ in widths], len(widths))
    for number, (source, target) in enumerate(edges):
        chain = [source]
        for level in range(rank[source] + 1, rank[target]):
            chain.append(len(grid.widths))
            grid.widths.append(_THREAD_WIDTH)
            grid.rank.append(level)
            grid.above.append([])
            grid.below.append([])
        chain.append(target)
        grid.threads.append(chain[1:-1])
        for upper, lower in pairwise(chain):
            grid.below[upper].append(lower)
            grid.above[lower].append(upper)
            leaves = fixed.get((number, 0), 0.0) if upper == source else 0.0
            enters = fixed.get((number, 1), 0.0) if lower == target else 0.0
            grid.shifts[upper, lower] = leaves - enters
            grid.shifts[lower, upper] = enters - leaves
    grid.rows = [[] for _ in range(max(grid.rank, default=-1) + 1)]
    for number, level in enumerate(grid.rank):
        grid.rows[level].append(number)
    return grid


def _order(grid: _Grid) -> None:
    """Sort each rank by the mean place of its neighbours, down and up; keep the best order seen."""
    best = [list(row) for row in grid.rows]
    fewest = _crossings(grid)
    for sweep in range(_SWEEPS):
        if fewest == 0:
            break
        neighbours = grid.above if sweep % 2 == 0 else grid.below
        for row in grid.rows if sweep % 2 == 0 else reversed(grid.rows):
            place = {n: i for level in grid.rows for i, n in enumerate(level)}
            row.sort(key=lambda n: _mean([place[m] for m in neighbours[n]], place[n]))
        found = _crossings(grid)
        if found < fewest:
            fewest, best = found, [list(row) for row in grid.rows]
    grid.rows = best


def _crossings(grid: _Grid) -> int:
    """Pairs of edges between neighbouring ranks that cross."""
    place = {n: i for row in grid.rows for i, n in enumerate(row)}
    total = 0
    for row in grid.rows:
        ends = [sorted(place[m] for m in grid.below[n]) for n in row]
        flat = [end for group in ends for end in group]
        total += sum(1 for i, a in enumerate(flat) for b in flat[i + 1 :] if b < a)
    return total


def _align(grid: _Grid) -> list[float]:
    """Centers: each rank in turn moves as near to its neighbours as order and distance allow."""
    centers = [0.0] * len(grid.widths)
    for row in grid.rows:
        for number, x in zip(row, _spread(grid, row, [0.0] * len(row)), strict=True):
            centers[number] = x
    around = [[*above, *below] for above, below in zip(grid.above, grid.below, strict=True)]
    # Ends with a way down, so that a chain hangs straight below its first box.
    passes = [grid.above, grid.below] * _SWEEPS + [around] * _SWEEPS + [grid.below, grid.above]
    for near in passes:
        for row in reversed(grid.rows) if near is grid.below else grid.rows:
            wanted = [grid.pull(n, near[n], centers) for n in row]
            for number, x in zip(row, _spread(grid, row, wanted), strict=True):
                centers[number] = x
    return centers


def _spread(grid: _Grid, row: list[int], wanted: list[float]) -> list[float]:
    """Centers nearest to `wanted` (weighted least squares) with every box clear of the next.

    Offsets that give each box its room turn the question into isotonic regression, which pooling
    of neighbours that are out of order answers exactly.
    """
    offsets = [0.0]
    for before, after in pairwise(row):
        half = (grid.widths[before] + grid.widths[after]) / 2
        offsets.append(offsets[-1] + half + SIDE_GAP)
    pools: list[tuple[float, float, int]] = []
    for number, target, offset in zip(row, wanted, offsets, strict=True):
        mean, weight, count = target - offset, grid.weight(number), 1
        while pools and pools[-1][0] > mean:
            other, its_weight, its_count = pools.pop()
            mean = (mean * weight + other * its_weight) / (weight + its_weight)
            weight, count = weight + its_weight, count + its_count
        pools.append((mean, weight, count))
    levels = [mean for mean, _, count in pools for _ in range(count)]
    return [level + offset for level, offset in zip(levels, offsets, strict=True)]


def _ports(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    grid: _Grid,
    centers: list[float],
    fixed: Mapping[tuple[int, int], float],
) -> list[Point]:
    """Where each edge leaves and enters.

    One edge goes to the middle of a side. Several go straight where they can, side by side, so
    that none hides another. `fixed` are places given by the caller, relative to the center.
    """
    found: dict[tuple[int, int], float] = {}
    for end, threads_at in ((0, 0), (1, -1)):
        for box in range(len(sizes)):
            free = [e for e, edge in enumerate(edges) if edge[end] == box]
            toward = {
                e: centers[grid.threads[e][threads_at] if grid.threads[e] else edges[e][1 - end]]
                for e in free
            }
            for e in free:
                if (e, end) in fixed:
                    found[e, end] = centers[box] + fixed[e, end]
            free = sorted((e for e in free if (e, end) not in fixed), key=lambda e: toward[e])
            reach = max(0.0, sizes[box][0] / 2 - _CORNER)
            for e, x in zip(free, _side_by_side([toward[e] - centers[box] for e in free], reach),
                            strict=True):  # fmt: skip
                found[e, end] = centers[box] + x
    return [(found[e, 0], found[e, 1]) for e in range(len(edges))]


def _side_by_side(wanted: list[float], reach: float) -> list[float]:
    """Places within `reach` of the middle, in order, near to those wanted."""
    count = len(wanted)
    if count <= 1:
        return [0.0] * count
    step = min(_PORT_GAP, 2 * reach / (count - 1))
    places = [max(-reach, min(reach, x)) for x in wanted]
    for i in range(1, count):
        places[i] = max(places[i], places[i - 1] + step)
    for i in reversed(range(count)):
        places[i] = min(places[i], reach - (count - 1 - i) * step)
    return places


def _mean(values: list[float] | list[int], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
