"""Metrics of classes: precision, recall, F1, confusion matrix, area under the ROC curve."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from constnet import dtypes, ops
from constnet.configurable import require_bool, require_choice, require_number, require_whole
from constnet.errors import UsageError
from constnet.metrics.metric import (
    Metric,
    States,
    Totals,
    labels_of,
    matching,
    need_classes,
    ratio,
    row_weights,
    to_sum,
)

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor

# A file may name any size: what it makes must fit into memory.
_MOST_COUNTS = 2**20
_MOST_CLASSES = 2**12


@dataclass(frozen=True)
class CountedMetric(Metric):
    """Base of precision, recall and F1: true and false positives and false negatives.

    Args:
        average: "binary" for one yes-or-no answer; for several classes "micro" (all counted
            together) or "macro" (the mean of every class's own).
        threshold: of the binary case, 0.5 for probabilities, 0 for logits.
        num_classes: of the macro average, which keeps counts by class.
    """

    average: str = "binary"
    threshold: float = 0.5
    num_classes: int | None = None

    def __post_init__(self) -> None:
        require_choice(self, "average", self.average, ("binary", "micro", "macro"))
        require_number(self, "threshold", self.threshold)
        if self.num_classes is not None:
            require_whole(self, "num_classes", self.num_classes, low=2, high=_MOST_COUNTS)
        if self.average == "macro" and self.num_classes is None:
            name = type(self).__name__
            message = (
                f'{name}(average="macro", num_classes=None): counts are kept by class. Give '
                f'num_classes, as in {name}(average="macro", num_classes=10).'
            )
            raise UsageError(message)

    def states(self) -> dict[str, tuple[int, ...]]:
        """The three counts, by class in the macro average."""
        shape = (self.num_classes,) if self.average == "macro" and self.num_classes else ()
        return dict.fromkeys(("true_positive", "false_positive", "false_negative"), shape)

    def update(
        self, states: States, y_true: Tensor, y_pred: Tensor, weight: Tensor | None = None
    ) -> States:
        """The counts after a batch."""
        true, predicted = self._decisions(y_true, y_pred)
        true, predicted = true.astype(dtypes.float64), predicted.astype(dtypes.float64)
        hits = true * predicted
        columns = {
            "true_positive": hits,
            "false_positive": predicted - hits,
            "false_negative": true - hits,
        }
        axes = tuple(range(hits.rank - (self.average == "macro")))
        return {
            name: states[name] + ops.sum(to_sum(column, weight, self.name), axis=axes)
            for name, column in columns.items()
        }

    def result(self, states: Totals) -> float:
        """The metric, averaged over classes if so asked; 0 where there is nothing to divide by."""
        scores = self.score(
            states["true_positive"], states["false_positive"], states["false_negative"]
        )
        return float(np.mean(scores))

    @abstractmethod
    def score(self, hits: np.ndarray, false_alarms: np.ndarray, misses: np.ndarray) -> np.ndarray:
        """The metric from true positives, false positives and false negatives."""

    def _decisions(self, y_true: Tensor, y_pred: Tensor) -> tuple[Tensor, Tensor]:
        if self.average == "binary":
            answers = matching(self.name, y_true, y_pred).astype(y_pred.dtype)
            return answers > 0.5, y_pred > self.threshold
        if self.num_classes is not None:
            need_classes(self.name, self.num_classes, y_pred)
        classes = y_pred.shape[-1]
        labels = labels_of(self.name, y_true, y_pred)
        predicted = ops.argmax(y_pred, axis=-1).astype(dtypes.int32)
        return ops.one_hot(labels, classes), ops.one_hot(predicted, classes)


@dataclass(frozen=True)
class Precision(CountedMetric):
    """Share of the answers yes that are right: `TP / (TP + FP)`."""

    label: ClassVar[str] = "precision"

    def score(self, hits: np.ndarray, false_alarms: np.ndarray, misses: np.ndarray) -> np.ndarray:  # noqa: ARG002
        """The precision."""
        return ratio(hits, hits + false_alarms)


@dataclass(frozen=True)
class Recall(CountedMetric):
    """Share of the true ones that are found: `TP / (TP + FN)`."""

    label: ClassVar[str] = "recall"

    def score(self, hits: np.ndarray, false_alarms: np.ndarray, misses: np.ndarray) -> np.ndarray:  # noqa: ARG002
        """The recall."""
        return ratio(hits, hits + misses)


@dataclass(frozen=True)
class F1Score(CountedMetric):
    """Harmonic mean of precision and recall: `2 TP / (2 TP + FP + FN)`."""

    label: ClassVar[str] = "f1"

    def score(self, hits: np.ndarray, false_alarms: np.ndarray, misses: np.ndarray) -> np.ndarray:
        """The F1 score."""
        return ratio(2 * hits, 2 * hits + false_alarms + misses)


@dataclass(frozen=True)
class ConfusionMatrix(Metric):
    """How often (or with what weight) each true class, by row, was taken for each, by column.

    Args:
        num_classes: number of classes; 2 with a single output means yes or no.
        threshold: of that single output, 0.5 for probabilities, 0 for logits.
    """

    label: ClassVar[str] = "confusion_matrix"
    num_classes: int
    threshold: float = 0.5

    def __post_init__(self) -> None:
        require_whole(self, "num_classes", self.num_classes, low=2, high=_MOST_CLASSES)
        require_number(self, "threshold", self.threshold)

    def states(self) -> dict[str, tuple[int, ...]]:
        """The matrix, row-major in one vector."""
        return {"counts": (self.num_classes**2,)}

    def update(
        self, states: States, y_true: Tensor, y_pred: Tensor, weight: Tensor | None = None
    ) -> States:
        """The matrix after a batch."""
        true, predicted = self._labels(y_true, y_pred)
        cell = true * self.num_classes + predicted
        return {"counts": states["counts"] + _histogram(self, cell, weight, self.num_classes**2)}

    def result(self, states: Totals) -> np.ndarray:
        """The matrix, `(num_classes, num_classes)`."""
        return states["counts"].reshape(self.num_classes, self.num_classes).copy()

    def _labels(self, y_true: Tensor, y_pred: Tensor) -> tuple[Tensor, Tensor]:
        is_single = y_pred.rank == 1 or y_pred.shape[-1] == 1
        if is_single and self.num_classes == 2:
            labels = matching(self.name, y_true, y_pred).astype(dtypes.int32)
            return labels, (y_pred > self.threshold).astype(dtypes.int32)
        need_classes(self.name, self.num_classes, y_pred)
        labels = labels_of(self.name, y_true, y_pred)
        return labels, ops.argmax(y_pred, axis=-1).astype(dtypes.int32)


@dataclass(frozen=True)
class AUC(Metric):
    """Area under the ROC curve of yes-or-no answers: how often a yes scores above a no.

    Scores are counted in `num_thresholds` bins of equal width over [0, 1]. Pairs in different bins
    are counted exactly and pairs that share one as one half, so the error is at most half the share
    of (yes, no) pairs within a bin: below 0.5 / num_thresholds for scores spread evenly.

    Args:
        num_thresholds: number of bins.
        from_logits: whether scores are logits; their sigmoid is taken first.
    """

    label: ClassVar[str] = "auc"
    num_thresholds: int = 200
    from_logits: bool = False

    def __post_init__(self) -> None:
        require_whole(self, "num_thresholds", self.num_thresholds, low=2, high=_MOST_COUNTS)
        require_bool(self, from_logits=self.from_logits)

    def states(self) -> dict[str, tuple[int, ...]]:
        """Histograms of the scores of the noes, then of the yeses, in one vector."""
        return {"counts": (2 * self.num_thresholds,)}

    def update(
        self, states: States, y_true: Tensor, y_pred: Tensor, weight: Tensor | None = None
    ) -> States:
        """The histograms after a batch."""
        y_true = matching(self.name, y_true, y_pred)
        scores = ops.sigmoid(y_pred) if self.from_logits else y_pred
        bins = self.num_thresholds
        position = ops.clip(ops.floor(scores * float(bins)), 0.0, float(bins - 1))
        cell = y_true.astype(dtypes.int32) * bins + position.astype(dtypes.int32)
        return {"counts": states["counts"] + _histogram(self, cell, weight, 2 * bins)}

    def result(self, states: Totals) -> float:
        """The area; 0 if only yes or only no was seen."""
        noes, yeses = states["counts"].reshape(2, self.num_thresholds)
        below = np.cumsum(noes) - noes / 2
        return float(ratio(np.asarray(yeses @ below), np.asarray(yeses.sum() * noes.sum())))


def _histogram(metric: Metric, cell: Tensor, weight: Tensor | None, cells: int) -> Tensor:
    """How often (or with what weight) each cell number occurs, float64."""
    size = cell.type.size
    if weight is None:
        amounts = ops.full((size,), 1.0, dtypes.float64)
    else:
        amounts = ops.reshape(row_weights(cell, weight, metric.name), (size,))
    return ops.scatter_add(amounts, ops.reshape(cell, (size,)), cells)
