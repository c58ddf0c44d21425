"""One arena for everything that lives only while a program runs: lifetimes to offsets.

Largest first, each piece goes to the lowest offset at which it meets no piece alive at the same
time. Two pieces overlap in memory only if no call separates their lives.
"""

from __future__ import annotations

from dataclasses import dataclass

ALIGNMENT = 64
"""Bytes; a cache line and the widest vector register."""


@dataclass(frozen=True, slots=True)
class Life:
    """A piece of memory: bytes, and the first and last call that touch it."""

    name: str
    bytes: int
    first: int
    last: int

    def meets(self, other: Life) -> bool:
        """Whether some call needs both."""
        return self.first <= other.last and other.first <= self.last


def plan_memory(lives: list[Life]) -> tuple[dict[str, int], int]:
    """Offset of every piece and the size of the arena, in bytes."""
    placed: list[tuple[int, Life]] = []
    offsets: dict[str, int] = {}
    for life in sorted(lives, key=lambda each: (-each.bytes, each.first, each.name)):
        offset = 0
        for start, other in sorted(placed, key=lambda item: item[0]):
            if not life.meets(other):
                continue
            if offset + life.bytes <= start:
                break
            offset = max(offset, _aligned(start + other.bytes))
        placed.append((offset, life))
        offsets[life.name] = offset
    total = max((offset + life.bytes for offset, life in placed), default=0)
    return offsets, _aligned(total)


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
