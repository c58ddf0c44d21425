"""Loss and metrics of a model over arrays, in inference mode, with the compiled engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from constnet.errors import UsageError
from constnet.runtime.batches import Batches
from constnet.train.engines import make_engine
from constnet.train.step import build_evaluate
from constnet.train.store import clear_metrics

if TYPE_CHECKING:
    from constnet.train.engine import Numerics
    from constnet.train.store import Store
    from constnet.train.tables import Tables

DEFAULT_BATCH = 256


def check_batch(size: object) -> None:
    """Refuse a `batch_size` that is neither None nor a whole number from 1 on."""
    is_whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
    if size is not None and not (is_whole and cast("int", size) >= 1):
        message = f"batch_size is {size!r}; expected a whole number, at least 1."
        raise UsageError(message)


class Evaluator:
    """An engine over fixed tables, run again whenever the model has changed.

    Args:
        store: the model's arrays, read at every call.
        tables: what is evaluated.
        batch: rows of a batch; no result but rounding depends on it.
        numerics: the model's mode.
    """

    def __init__(self, store: Store, tables: Tables, batch: int | None, numerics: Numerics) -> None:
        rows = tables.rows
        check_batch(batch)
        self._batch = min(DEFAULT_BATCH if batch is None else batch, rows)
        rest = rows % self._batch
        recipe = store.recipe
        full = build_evaluate(recipe, tables.source(self._batch))
        partial = build_evaluate(recipe, tables.source(rest), "partial_evaluate") if rest else None
        arrays = {
            value.name: store.arrays[value.name]
            for value in full.graph.inputs
            if value.name in store.arrays
        }
        for name, shape in recipe.metric_shapes().items():
            arrays[name] = np.zeros(shape, np.float64)
        arrays["step"] = np.zeros((), np.uint32)
        self._batches = Batches(rows, self._batch, False, (0, 0))
        self._engine = make_engine(full, partial, tables.feeds(), self._batches, arrays, numerics)
        self._store = store

    def __call__(self) -> dict[str, Any]:
        """The loss and every metric by name."""
        state = self._engine.state
        self._store.lend(state)
        clear_metrics(state)
        state["step"][...] = 0
        left = self._batches.per_epoch
        while left:  # a loss that is not finite ends a run early; here it is only reported
            left -= self._engine.run(left).steps
        return self._store.recipe.metric_results(state)
