"""What a person sees while training runs: a bar on a terminal, plain lines elsewhere, or nothing.

The bar is drawn by time, at most ten times a second, from counters that the fit loop sets; a step
costs it nothing.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

_REDRAW_SECONDS = 0.1
_PLAIN_SECONDS = 0.2


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
    """One line per epoch, at most a few a second and always the last."""

    def begin(self, epochs: int, steps: int) -> None:
        """Remember the total."""
        del steps
        self._epochs = epochs
        self._printed = -_PLAIN_SECONDS
        self._begun = time.perf_counter()
        self._waiting = ""

    def epoch(self, epoch: int) -> None:
        """Start the clock of an epoch."""
        del epoch
        self._begun = time.perf_counter()

    def report(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Print, unless the last line is very recent."""
        now = time.perf_counter()
        is_due = now - self._printed >= _PLAIN_SECONDS or epoch + 1 == self._epochs
        facts = (f"epoch {epoch + 1}/{self._epochs}", f"{now - self._begun:.2f} s")
        if not is_due:
            self._waiting = "  ".join((*facts, describe(logs)))
            return
        self._print("  ".join((*facts, describe(logs))))
        self._printed, self._waiting = now, ""

    def end(self) -> None:
        """Print the last epoch if it was held back."""
        if self._waiting:
            self._print(self._waiting)
            self._waiting = ""

    def _print(self, line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


class Bar(Silent):
    """A bar drawn by rich: epoch, steps, speed, time left, and the last epoch's logs."""

    def begin(self, epochs: int, steps: int) -> None:
        """Draw the bar."""
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f} steps"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[logs]}"),
            auto_refresh=False,
        )
        self._epochs, self._steps = epochs, steps
        self._task = self._progress.add_task("", total=epochs * steps, epoch="", logs="")
        self._epoch = 0
        self._drawn = 0.0
        self._progress.start()

    def epoch(self, epoch: int) -> None:
        """Show which epoch runs."""
        self._epoch = epoch
        self._update(epoch * self._steps, epoch=f"{epoch + 1}/{self._epochs}")

    def advance(self, done: int) -> None:
        """Move the bar."""
        self._update(self._epoch * self._steps + done)

    def report(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Show the epoch's logs."""
        self._update((epoch + 1) * self._steps, logs=describe(logs))

    def end(self) -> None:
        """Draw the last state and leave it on the screen."""
        self._progress.refresh()
        self._progress.stop()

    def _update(self, completed: int, **fields: Any) -> None:
        now = time.perf_counter()
        if fields or now - self._drawn >= _REDRAW_SECONDS:
            self._progress.update(self._task, completed=completed, **fields)
        if now - self._drawn >= _REDRAW_SECONDS:
            self._progress.refresh()
            self._drawn = now


def reporter(verbose: int | str) -> Silent:
    """The display for `verbose`: 0 none, 1 bar, 2 lines, "auto" a bar on a terminal."""
    if verbose == 0:
        return Silent()
    is_bar = verbose == 1 or (verbose == "auto" and sys.stdout.isatty())
    return Bar() if is_bar else Lines()


def describe(logs: Mapping[str, Any]) -> str:
    """Logs in one line, numbers with four digits that count; arrays are left out."""
    parts: list[str] = []
    for name, value in logs.items():
        if np.ndim(value) == 0:
            parts.append(f"{name} {float(value):.4g}")
    return "  ".join(parts)
