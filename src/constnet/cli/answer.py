"""A prediction in words: the class and its probability, or the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]


def describe_row(model: Any, row: Array) -> str:
    """One output row: `cat (97.3%)` where the network knows class names, else its numbers."""
    names = class_names(model.net)
    values = np.ravel(row)
    if len(names) != len(values):
        return " ".join(f"{value:.6g}" for value in values)
    probabilities = as_probabilities(values)
    best = int(probabilities.argmax())
    return f"{names[best]} ({probabilities[best]:.1%})"


def class_names(net: Any) -> tuple[str, ...]:
    """The names that a `ClassNames` layer of the network holds, or none."""
    from constnet import nn

    for _, layer in net.walk():
        if isinstance(layer, nn.ClassNames):
            return tuple(layer.names)
    return ()


def as_probabilities(values: Array) -> Array:
    """Values that are probabilities stay; logits go through a softmax."""
    if np.all(values >= 0) and abs(float(values.sum()) - 1.0) < 1e-3:
        return values
    shifted = np.exp(values - values.max())
    return shifted / shifted.sum()
