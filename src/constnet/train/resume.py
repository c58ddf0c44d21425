"""Exact resume: the file that a run writes as it goes, and what is read back from it.

A run with `fit(resume="run.ckpt")` writes everything that decides its future: parameters, slots,
state, metric sums, counters, history, and what callbacks remember. Killed at any moment and started
again with the same call it goes on from the last file, to the same bits as a run that was not
killed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from constnet.errors import FormatError, UsageError
from constnet.train import checkpoint, files
from constnet.train.history import History

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from constnet.train.callback import Callback
    from constnet.train.fitting import Fit

WRITE_SHARE = 0.02
LEAST_SECONDS = 1.0


class Recorder:
    """Writes `path` from time to time: at most 2% of the time, and at most once a second.

    Args:
        path: the checkpoint; read at the start if it exists.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = files.file_path(path)
        self._due = time.perf_counter() + LEAST_SECONDS

    def restore(self, fit: Fit) -> list[dict[str, Any]]:
        """Take up the run in the file, if there is one; returns what each callback remembers."""
        if not self.path.exists():
            return []
        content = checkpoint.read(self.path, fit.model.custom_layers, fit.model.custom)
        if content.training is None:
            message = (
                f"{self.path} holds a model but no training to go on with. Pass another path, or "
                "load it: constnet.load(path)"
            )
            raise UsageError(message)
        fit.model.check_same(content, self.path)
        try:
            return self._take(fit, content.training, content)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, UsageError):
                raise
            message = f"{self.path}: its field 'training' is not understood: {error!r}"
            raise FormatError(message) from error

    def write(self, fit: Fit, *, force: bool = False) -> None:
        """Write if it is time, or if `force`."""
        begun = time.perf_counter()
        if not force and begun < self._due:
            return
        checkpoint.save(fit.model, self.path, checkpoint=True)
        now = time.perf_counter()
        self._due = now + max(LEAST_SECONDS, (now - begun) / WRITE_SHARE)

    def _take(
        self, fit: Fit, record: dict[str, Any], content: checkpoint.Content
    ) -> list[dict[str, Any]]:
        _check_facts(self.path, record["facts"], fit.facts())
        fit.epoch, fit.done = _whole(record["epoch"]), _whole(record["done"])
        fit.first_step = _whole(record["first_step"])
        log = cast("dict[str, Any]", record["history"])
        restored = History(list(log["epoch"]), {k: list(v) for k, v in log["logs"].items()})
        fit.history.epoch[:], fit.history.history = restored.epoch, restored.history
        parameters = {**content.net.parameters(), **content.net.states()}
        for name, (_, target) in fit.store.targets().items():
            target[...] = parameters[name].data
        checkpoint.restore_arrays(content, fit.store.arrays)
        fit.model.stop_training = bool(record["stopped"])
        entries = record["callbacks"]
        _check_callbacks(self.path, entries, fit.everyone())
        return [
            {**entry["state"], **_under(f"callback.{i}.", content.arrays)}
            for i, entry in enumerate(entries)
        ]


def give_back(callback: Callback, state: dict[str, Any]) -> None:
    """Let a callback take up its state; a file may hold what no callback wrote.

    Raises:
        FormatError: the callback cannot make sense of it.
    """
    try:
        callback.load_state(state)
    except (KeyError, TypeError, ValueError) as error:
        name = type(callback).__name__
        message = f"the state of {name} in the file is not understood: {error!r}"
        raise FormatError(message) from error


def _under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {k.removeprefix(prefix): array for k, array in arrays.items() if k.startswith(prefix)}


def record_of(fit: Fit) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What decides the future of a run: plain values, and arrays of callbacks."""
    entries: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    for i, callback in enumerate(fit.everyone()):
        state = callback.state()
        for name, value in state.items():
            if isinstance(value, np.ndarray):
                arrays[f"callback.{i}.{name}"] = value
        plain = {k: v for k, v in state.items() if not isinstance(v, np.ndarray)}
        entries.append({"class": type(callback).__name__, "state": plain})
    record = {
        "facts": fit.facts(),
        "epoch": fit.epoch,
        "done": fit.done,
        "first_step": fit.first_step,
        "history": {"epoch": fit.history.epoch, "logs": fit.history.history},
        "callbacks": entries,
        "stopped": fit.model.stop_training,
    }
    return record, arrays


def _check_facts(path: Path, found: dict[str, Any], given: dict[str, Any]) -> None:
    differing = [name for name, value in given.items() if found.get(name) != value]
    if differing:
        facts = ", ".join(f"{n}={found.get(n)} there, {given[n]} here" for n in differing)
        message = (
            f"{path} is of a run with other settings: {facts}. Call fit as that run did, or pass "
            "another path for a new run."
        )
        raise UsageError(message)


def _check_callbacks(path: Path, found: list[Any], given: list[Callback]) -> None:
    there = [entry["class"] for entry in found]
    here = [type(callback).__name__ for callback in given]
    if there != here:
        message = (
            f"{path} is of a run with the callbacks {there}; this one has {here}. Pass the same "
            "ones in the same order."
        )
        raise UsageError(message)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        message = f"{value!r} is no count"
        raise ValueError(message)
    return value
