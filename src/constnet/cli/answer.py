"""A prediction in words: the class and its probability, or the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from constnet.train.model import Model

    Array = NDArray[np.floating[Any]]


def describe_row(model: Model, row: Array) -> str:
    """One output row: `cat (97.3%)` where the network knows class names, else its numbers."""
    from constnet.nn.preprocessing import class_names

    names, values = class_names(model.net) or (), np.ravel(row)
    if names and values.size == 1 and np.issubdtype(values.dtype, np.integer):
        return names[int(values[0])]
    if len(names) != len(values):
        return " ".join(f"{value:.6g}" for value in values)
    probabilities = as_probabilities(values)
    best = int(probabilities.argmax())
    return f"{names[best]} ({probabilities[best]:.1%})"


def as_probabilities(values: Array) -> Array:
    """Values that are probabilities stay; logits go through a softmax."""
    if np.all(values >= 0) and abs(float(values.sum()) - 1.0) < 1e-3:
        return values
    shifted = np.exp(values - values.max())
    return shifted / shifted.sum()
