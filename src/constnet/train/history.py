"""`History`: what training reported, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from constnet.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class History:
    """The epochs trained and one list per reported name, as in Keras.

    **Example**
        >>> log = History()
        >>> log.add(0, {"loss": 2.0})
        >>> log.add(1, {"loss": 1.0})
        >>> log.history["loss"], log.epoch
        ([2.0, 1.0], [0, 1])
    """

    epoch: list[int] = field(default_factory=list[int])
    history: dict[str, list[Any]] = field(default_factory=dict[str, "list[Any]"])

    def add(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Append one epoch; a name that is new has None for the epochs before."""
        for name in {**dict.fromkeys(self.history), **dict.fromkeys(logs)}:
            column = self.history.setdefault(name, [None] * len(self.epoch))
            column.append(logs.get(name))
        self.epoch.append(epoch)

    def to_record(self) -> dict[str, Any]:
        """What a model file keeps: the epochs and every name that is one number per epoch."""
        curves = {name: list(values) for name, values in self.history.items() if _is_curve(values)}
        return {"epoch": list(self.epoch), "logs": curves}

    @classmethod
    def from_record(cls, record: object) -> History:
        """The curves of a record; whatever is in it that is no curve is left out.

        Raises:
            ValueError: it is not of the form that `to_record` makes.
        """
        fields = cast("dict[str, Any]", record) if isinstance(record, dict) else {}
        epochs, logs = fields.get("epoch"), fields.get("logs")
        is_record = isinstance(epochs, list) and isinstance(logs, dict)
        if not is_record or not all(type(one) is int for one in cast("list[Any]", epochs)):
            message = f"a history is an object of epochs and logs; found {record!r:.80}"
            raise ValueError(message)
        found = cls(list(cast("list[int]", epochs)))
        for name, values in cast("dict[str, Any]", logs).items():
            if not isinstance(values, list) or len(cast("list[Any]", values)) != len(found.epoch):
                message = f"a history of {len(found.epoch)} epochs has as many of {name!r}"
                raise ValueError(message)
            if _is_curve(cast("list[Any]", values)):
                found.history[name] = list(cast("list[Any]", values))
        return found

    def __getitem__(self, name: str) -> list[Any]:
        """All values of one name."""
        if name not in self.history:
            names = ", ".join(self.history) or "none: no epoch has ended"
            message = f"history has no {name!r}; it has: {names}"
            raise UsageError(message)
        return self.history[name]

    def plot(self, *names: str) -> Any:
        """Draw each name over the epochs, with its validation twin, and return the figure.

        Args:
            names: what to draw; without any, everything that is one number per epoch.

        Raises:
            UsageError: matplotlib is missing, or nothing was reported.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError as error:
            message = "History.plot() needs matplotlib. Install it: pip install 'constnet[plot]'"
            raise UsageError(message) from error
        wanted = names or tuple(name for name in self.history if not name.startswith("val_"))
        wanted = tuple(name for name in wanted if _is_curve(self[name]))
        if not wanted:
            message = f"history of {len(self.epoch)} epochs holds no curve. Train first, with fit."
            raise UsageError(message)
        figure: Any = Figure(figsize=(5 * len(wanted), 3.5), layout="constrained")
        for axes, name in zip(
            figure.subplots(1, len(wanted), squeeze=False)[0], wanted, strict=True
        ):
            axes.plot(self.epoch, self.history[name], label="training")
            if f"val_{name}" in self.history:
                axes.plot(self.epoch, self.history[f"val_{name}"], label="validation")
            axes.set_xlabel("epoch")
            axes.set_ylabel(name)
            axes.legend()
        return figure


def _is_curve(values: list[Any]) -> bool:
    return all(value is None or isinstance(value, (int, float)) for value in values)
