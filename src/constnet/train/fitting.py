"""The fit loop: chunks of compiled steps, and between them what Python is needed for.

A chunk is as many steps as take about fifty milliseconds; it ends early where an epoch ends or a
callback wants to be asked. No result depends on where chunks end.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from constnet.train.divergence import Guard
from constnet.train.engines import make_engine
from constnet.train.interrupt import Interrupts
from constnet.train.plan import check_step_range
from constnet.train.resume import give_back
from constnet.train.step import build_step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from constnet.train.callback import Callback
    from constnet.train.history import History
    from constnet.train.model import Model
    from constnet.train.plan import Plan
    from constnet.train.progress import Silent
    from constnet.train.recipe import Recipe
    from constnet.train.resume import Recorder

CHUNK_SECONDS = 0.05
_MAX_GROWTH = 8
_MAX_CHUNK = 1 << 30


class Fit:
    """One call of `Model.fit`, from the compiled step to the last callback.

    Args:
        model: what is trained.
        recipe: the model's, with this fit's class weights.
        plan: data, batches and epochs.
        callbacks: asked in order; those that save come last.
        validate: returns the validation logs, or None without validation.
        display: what a person sees.
    """

    def __init__(
        self,
        model: Model,
        recipe: Recipe,
        plan: Plan,
        callbacks: Sequence[Callback],
        validate: Callable[[], dict[str, Any]] | None,
        display: Silent,
    ) -> None:
        self.model, self.recipe, self.plan = model, recipe, plan
        self.callbacks = [c for c in callbacks if not c.saves]
        self.savers = [c for c in callbacks if c.saves]
        self.validate, self.display = validate, display
        self.history: History = model.history
        self.epoch, self.done = plan.initial_epoch, 0
        self.store = model.store()
        self.first_step = self.store.step
        self._seconds_per_step = 0.0
        self._chunk = 1
        self._every = sorted({c.every_steps for c in callbacks if c.every_steps})

    def run(self, recorder: Recorder | None = None) -> History:
        """Train; leaves the model usable whatever happens.

        Raises:
            KeyboardInterrupt: Ctrl-C; the model stands at the last step that was finished.
            DivergenceError: a loss was not finite; the model stands at the last good step.
        """
        self.store.clear_metrics()
        states = [] if recorder is None else recorder.restore(self)
        for i, callback in enumerate(self.everyone()):
            callback.set_model(self.model)
            callback.on_train_begin(self.epoch)
            if states:
                give_back(callback, states[i])
        check_step_range(self.store.step, self.plan)
        self._prepare()
        self.display.begin(self.plan.epochs, self.plan.steps)
        with Interrupts() as interrupts:
            try:
                self._epochs(interrupts, recorder)
                self._take_average()
            finally:
                self.display.end()
                for callback in self.everyone():
                    callback.on_train_end()
                self.store.pull()
        if interrupts.seen:
            raise KeyboardInterrupt
        return self.history

    def everyone(self) -> list[Callback]:
        """All callbacks, those that save last."""
        return [*self.callbacks, *self.savers]

    def facts(self) -> dict[str, Any]:
        """What must be the same for this run to be resumed."""
        recipe = self.recipe
        return {**self.plan.facts(), "mixup": recipe.mixup, "micro_rows": recipe.micro_rows}

    def _prepare(self) -> None:
        full, partial = self.plan.sources()
        step = build_step(self.recipe, full)
        rest = None if partial is None else build_step(self.recipe, partial, "partial_step")
        feeds = () if self.plan.tables is None else self.plan.tables.feeds()
        batches = self.plan.batches(self.model.seed, self.first_step)
        arrays = {
            value.name: self.store.arrays[value.name]
            for value in step.graph.inputs
            if value.name in self.store.arrays
        }
        self.engine = make_engine(step, rest, feeds, batches, arrays, self.model.numerics)
        self.model.attach(self, moved=self.store.adopt(self.engine.state))
        self.guard = Guard(self.store, self.engine, step, rest, feeds, batches)

    def _epochs(self, interrupts: Interrupts, recorder: Recorder | None) -> None:
        while self.epoch < self.plan.epochs and not self.model.stop_training:
            if self.done == 0:
                self.store.clear_metrics()
                self.display.epoch(self.epoch)
                for callback in self.callbacks:
                    callback.on_epoch_begin(self.epoch)
            self._steps(interrupts, recorder)
            if self.done == self.plan.steps:
                self._end_epoch()
            if recorder is not None:
                is_last = interrupts.seen or self.epoch == self.plan.epochs
                recorder.write(self, force=is_last or self.model.stop_training)
            if interrupts.seen:
                return

    def _steps(self, interrupts: Interrupts, recorder: Recorder | None) -> None:
        """Run to the end of the epoch, or until someone wants to stop."""
        while self.done < self.plan.steps and not interrupts.seen:
            count = self._next_chunk()
            self.guard.keep()
            begun = time.perf_counter()
            result = self.engine.run(count)
            self._measure(result.steps, time.perf_counter() - begun)
            if not result.finite:
                self.guard.report(self.epoch)
            self.done += result.steps
            self.display.advance(self.done)
            self._ask_by_step()
            if self.model.stop_training:
                return
            if recorder is not None and self.done < self.plan.steps:
                recorder.write(self)

    def _next_chunk(self) -> int:
        """Steps until the chunk's time, the epoch's end, or the next callback by step."""
        count = min(self._chunk, self.plan.steps - self.done)
        for every in self._every:
            count = min(count, every - self.store.step % every)
        return count

    def _measure(self, steps: int, seconds: float) -> None:
        if steps < self._chunk and seconds < CHUNK_SECONDS:
            return
        wanted = int(steps * CHUNK_SECONDS / max(seconds, 1e-9))
        self._chunk = max(1, min(wanted, _MAX_GROWTH * self._chunk, _MAX_CHUNK))

    def _ask_by_step(self) -> None:
        if not self._every:
            return
        step = self.store.step
        due = [c for c in self.callbacks if c.every_steps and step % c.every_steps == 0]
        if due:
            logs = self.recipe.metric_results(self.store.arrays)
            for callback in due:
                callback.on_steps(step, dict(logs))
            self._take_changes()

    def _end_epoch(self) -> None:
        logs: dict[str, Any] = self.recipe.metric_results(self.store.arrays)
        if self.validate is not None:
            logs |= {f"val_{name}": value for name, value in self.validate().items()}
        for callback in self.callbacks:
            callback.on_epoch_end(self.epoch, logs)
        self.history.add(self.epoch, logs)
        epoch = self.epoch
        self.epoch, self.done = epoch + 1, 0
        for callback in self.savers:
            callback.on_epoch_end(epoch, logs)
        self._take_changes()
        self.display.report(epoch, logs)

    def _take_average(self) -> None:
        """With `use_ema` the model ends training at the moving average of its weights."""
        average = self.store.arrays.get("slot.ema")
        if average is not None and self.store.step:
            self.store.arrays["theta"][...] = average

    def _take_changes(self) -> None:
        """A callback may have written weights or the learning-rate scale."""
        if self.callbacks or self.savers:
            self.store.pull()
            self.guard.forget()
