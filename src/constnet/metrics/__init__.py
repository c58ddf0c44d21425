"""Metrics: what a person reads about a network, summed in the graph and finished in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.configurable import Catalog
from constnet.metrics.classification import AUC, ConfusionMatrix, F1Score, Precision, Recall
from constnet.metrics.language import BitsPerCharacter, Perplexity
from constnet.metrics.mean import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    MeanAbsoluteError,
    MeanSquaredError,
    R2Score,
    RootMeanSquaredError,
    SparseCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from constnet.metrics.metric import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constnet.losses import Loss

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BitsPerCharacter",
    "CategoricalAccuracy",
    "ConfusionMatrix",
    "F1Score",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Metric",
    "Perplexity",
    "Precision",
    "R2Score",
    "Recall",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "from_config",
    "get",
]

_ALIASES: dict[str, type[Metric]] = {
    "accuracy": Accuracy,
    "acc": Accuracy,
    "binary_accuracy": BinaryAccuracy,
    "categorical_accuracy": CategoricalAccuracy,
    "sparse_categorical_accuracy": SparseCategoricalAccuracy,
    "top_k_categorical_accuracy": TopKCategoricalAccuracy,
    "precision": Precision,
    "recall": Recall,
    "f1": F1Score,
    "f1_score": F1Score,
    "auc": AUC,
    "perplexity": Perplexity,
    "bits_per_character": BitsPerCharacter,
    "bpc": BitsPerCharacter,
    "mae": MeanAbsoluteError,
    "mean_absolute_error": MeanAbsoluteError,
    "mse": MeanSquaredError,
    "mean_squared_error": MeanSquaredError,
    "rmse": RootMeanSquaredError,
    "root_mean_squared_error": RootMeanSquaredError,
    "r2": R2Score,
    "r2_score": R2Score,
}
_CLASSES: tuple[type[Metric], ...] = (*dict.fromkeys(_ALIASES.values()), ConfusionMatrix)
_CATALOG: Catalog[Metric] = Catalog("metric", _CLASSES, _ALIASES)
_THRESHOLDED = (Accuracy, BinaryAccuracy, Precision, Recall, F1Score)


def get(given: object, loss: Loss | None = None) -> Metric:
    """The metric that an object, a name such as "accuracy", or a config stands for.

    A name given beside a `loss` of logits gives a metric of logits: the binary threshold is then 0,
    AUC takes the sigmoid first, and perplexity the softmax.
    """
    if isinstance(given, str) and getattr(loss, "from_logits", False):
        class_ = _CATALOG.find(given)
        if issubclass(class_, _THRESHOLDED):
            return class_(threshold=0.0)
        if issubclass(class_, (AUC, BitsPerCharacter)):
            return class_(from_logits=True)
    return _CATALOG.get(given, Metric)


def from_config(config: Mapping[str, object], custom: Sequence[type[Metric]] = ()) -> Metric:
    """The metric that `metric.config()` described; `custom` are classes of the user's own."""
    return _CATALOG.from_config(config, custom)
