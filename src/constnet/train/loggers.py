"""Callbacks that write logs: one row of a CSV table, or one line of JSON, per epoch.

Every row is on disk before the next epoch begins. A resumed run keeps the rows of the epochs before
the one it goes on with and drops later ones, so that no epoch is in the file twice.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from constnet.errors import StorageError
from constnet.train.callback import Callback, Logs

if TYPE_CHECKING:
    import os


class _EpochLog(Callback):
    """A text file with a line per epoch."""

    def __init__(self, path: str | os.PathLike[str], *, append: bool = False) -> None:
        self.path = Path(path)
        self.append = append

    def on_train_begin(self, epoch: int) -> None:
        """Start the file, or keep the lines of earlier epochs."""
        kept: list[str] = []
        if (self.append or epoch > 0) and self.path.exists():
            kept = self.keep(self.path.read_text(encoding="utf-8").splitlines(), epoch)
        self._write("w", "".join(f"{line}\n" for line in kept))

    def keep(self, lines: list[str], epoch: int) -> list[str]:
        """The lines that stay when training goes on at `epoch`."""
        raise NotImplementedError

    def _write(self, mode: str, text: str) -> None:
        try:
            with self.path.open(mode, encoding="utf-8", newline="") as file:
                file.write(text)
        except OSError as error:
            message = f"{type(self).__name__} cannot write {self.path}: {error.strerror}"
            raise StorageError(message) from error


class CSVLogger(_EpochLog):
    """Writes epoch and logs as a row of a CSV table; the first row has the names.

    Args:
        path: the file; it is overwritten unless `append`.
        append: keep the rows of an earlier run.
    """

    def keep(self, lines: list[str], epoch: int) -> list[str]:
        """The header and the rows of earlier epochs; all rows where appending to another run."""
        rows = [line for line in lines[1:] if self.append or _epoch_of(line) < epoch]
        return [*lines[:1], *rows]

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Append one row."""
        values: dict[str, Any] = {"epoch": epoch, **{k: _plain(v) for k, v in logs.items()}}
        is_new = not self.path.exists() or self.path.stat().st_size == 0
        rows = [list(values), list(values.values())] if is_new else [list(values.values())]
        self._write("a", "".join(_csv_line(row) for row in rows))


class JSONLinesLogger(_EpochLog):
    """Writes epoch and logs as one JSON object per line.

    Args:
        path: the file; it is overwritten unless `append`.
        append: keep the lines of an earlier run.
    """

    def keep(self, lines: list[str], epoch: int) -> list[str]:
        """The lines of earlier epochs; all where appending to another run."""
        return [line for line in lines if self.append or json.loads(line)["epoch"] < epoch]

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Append one line."""
        values = {"epoch": epoch, **{name: _plain(value) for name, value in logs.items()}}
        self._write("a", json.dumps(values) + "\n")


def _csv_line(row: list[Any]) -> str:
    import io

    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue()


def _epoch_of(line: str) -> int:
    head = line.partition(",")[0]
    return int(head) if head.isdigit() else 0


def _plain(value: object) -> object:
    is_numpy = isinstance(value, (np.ndarray, np.generic))
    return cast("object", cast("Any", value).tolist()) if is_numpy else value
