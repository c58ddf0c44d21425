"""Divergence: when a loss is not finite, which step and which operation made it so.

The state is copied from time to time, so rarely that copying stays under a hundredth of the time.
After a loss that is not finite the copy is put back, the steps up to the bad one are run again, and
the bad step is run on the interpreter, which shows every value. The model is left as it was before
the step that spoilt it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from constnet import interpreter
from constnet.errors import DivergenceError
from constnet.ir.graph import Graph
from constnet.train.interpreter_engine import InterpreterEngine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.ir.graph import Node
    from constnet.runtime.batches import Batches, Feed
    from constnet.train.engine import Engine
    from constnet.train.step import StepGraph
    from constnet.train.store import Store

COPY_SHARE = 0.01


class Guard:
    """Keeps a recent good state, and explains a loss that is not finite."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        full: StepGraph,
        partial: StepGraph | None,
        feeds: Sequence[Feed],
        batches: Batches | None,
    ) -> None:
        self._store, self._engine = store, engine
        self._inspector = InterpreterEngine(full, partial, feeds, batches, store.arrays)
        self._copy: dict[str, np.ndarray] | None = None
        self._due = 0.0
        self._stale = False

    def forget(self) -> None:
        """Something other than a step changed the state: older copies no longer lead to it."""
        self._stale = True

    def keep(self) -> None:
        """Copy the state if the last copy is old enough, or leads nowhere."""
        now = time.perf_counter()
        if self._copy is not None and not self._stale and now < self._due:
            return
        if not self._is_sound():
            return
        if self._copy is None:
            self._copy = self._store.snapshot()
        for name, array in self._copy.items():
            np.copyto(array, self._store.arrays[name])
        self._stale = False
        spent = time.perf_counter() - now
        self._due = now + spent / COPY_SHARE

    def _is_sound(self) -> bool:
        """Whether every parameter and state is a number; sums and slots may overflow unharmed."""
        arrays = self._store.arrays.items()
        kept = [a for name, a in arrays if name == "theta" or name.startswith("state.")]
        return all(bool(np.isfinite(array).all()) for array in kept)

    def report(self, epoch: int) -> NoReturn:
        """Find the bad step's first value that is not finite, restore, and raise."""
        bad = self._store.step - 1
        step, culprit = self._search(bad)
        where = "" if culprit is None else f": {culprit}"
        message = (
            f"training diverged at step {bad} of epoch {epoch + 1}: the loss is not finite. The "
            f"first value that is NaN or infinite was made in step {step}{where}. The model is as "
            f"it was before step {step}; try a lower learning rate, gradient clipping "
            "(global_clipnorm=1.0), or data scaled to about one."
        )
        raise DivergenceError(message)

    def _search(self, bad: int) -> tuple[int, str | None]:
        """The step that spoilt the state, and what in it; the state is left before that step."""
        if self._copy is None:  # the run began with weights that are not finite
            return bad, None
        begin = int(self._copy["step"])
        for step in range(bad, begin - 1, -1):
            self._store.restore(self._copy)
            if step > begin:
                self._engine.run(step - begin)
            if self._is_sound():
                return step, self._first_not_finite()
        return begin, None

    def _first_not_finite(self) -> str | None:
        """The first node of the next step whose output is not finite, in words."""
        graph, arrays = self._inspector.inputs()
        nodes = [n for n in graph.graph.nodes if n.op != "constant" and _is_float(n)]
        probe = Graph(
            "probe", graph.graph.inputs, graph.graph.nodes, tuple(node.outputs[0] for node in nodes)
        )
        with np.errstate(all="ignore"):
            values = interpreter.run(probe, arrays)
        for node, value in zip(nodes, values, strict=True):
            if not np.isfinite(value).all():
                return _describe(node, value)
        return None


def _is_float(node: Node) -> bool:
    return len(node.outputs) == 1 and node.outputs[0].type.dtype.is_float


def _describe(node: Node, value: np.ndarray) -> str:
    bad = int((~np.isfinite(value)).sum())
    kind = "NaN" if np.isnan(value).any() else "infinite"
    place = f" at {node.location}" if str(node.location) else ""
    return f"operation {node.op!r}{place} gave {bad} of {value.size} values {kind}"
