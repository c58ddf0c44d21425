"""Callbacks: what runs in Python between chunks of compiled steps.

A callback is asked after every epoch, and after every `every_steps` steps where it says so. What it
must remember across a resumed run it returns from `state()`: plain values and arrays by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from constnet.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from constnet.train.model import Model

Logs = dict[str, Any]


class Callback:
    """Base of every callback: override what you need.

    `self.model` is the model being trained; set `self.model.stop_training = True` to end the run
    after this step or epoch. Values of `logs` are those of the epoch so far.
    """

    every_steps: int | None = None
    saves: bool = False  # asked after all others, when the history has the epoch
    _model: Model | None = None

    @property
    def model(self) -> Model:
        """The model being trained."""
        if self._model is None:
            message = f"{type(self).__name__} has no model yet: pass it to fit(callbacks=[...])"
            raise UsageError(message)
        return self._model

    def set_model(self, model: Model) -> None:
        """Called by `fit` before everything else."""
        self._model = model

    def on_train_begin(self, epoch: int) -> None:
        """Before the first step; `epoch` is the first to be trained, above 0 when resumed."""

    def on_epoch_begin(self, epoch: int) -> None:
        """Before the first step of an epoch."""

    def on_steps(self, step: int, logs: Logs) -> None:
        """After every `every_steps` steps; `step` counts all steps of the model."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """After an epoch and its validation; names added to `logs` go into the history."""

    def on_train_end(self) -> None:
        """After the last step, also when training was stopped."""

    def state(self) -> dict[str, Any]:
        """What a resumed run needs: plain JSON values and NumPy arrays, by name."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` returned."""


class LambdaCallback(Callback):
    """A callback made of functions.

    Args:
        on_epoch_end: called with (epoch, logs).
        on_epoch_begin: called with (epoch).
        on_steps: called with (step, logs) every `every_steps` steps.
        every_steps: how often `on_steps` is called; needed with it.
    """

    def __init__(
        self,
        on_epoch_end: Callable[[int, Logs], object] | None = None,
        *,
        on_epoch_begin: Callable[[int], object] | None = None,
        on_steps: Callable[[int, Logs], object] | None = None,
        every_steps: int | None = None,
    ) -> None:
        if (on_steps is None) != (every_steps is None):
            message = (
                f"LambdaCallback(on_steps={on_steps}, every_steps={every_steps}): give both, or "
                "neither. Example: LambdaCallback(on_steps=f, every_steps=1000)"
            )
            raise UsageError(message)
        if every_steps is not None and every_steps < 1:
            message = f"LambdaCallback: every_steps is {every_steps}; expected at least 1."
            raise UsageError(message)
        self.every_steps = every_steps
        self._epoch_end = on_epoch_end
        self._epoch_begin = on_epoch_begin
        self._steps = on_steps

    def on_epoch_begin(self, epoch: int) -> None:
        """Call the user's function."""
        if self._epoch_begin is not None:
            self._epoch_begin(epoch)

    def on_steps(self, step: int, logs: Logs) -> None:
        """Call the user's function."""
        if self._steps is not None:
            self._steps(step, logs)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Call the user's function."""
        if self._epoch_end is not None:
            self._epoch_end(epoch, logs)


class LearningRateLogger(Callback):
    """Adds the learning rate after each epoch to the logs, as `learning_rate`."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Add the rate of the next step."""
        del epoch
        logs["learning_rate"] = self.model.learning_rate
