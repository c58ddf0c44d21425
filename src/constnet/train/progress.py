"""What a person sees while training runs: a bar on a terminal, plain lines elsewhere, or nothing.

Everything is drawn by time: an epoch or a chunk that ends sooner only sets a number. What was held
back is shown at the end.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import RenderableType

REDRAW_SECONDS = 0.1
LINE_SECONDS = 0.2
_BAR_WIDTH = 12  # the least that a bar may shrink to, in characters


class Silent:
    """Shows nothing (`verbose=0`)."""

    def begin(self, epochs: int, steps: int) -> None:
        """Training begins; `steps` is per epoch."""

    def epoch(self, epoch: int) -> None:
        """An epoch begins."""

    def advance(self, done: int) -> None:
        """`done` steps of this epoch are over."""

    def report(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """An epoch is over."""

    def end(self) -> None:
        """Training is over."""


class Lines(Silent):
    """One line per epoch, at most five a second, and always the last."""

    def begin(self, epochs: int, steps: int) -> None:
        """Remember the total."""
        del steps
        self._epochs = epochs
        self._begun = time.perf_counter()
        self._printed = -LINE_SECONDS
        self._waiting: tuple[int, float, Mapping[str, Any]] | None = None

    def epoch(self, epoch: int) -> None:
        """Start the clock of an epoch."""
        del epoch
        self._begun = time.perf_counter()

    def report(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Print, unless the last line is very recent."""
        now = time.perf_counter()
        self._waiting = (epoch, now - self._begun, logs)
        if now - self._printed >= LINE_SECONDS:
            self._print()
            self._printed = now

    def end(self) -> None:
        """Print the last epoch if it was held back."""
        self._print()

    def _print(self) -> None:
        if self._waiting is None:
            return
        epoch, seconds, logs = self._waiting
        self._waiting = None
        line = f"epoch {epoch + 1}/{self._epochs}  {seconds:.3g} s  {describe(logs)}\n"
        sys.stdout.write(line)
        sys.stdout.flush()


class Bar(Silent):
    """A bar drawn by rich: epoch, steps, time left, and the last epoch's logs."""

    def begin(self, epochs: int, steps: int) -> None:
        """Draw the bar."""
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
        from rich.text import Text

        class Display(Progress):
            """The logs stand beside the bar where the line has room, else below it."""

            def get_renderables(self) -> Iterable[RenderableType]:
                yield from super().get_renderables()
                if self.tasks and self.tasks[0].fields["below"]:
                    yield Text(self.tasks[0].fields["below"])

        self._progress = Display(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f} steps"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[logs]}"),
            auto_refresh=False,
        )
        self._epochs, self._steps = epochs, steps
        self._task = self._progress.add_task("", total=epochs * steps, epoch="", logs="", below="")
        self._epoch, self._completed = 0, 0
        self._logs: Mapping[str, Any] = {}
        self._due = 0.0
        self._progress.start()

    def epoch(self, epoch: int) -> None:
        """Show which epoch runs."""
        self._epoch = epoch
        self._move(epoch * self._steps)

    def advance(self, done: int) -> None:
        """Move the bar."""
        self._move(self._epoch * self._steps + done)

    def report(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Show the epoch's logs."""
        self._logs = logs
        self._move((epoch + 1) * self._steps)

    def end(self) -> None:
        """Draw the last state and leave it on the screen."""
        self._draw()
        self._progress.stop()

    def _move(self, completed: int) -> None:
        self._completed = completed
        if time.perf_counter() >= self._due:
            self._draw()

    def _draw(self) -> None:
        """Draw, and wait at least a hundred times as long as that took before the next."""
        begun = time.perf_counter()
        epoch, logs = f"{self._epoch + 1}/{self._epochs}", describe(self._logs)
        beside = len(f"epoch {epoch}  {self._completed}/{self._epochs * self._steps} steps 00:00 ")
        is_beside = beside + len(logs) + _BAR_WIDTH <= self._progress.console.width
        self._progress.update(
            self._task,
            completed=self._completed,
            epoch=epoch,
            logs=logs if is_beside else "",
            below="" if is_beside else logs,
        )
        self._progress.refresh()
        now = time.perf_counter()
        self._due = now + max(REDRAW_SECONDS, 100 * (now - begun))


def reporter(verbose: int | str) -> Silent:
    """The display for `verbose`: 0 none, 1 bar, 2 lines, "auto" a bar on a terminal."""
    if verbose == 0:
        return Silent()
    is_bar = verbose == 1 or (verbose == "auto" and sys.stdout.isatty())
    return Bar() if is_bar else Lines()


def describe(logs: Mapping[str, Any]) -> str:
    """Logs in one line, numbers with four digits that count; arrays are left out."""
    numbers = {name: float(value) for name, value in logs.items() if np.ndim(value) == 0}
    return "  ".join(f"{name} {value:.4g}" for name, value in numbers.items())
