"""The engine that needs no compiler: the same steps, run node by node with NumPy.

It has the surface of the compiled engine (`constnet.train.engine.Engine`) and, in exact mode, its
bits. It is some hundred times slower for small networks, so it is used where no compiler is found,
and as what the compiled engine is tested against.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from constnet import interpreter
from constnet.runtime.batches import RunResult
from constnet.train.permutation import permutation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from constnet.ir.graph import Graph
    from constnet.runtime.batches import Batches, Feed
    from constnet.train.step import StepGraph

    Array = NDArray[np.generic]


class InterpreterEngine:
    """Runs `full` (and `partial` for the last batch of an epoch) on the interpreter.

    Args:
        full: the step of a whole batch.
        partial: the step of the last batch, where rows are not a multiple of the batch.
        feeds: tables whose rows a batch is gathered from.
        batches: how rows become batches; None where the graph draws its own data.
        state: arrays by input name; they are updated in place.
    """

    def __init__(
        self,
        full: StepGraph,
        partial: StepGraph | None,
        feeds: Sequence[Feed],
        batches: Batches | None,
        state: dict[str, Array],
    ) -> None:
        self.state = state
        self._full = full
        self._partial = partial
        self._feeds = tuple(feeds)
        self._batches = batches
        self._order: tuple[int, NDArray[np.int64]] | None = None

    def run(self, steps: int) -> RunResult:
        """Run up to `steps` steps; stops after the first whose loss is not finite."""
        for done in range(1, steps + 1):
            graph, arrays = self.inputs()
            with np.errstate(all="ignore"):
                outputs = [_owned(output) for output in interpreter.run(graph.graph, arrays)]
            for position, source in graph.donations.items():
                self.state[graph.graph.inputs[source].name][...] = outputs[position]
            if not np.isfinite(outputs[-1]).all():
                return RunResult(done, finite=False)
        return RunResult(steps, finite=True)

    def inputs(self) -> tuple[StepGraph, list[Array]]:
        """The graph of the next step and the arrays it reads, in order."""
        graph, batch = self._full, {}
        if self._batches is not None:
            rows = self._rows(self._batches)
            if self._partial is not None and len(rows) < self._batches.batch:
                graph = self._partial
            batch = {feed.input_name: np.asarray(feed.table[rows]) for feed in self._feeds}
        named = {**self.state, **batch}
        return graph, [named[value.name] for value in graph.graph.inputs]

    def _rows(self, batches: Batches) -> NDArray[np.int64]:
        position = int(self.state["step"]) - batches.first_step
        epoch, batch = divmod(position, batches.per_epoch)
        begin = batch * batches.batch
        end = min(begin + batches.batch, batches.rows)
        if not batches.shuffle:
            return np.arange(begin, end)
        if self._order is None or self._order[0] != epoch:
            self._order = (epoch, permutation(batches.rows, epoch, batches.seed))
        return self._order[1][begin:end]


class InterpreterPredictor:
    """A network for one batch size, run with NumPy; reads the live arrays of `state`."""

    def __init__(self, graph: Graph, state: dict[str, Array]) -> None:
        self._graph = graph
        self._state = state

    def __call__(self, *xs: Array) -> tuple[Array, ...]:
        """The outputs of one batch."""
        named = {**self._state, **{f"x{i}": x for i, x in enumerate(xs)}}
        inputs = [named[value.name] for value in self._graph.inputs]
        with np.errstate(all="ignore"):
            return tuple(_owned(output) for output in interpreter.run(self._graph, inputs))

    def single(self, x: Array) -> Array:
        """The output of a network of one input and one output."""
        return self(x)[0]


def _owned(array: Array) -> Array:
    """`array`, copied if it is a view: of an input, it would change with the state."""
    return array if array.flags.owndata else array.copy()
