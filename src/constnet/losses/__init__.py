"""Losses: scalars that training makes small, composed of operations and compiled with the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.configurable import Catalog
from constnet.losses.loss import Loss
from constnet.losses.margin import Hinge, SquaredHinge
from constnet.losses.probabilistic import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    KLDivergence,
    SparseCategoricalCrossentropy,
)
from constnet.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanSquaredError,
    Poisson,
    Quantile,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CosineSimilarity",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Poisson",
    "Quantile",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "from_config",
    "get",
]

_ALIASES: dict[str, type[Loss]] = {
    "mse": MeanSquaredError,
    "mean_squared_error": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "mean_absolute_error": MeanAbsoluteError,
    "huber": Huber,
    "log_cosh": LogCosh,
    "logcosh": LogCosh,
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "kl_divergence": KLDivergence,
    "kld": KLDivergence,
    "hinge": Hinge,
    "squared_hinge": SquaredHinge,
    "poisson": Poisson,
    "quantile": Quantile,
    "cosine_similarity": CosineSimilarity,
}
_CATALOG: Catalog[Loss] = Catalog("loss", tuple(dict.fromkeys(_ALIASES.values())), _ALIASES)


def get(given: object) -> Loss:
    """The loss that an object, a name such as "mse", or a config stands for."""
    return _CATALOG.get(given, Loss)


def from_config(config: Mapping[str, object], custom: Sequence[type[Loss]] = ()) -> Loss:
    """The loss that `loss.config()` described; `custom` are classes of the user's own."""
    return _CATALOG.from_config(config, custom)
