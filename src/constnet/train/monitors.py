"""Callbacks that watch one number of the logs: stop, slow down, or save when it is best."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from constnet.errors import UsageError
from constnet.train.callback import Callback, Logs

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import numpy as np

Mode = Literal["auto", "min", "max"]
_LARGER_IS_BETTER = ("acc", "auc", "precision", "recall", "f1", "r2", "top")


class _Monitor(Callback):
    """A callback that watches one number: which direction is better, and the best so far."""

    def __init__(self, monitor: str, mode: Mode, min_delta: float) -> None:
        if mode not in ("auto", "min", "max"):
            message = f"{type(self).__name__}: mode is {mode!r}; expected 'auto', 'min' or 'max'."
            raise UsageError(message)
        self.monitor = monitor
        self.min_delta = abs(min_delta)
        is_max = any(word in monitor for word in _LARGER_IS_BETTER) and "loss" not in monitor
        self.is_max = is_max if mode == "auto" else mode == "max"
        self.best = -math.inf if self.is_max else math.inf

    def improved(self, logs: Logs) -> bool:
        """Whether the watched number is the best yet; remembers it if so."""
        if self.monitor not in logs:
            names = ", ".join(logs)
            message = (
                f"{type(self).__name__} watches {self.monitor!r}, which the epoch did not report; "
                f"it reported: {names}. For a val_ name pass validation_data to fit."
            )
            raise UsageError(message)
        value = float(logs[self.monitor])
        gain = value - self.best if self.is_max else self.best - value
        if not gain > self.min_delta:
            return False
        self.best = value
        return True


class EarlyStopping(_Monitor):
    """Stops when a number has not improved for `patience` epochs.

    Args:
        monitor: the name in the logs, such as "val_loss".
        patience: epochs without improvement that are waited for.
        min_delta: the least change that counts as improvement.
        mode: whether smaller ("min") or larger ("max") is better; "auto" goes by the name.
        restore_best_weights: at the end put back parameters and state of the best epoch.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 0,
        *,
        min_delta: float = 0.0,
        mode: Mode = "auto",
        restore_best_weights: bool = False,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = patience
        self.restore_best_weights = restore_best_weights
        self.waited = 0
        self.best_epoch = -1
        self.stopped_epoch = -1
        self._weights: dict[str, np.ndarray] = {}

    def on_train_begin(self, epoch: int) -> None:
        """Forget an earlier run; a resumed one gets its state afterwards."""
        del epoch
        self.best = -math.inf if self.is_max else math.inf
        self.waited, self.best_epoch, self.stopped_epoch, self._weights = 0, -1, -1, {}

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Count epochs without improvement."""
        if self.improved(logs):
            self.waited, self.best_epoch = 0, epoch
            if self.restore_best_weights:
                self._weights = self.model.get_weights()
            return
        self.waited += 1
        if self.waited > self.patience:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self) -> None:
        """Put the best weights back."""
        if self.restore_best_weights and self._weights:
            self.model.set_weights(self._weights)

    def state(self) -> dict[str, Any]:
        """Best value, counters and weights."""
        plain = {"best": self.best, "waited": self.waited, "best_epoch": self.best_epoch}
        return {**plain, **{f"weights.{path}": array for path, array in self._weights.items()}}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` returned."""
        self.best, self.waited = float(state["best"]), int(state["waited"])
        self.best_epoch = int(state["best_epoch"])
        self._weights = {
            name.removeprefix("weights."): array
            for name, array in state.items()
            if name.startswith("weights.")
        }


class ReduceLROnPlateau(_Monitor):
    """Multiplies the learning rate by `factor` when a number stops improving.

    Args:
        monitor: the name in the logs.
        factor: what the rate is multiplied by, between 0 and 1.
        patience: epochs without improvement that are waited for.
        min_delta: the least change that counts as improvement.
        mode: whether smaller or larger is better; "auto" goes by the name.
        cooldown: epochs after a reduction that are not counted.
        min_scale: the least product of all factors.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        *,
        min_delta: float = 1e-4,
        mode: Mode = "auto",
        cooldown: int = 0,
        min_scale: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        if not 0 < factor < 1:
            message = f"ReduceLROnPlateau: factor is {factor}; expected a number between 0 and 1."
            raise UsageError(message)
        self.factor, self.patience, self.cooldown = factor, patience, cooldown
        self.min_scale = min_scale
        self.waited = 0
        self.resting = 0

    def on_train_begin(self, epoch: int) -> None:
        """Forget an earlier run."""
        del epoch
        self.best = -math.inf if self.is_max else math.inf
        self.waited = self.resting = 0

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Reduce the rate where the wait is over."""
        del epoch
        is_better = self.improved(logs)
        if self.resting > 0:
            self.resting -= 1
            self.waited = 0
        if is_better:
            self.waited = 0
        elif self.resting == 0:
            self.waited += 1
            if self.waited >= self.patience:
                scale = max(self.model.learning_rate_scale * self.factor, self.min_scale)
                self.model.learning_rate_scale = scale
                self.waited, self.resting = 0, self.cooldown

    def state(self) -> dict[str, Any]:
        """Best value and counters; the scale itself is in the model's state."""
        return {"best": self.best, "waited": self.waited, "resting": self.resting}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` returned."""
        self.best = float(state["best"])
        self.waited, self.resting = int(state["waited"]), int(state["resting"])


class ModelCheckpoint(_Monitor):
    """Saves the model after each epoch, or after the best ones only.

    Args:
        path: where; `{epoch}` and names of the logs are filled in: "run-{epoch:03d}.safetensors".
        monitor: the number that decides what is best.
        save_best_only: whether to save only when it improved.
        mode: whether smaller or larger is better; "auto" goes by the name.
    """

    saves = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        monitor: str = "val_loss",
        *,
        save_best_only: bool = False,
        mode: Mode = "auto",
    ) -> None:
        super().__init__(monitor, mode, 0.0)
        self.path = str(path)
        self.save_best_only = save_best_only

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Save, atomically."""
        if self.save_best_only and not self.improved(logs):
            return
        try:
            place = self.path.format(**{**logs, "epoch": epoch})
        except (KeyError, IndexError, ValueError) as error:
            message = (
                f"ModelCheckpoint: {self.path!r} cannot be filled in from epoch={epoch} and "
                f"{', '.join(logs)}: {error}"
            )
            raise UsageError(message) from error
        self.model.save(place, checkpoint=True)

    def state(self) -> dict[str, Any]:
        """The best value."""
        return {"best": self.best}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` returned."""
        self.best = float(state["best"])
