"""What an engine is: a step graph, live arrays, and `run(steps)`.

Two things have this surface: the compiled program of `constnet.runtime`, and
`constnet.train.interpreter_engine`, which runs the same graph with NumPy where no compiler is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from constnet.runtime.batches import RunResult

    Array = NDArray[np.generic]

Numerics = Literal["fma", "exact"]


class Engine(Protocol):
    """A step and its live arrays."""

    @property
    def state(self) -> dict[str, Array]:
        """Live arrays by input name; writing into one changes what the next step reads."""
        ...

    def run(self, steps: int) -> RunResult:
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
