"""What an engine is given besides a graph, and what a run of it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Feed:
    """A table, rows first, whose rows are gathered into the graph input `input_name`."""

    input_name: str
    table: NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Batches:
    """How rows become batches.

    Step s is position k = s - first_step: epoch k // ceil(rows / batch), batch k % ceil(rows /
    batch) of it. Shuffled epochs are permutations that depend on (seed, epoch) alone. The last
    batch of an epoch has the rows that are left.
    """

    rows: int
    batch: int
    shuffle: bool
    seed: tuple[int, int]
    first_step: int = 0

    @property
    def per_epoch(self) -> int:
        """Steps of one pass over the rows."""
        return -(-self.rows // self.batch)


@dataclass(frozen=True, slots=True)
class RunResult:
    """How many steps were run, and whether every loss was finite."""

    steps: int
    finite: bool
