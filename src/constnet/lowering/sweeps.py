"""An axis swept by windows, cut into segments whose outputs are computed by the same statements.

    size 3, stride 1, low 1, 8 elements  →  output 0: elements 0, 1      (position w = 1, 2)
                                            outputs 1 to 6: all three
                                            output 7: elements 6, 7      (w = 0, 1)

In the interior nothing is compared with the ends of the axis, and every index is affine in the loop
variable. In a transposed nest the outputs are elements; those at one distance from the windows
before them (one *phase* of the stride) are covered at the same positions, so a loop over groups of
`stride` elements has one block of statements for each phase.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constnet.ops.nest import Sweep

UNROLLED_PHASES = 4
"""Neighbouring phases that are covered alike are a loop if there are more."""
UNROLLED_SEGMENTS = 4
"""With more segments along an axis, all but the interior look up which positions they cover."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Statements for output number q * scale + shift + r, for `count` neighbouring r from 0 on.

    Pair t, 0 <= t < taps, is with source q * step + base + t at position w_first + t * w_step + r
    in the window. Pairs `first` to `end` exist everywhere in the segment; if `first` is None, those
    whose source is in [0, sources).
    """

    count: int
    scale: int
    shift: int
    step: int
    base: int
    taps: int
    w_first: int
    w_step: int
    sources: int
    first: int | None = None
    end: int = 0

    def at(self, q: int) -> Phase:
        """The phase where q is known."""
        base = q * self.step + self.base
        first, end = max(0, -base), min(self.taps, self.sources - base)
        return replace(self, first=first, end=end) if first < end else replace(self, first=0)


@dataclass(frozen=True, slots=True)
class Segment:
    """`count` neighbouring q from `first` on."""

    first: int
    count: int
    phases: tuple[Phase, ...]


def segments_of(sweep: Sweep, *, transposed: bool) -> list[Segment]:
    """The segments along an axis, in ascending order."""
    table = _scattered(sweep) if transposed else _gathered(sweep)
    known = [(q, tuple(phase.at(q) for phase in phases)) for q, phases in table]
    runs = _runs(known)
    if len(runs) > UNROLLED_SEGMENTS:
        interior, _ = max(runs, key=lambda run: len(run[1]))
        free = dict(table)
        runs = _runs([
            (q, phases if phases == interior else free[q]) for q, phases in known
        ])  # fmt: skip
    return [_segment(phases, numbers) for phases, numbers in runs]


def _segment(phases: tuple[Phase, ...], numbers: list[int]) -> Segment:
    if len(numbers) == 1:
        phases = tuple(phase.at(numbers[0]) for phase in phases)
    return Segment(numbers[0], len(numbers), _merged(phases))


Table = list[tuple[int, tuple[Phase, ...]]]


def _gathered(sweep: Sweep) -> Table:
    """For each window its one phase."""
    phase = Phase(1, 1, 0, sweep.stride, -sweep.low, sweep.size, 0, 1, sweep.extent)
    return [(q, (phase,)) for q in range(sweep.count)]


def _scattered(sweep: Sweep) -> Table:
    """For each group of `stride` elements the phases that lie on the axis."""
    phases: list[Phase] = []
    for r in range(sweep.stride):
        taps = max(0, -(-(sweep.size - r) // sweep.stride))
        last = r + sweep.stride * (taps - 1)  # the position in the earliest window
        phases.append(
            Phase(
                1, sweep.stride, r - sweep.low, 1, 1 - taps, taps, last, -sweep.stride, sweep.count
            )
        )
    table: Table = []
    groups = range(sweep.low // sweep.stride, (sweep.extent - 1 + sweep.low) // sweep.stride + 1)
    for q in groups:
        found = [p for p in phases if 0 <= q * p.scale + p.shift < sweep.extent]
        table.append((q, tuple(found)))
    return table


def _runs(table: Table) -> list[tuple[tuple[Phase, ...], list[int]]]:
    """Neighbouring q with equal phases, together."""
    groups = groupby(table, key=lambda row: row[1])
    return [(phases, [q for q, _ in rows]) for phases, rows in groups]


def _merged(phases: tuple[Phase, ...]) -> tuple[Phase, ...]:
    """Runs of neighbouring phases with the same pairs as one phase, where they are many."""
    result: list[Phase] = []
    for _, group in groupby(phases, key=lambda p: (p.taps, p.first, p.end)):
        run = list(group)
        many = len(run) > UNROLLED_PHASES
        result.extend([replace(run[0], count=len(run))] if many else run)
    return tuple(result)
