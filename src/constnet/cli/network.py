"""The network that `constnet train` makes when it is only given data: a plain dense one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from constnet import losses, nn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.cli.source import Samples


def default_network(
    samples: Samples, hidden: Sequence[int], dropout: float
) -> nn.Sequential[Any, Any]:
    """Pre-processing fitted from the data, hidden layers with ReLU, and one output per class.

    Images are scaled to [0, 1], everything else to mean 0 and variance 1. The class names become
    part of the network, so that what ships can say them. What predicts values ends in the mean and
    deviation of the targets, so that prices in thousands are learned as fast as those near one.
    """
    layers: list[nn.Layer[Any, Any]] = [_scaling(samples)]
    if samples.x.ndim > 2:
        layers.append(nn.Flatten())
    for units in hidden:
        layers += [nn.Dense(units), nn.ReLU()]
        if dropout > 0:
            layers.append(nn.Dropout(dropout))
    if not samples.is_classification:
        layers.append(nn.Dense(samples.y.shape[1] if samples.y.ndim > 1 else 1))
        y = np.asarray(samples.y, np.float64)
        layers.append(nn.Rescaling(float(y.std()) or 1.0, float(y.mean())))
        return nn.Sequential(*layers)
    layers.append(nn.Dense(samples.classes))
    names = samples.class_names or tuple(str(number) for number in range(samples.classes))
    return nn.Sequential(*layers, nn.ClassNames(names))


def _scaling(samples: Samples) -> nn.Layer[Any, Any]:
    if samples.x.dtype == "uint8":
        return nn.Rescaling(1.0 / float(samples.x.max() or 1))  # type: ignore[arg-type]
    return nn.Normalization().adapt(samples.x)


def default_loss(samples: Samples) -> losses.Loss:
    """Cross-entropy on logits for classes, mean squared error for values."""
    if samples.is_classification:
        return losses.SparseCategoricalCrossentropy(from_logits=True)
    return losses.MeanSquaredError()


def default_metrics(samples: Samples) -> list[str]:
    """What is worth watching beside the loss."""
    return ["accuracy"] if samples.is_classification else ["mae"]
