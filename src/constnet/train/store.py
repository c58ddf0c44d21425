"""The arrays of a model by graph input name, shared with the parameters of its network.

Every parameter's `data` is a view of `theta` (or of its own frozen or state array), so what the
compiled step changes is what the user reads, and what the user writes in place is what the next
step sees. An array that the user assigned is noticed by `pull` and copied in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from constnet.nn.parameter import Parameter
from constnet.train.layout import aligned_zeros
from constnet.train.step import HYPER_LENGTH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constnet.train.recipe import Recipe

Array = np.ndarray


class Store:
    """Live arrays of one recipe.

    Args:
        recipe: a recipe of a network whose parameters have values.
        seed: the model's seed, two words of 32 bits.
    """

    def __init__(self, recipe: Recipe, seed: tuple[int, int]) -> None:
        dtype, length = recipe.dtype.numpy, recipe.layout.length
        self.recipe = recipe
        self.arrays: dict[str, Array] = {"theta": aligned_zeros((length,), dtype)}
        for slot in recipe.optimizer.slots():
            self.arrays[f"slot.{slot}"] = aligned_zeros((length,), dtype)
        for path, variable in recipe.states.items():
            kept = aligned_zeros(tuple(variable.shape), variable.data.dtype)
            self.arrays[f"state.{path}"] = kept
        for name, shape in recipe.metric_shapes().items():
            self.arrays[name] = aligned_zeros(shape, np.dtype(np.float64))
        self.arrays["step"] = aligned_zeros((), np.dtype(np.uint32))
        self.arrays["seed"] = np.asarray(seed, np.uint32)
        self.arrays["hyper"] = np.zeros(HYPER_LENGTH, dtype)
        self.arrays["hyper"][0] = 1
        for path, parameter in recipe.frozen.items():
            self.arrays[f"frozen.{path}"] = aligned_zeros(tuple(parameter.shape), dtype)
        self._bound: dict[str, Array] = {}
        self._watched: list[tuple[Parameter, Array]] = []
        self._assignments = -1
        self.pull()

    @property
    def step(self) -> int:
        """Steps trained so far."""
        return int(self.arrays["step"])

    def targets(self) -> dict[str, tuple[Parameter, Array]]:
        """Each parameter and state by path, with the array that holds its values here."""
        recipe = self.recipe
        views = recipe.layout.views(self.arrays["theta"])
        found = {path: (recipe.trainable[path], view) for path, view in views.items()}
        for path, parameter in recipe.frozen.items():
            found[path] = (parameter, self.arrays[f"frozen.{path}"])
        for path, variable in recipe.states.items():
            found[path] = (variable, self.arrays[f"state.{path}"])
        return found

    def pull(self) -> bool:
        """Copy in what the user assigned to a parameter; True if there was anything."""
        changed = False
        for path, (parameter, target) in self.targets().items():
            if parameter.data is not self._bound.get(path):
                target[...] = parameter.data
                changed = True
        if changed:
            self.bind()
        return changed

    def bind(self) -> None:
        """Make every parameter's `data` a view of the arrays here."""
        for path, (parameter, target) in self.targets().items():
            parameter.data = target
            self._bound[path] = parameter.data
        self._watched = [(p, self._bound[path]) for path, (p, _) in self.targets().items()]

    def is_bound(self) -> bool:
        """Whether no parameter was assigned another array since `bind`."""
        if Parameter.assignments == self._assignments:
            return True
        bound = all(parameter.data is array for parameter, array in self._watched)
        if bound:
            self._assignments = Parameter.assignments
        return bound

    def adopt(self, live: Mapping[str, Array]) -> bool:
        """Take over the arrays of an engine that keeps its own; True if it does."""
        own = {name: live[name] for name in self.arrays if name in live}
        differs = any(self.arrays[name] is not array for name, array in own.items())
        if differs:
            self.arrays.update(own)
            self.bind()
        return differs

    def lend(
        self, live: Mapping[str, Array], *, skip: tuple[str, ...] = ("metric.", "step")
    ) -> None:
        """Copy the values here into another engine's arrays, where they are not the same ones."""
        for name, array in live.items():
            mine = self.arrays.get(name)
            if mine is not None and mine is not array and not name.startswith(skip):
                array[...] = mine

    def clear_metrics(self) -> None:
        """Start the accumulators of an epoch at zero."""
        clear_metrics(self.arrays)

    def snapshot(self) -> dict[str, Array]:
        """A copy of everything a step changes."""
        return {
            name: array.copy()
            for name, array in self.arrays.items()
            if not name.startswith(("frozen.", "seed"))
        }

    def restore(self, snapshot: Mapping[str, Array]) -> None:
        """Put a snapshot's values back, in place."""
        for name, array in snapshot.items():
            self.arrays[name][...] = array


def clear_metrics(arrays: Mapping[str, Array]) -> None:
    """Zero all metric accumulators among `arrays`."""
    for name, array in arrays.items():
        if name.startswith("metric."):
            array[...] = 0
