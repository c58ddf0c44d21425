"""Where each parameter lies in the one flat vector `theta` that a step trains.

Every trainable parameter starts at a multiple of sixteen elements and is padded with zeros up to
the next one, so that the optimizer's update is one pass over aligned memory. Gradients and
optimizer slots have the same layout, so padding stays zero for every update rule that maps zero to
zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.generic]

ALIGNMENT_ELEMENTS = 16
_ALIGNMENT_BYTES = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One parameter of the flat vector; `offset`, `size` and `padded` count elements."""

    path: str
    shape: tuple[int, ...]
    offset: int
    size: int
    padded: int


@dataclass(frozen=True, slots=True)
class Layout:
    """All trainable parameters in order, and the length of the vector in elements.

    Parameters in the first `decayed` elements decay, those after them do not.
    """

    entries: tuple[Entry, ...]
    length: int
    decayed: int

    @classmethod
    def of(
        cls, shapes: Mapping[str, tuple[int, ...]], undecayed: Collection[str] = frozenset()
    ) -> Layout:
        """Lay parameters out in the given order, but those of the paths `undecayed` last."""
        entries: list[Entry] = []
        offset = decayed = 0
        for path, shape in sorted(shapes.items(), key=lambda item: item[0] in undecayed):
            size = math.prod(shape)
            padded = -(-size // ALIGNMENT_ELEMENTS) * ALIGNMENT_ELEMENTS
            entries.append(Entry(path, tuple(shape), offset, size, padded))
            offset += padded
            decayed = decayed if path in undecayed else offset
        return cls(tuple(entries), offset, decayed)

    def views(self, flat: Array) -> dict[str, Array]:
        """Each parameter as a view of `flat`, by path."""
        return {
            entry.path: flat[entry.offset : entry.offset + entry.size].reshape(entry.shape)
            for entry in self.entries
        }


def aligned_zeros(shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> Array:
    """A zero array whose first byte is at a multiple of 64, as vector loads want it."""
    count = math.prod(shape) * dtype.itemsize
    raw = np.zeros(count + _ALIGNMENT_BYTES, np.uint8)
    start = -raw.ctypes.data % _ALIGNMENT_BYTES
    return raw[start : start + count].view(dtype).reshape(shape)
