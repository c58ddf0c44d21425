"""What an engine is: a step graph, live arrays, and `run(steps)`.

Two things have this surface: the compiled program of `constnet.runtime`, and
`constnet.train.interpreter_engine`, which runs the same graph with NumPy where no compiler is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.generic]

Numerics = Literal["fma", "exact"]


@dataclass(frozen=True, slots=True, eq=False)
class Feed:
    """A table, rows first, whose rows are gathered into the graph input `input_name`."""

    input_name: str
    table: Array


@dataclass(frozen=True, slots=True)
class Batches:
    """How rows become batches.

    Step s is position k = s - first_step: epoch k // per_epoch, batch k % per_epoch of it. Shuffled
    epochs are permutations that depend on (seed, epoch) alone. The last batch of an epoch has the
    rows that are left.
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


class Result(Protocol):
    """What a run tells."""

    @property
    def steps(self) -> int:
        """Steps that were run."""
        ...

    @property
    def finite(self) -> bool:
        """Whether every loss was finite."""
        ...


@dataclass(frozen=True, slots=True)
class RunResult:
    """A `Result` as plain data."""

    steps: int
    finite: bool


class Engine(Protocol):
    """A step and its live arrays."""

    @property
    def state(self) -> dict[str, Array]:
        """Live arrays by input name; writing into one changes what the next step reads."""
        ...

    def run(self, steps: int) -> Result:
        """Run up to `steps` steps; stops after the first whose loss is not finite."""
        ...


class Predictor(Protocol):
    """A compiled network for one batch size: arrays of that many rows in, outputs out."""

    def __call__(self, *xs: Array) -> tuple[Array, ...]:
        """The outputs, in arrays that the caller owns."""
        ...

    @property
    def single(self) -> Callable[[Array], Array]:
        """The same for a network of one input and one output."""
        ...
