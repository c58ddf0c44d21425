"""Metrics that are a mean over everything seen: accuracies and errors."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from constnet import dtypes, ops
from constnet.configurable import require_number, require_whole
from constnet.errors import ShapeError
from constnet.metrics.metric import (
    Metric,
    States,
    Totals,
    count,
    labels_of,
    matching,
    ratio,
    row_weights,
    to_sum,
)

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor


@dataclass(frozen=True)
class MeanMetric(Metric):
    """Base of metrics that are a mean. A subclass writes `values`."""

    @abstractmethod
    def values(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """What is averaged, rows first."""

    def states(self) -> dict[str, tuple[int, ...]]:
        """The sum of the values, and their number."""
        return {"total": (), "count": ()}

    def update(
        self, states: States, y_true: Tensor, y_pred: Tensor, weight: Tensor | None = None
    ) -> States:
        """The sums after a batch."""
        values = self.values(y_true, y_pred)
        total = ops.sum(to_sum(values, weight, self.name))
        return {
            "total": states["total"] + total,
            "count": states["count"] + count(values, weight, self.name),
        }

    def result(self, states: Totals) -> float:
        """The mean, 0 if nothing was seen."""
        return float(ratio(states["total"], states["count"]))


@dataclass(frozen=True)
class BinaryAccuracy(MeanMetric):
    """Share of yes-or-no answers that are right.

    Args:
        threshold: predictions above it mean yes: 0.5 for probabilities, 0 for logits.
    """

    label: ClassVar[str] = "binary_accuracy"
    threshold: float = 0.5

    def __post_init__(self) -> None:
        require_number(self, "threshold", self.threshold)

    def values(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """1 where the answer is right."""
        y_true = matching(self.name, y_true, y_pred)
        return ops.equal(y_pred > self.threshold, y_true.astype(y_pred.dtype) > 0.5)


@dataclass(frozen=True)
class CategoricalAccuracy(MeanMetric):
    """Share of rows whose largest score is at the one of the one-hot target."""

    label: ClassVar[str] = "categorical_accuracy"

    def values(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """1 where the class is right."""
        if y_true.shape != y_pred.shape:
            message = (
                f"[{self.name}] targets are {y_true.type}, predictions {y_pred.type}. Give one-hot "
                f"targets of shape {y_pred.shape}, or use SparseCategoricalAccuracy for labels."
            )
            raise ShapeError(message)
        return _is_class_right(self.name, y_true, y_pred)


@dataclass(frozen=True)
class SparseCategoricalAccuracy(MeanMetric):
    """Share of rows whose largest score is at the label."""

    label: ClassVar[str] = "sparse_categorical_accuracy"

    def values(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """1 where the class is right."""
        return _is_class_right(self.name, y_true, y_pred)


@dataclass(frozen=True)
class Accuracy(MeanMetric):
    """Share of answers that are right; the shapes say which accuracy that is.

    Whole-number labels beside class scores: sparse. Equal shapes with a last axis above 1:
    categorical, where targets are whole vectors. One number a row: binary.

    Args:
        threshold: of the binary case, 0.5 for probabilities, 0 for logits.
    """

    label: ClassVar[str] = "accuracy"
    threshold: float = 0.5

    def __post_init__(self) -> None:
        require_number(self, "threshold", self.threshold)

    def values(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """1 where the answer is right."""
        if y_pred.rank < 2 or y_pred.shape[-1] == 1:
            return BinaryAccuracy(self.threshold).values(y_true, y_pred)
        return _is_class_right(self.name, y_true, y_pred)


@dataclass(frozen=True)
class TopKCategoricalAccuracy(MeanMetric):
    """Share of rows whose true class is among the `k` largest scores.

    A class counts as long as fewer than k scores are larger than its own, so ties are in its
    favour. Targets are labels or one-hot.
    """

    label: ClassVar[str] = "top_k_categorical_accuracy"
    k: int = 5

    def __post_init__(self) -> None:
        require_whole(self, "k", self.k)

    @property
    def name(self) -> str:
        """The name with k in it."""
        return f"top_{self.k}_categorical_accuracy"

    def values(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """1 where fewer than k scores beat that of the true class."""
        labels = labels_of(self.name, y_true, y_pred)
        is_label = ops.equal(ops.expand_dims(labels, -1), ops.arange(y_pred.shape[-1]))
        own = ops.sum(ops.where(is_label, y_pred, 0.0), axis=-1, keepdims=True)
        is_larger = (y_pred > own).astype(dtypes.int32)
        return ops.sum(is_larger, axis=-1) < self.k


@dataclass(frozen=True)
class MeanSquaredError(MeanMetric):
    """Mean of squared differences."""

    label: ClassVar[str] = "mse"

    def values(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The squared differences, in the prediction's dtype."""
        difference = y_pred - matching(self.name, y_true, y_pred).astype(y_pred.dtype)
        return difference * difference


@dataclass(frozen=True)
class RootMeanSquaredError(MeanSquaredError):
    """Root of the mean of squared differences."""

    label: ClassVar[str] = "rmse"

    def result(self, states: Totals) -> float:
        """The root of the mean."""
        return float(np.sqrt(super().result(states)))


@dataclass(frozen=True)
class MeanAbsoluteError(MeanMetric):
    """Mean of absolute differences."""

    label: ClassVar[str] = "mae"

    def values(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The absolute differences, in the prediction's dtype."""
        return ops.abs(y_pred - matching(self.name, y_true, y_pred).astype(y_pred.dtype))


@dataclass(frozen=True)
class R2Score(Metric):
    """Coefficient of determination: the share of the targets' variance that is explained.

    Formula:
        `1 - sum (y - p)^2 / sum (y - mean y)^2`, averaged over outputs. An output whose targets are
        all equal scores 1 if predicted exactly and 0 if not, as in scikit-learn.

    Args:
        num_outputs: numbers that the network predicts for a row, or for a position: of outputs
            `(N, T, C)` with `num_outputs=C` every position counts as a row.
    """

    label: ClassVar[str] = "r2"
    num_outputs: int = 1

    def __post_init__(self) -> None:
        require_whole(self, "num_outputs", self.num_outputs, high=2**20)

    def states(self) -> dict[str, tuple[int, ...]]:
        """Sums by output: residual squares, targets, their squares; and the count of rows."""
        one = (self.num_outputs,)
        return {"residual": one, "sum": one, "square": one, "count": ()}

    def update(
        self, states: States, y_true: Tensor, y_pred: Tensor, weight: Tensor | None = None
    ) -> States:
        """The sums after a batch."""
        y_true = matching(self.name, y_true, y_pred).astype(dtypes.float64)
        rows = self._rows(y_pred)
        if weight is not None:
            positions = rows[:-1] if rows[0] == y_pred.shape[0] else y_pred.shape[:-1]
            weight = ops.reshape(
                row_weights(ops.full(positions, 0.0), weight, self.name), (rows[0],)
            )
        target = ops.reshape(y_true, rows)
        residual = target - ops.reshape(y_pred, rows).astype(dtypes.float64)
        sums = {"residual": residual * residual, "sum": target, "square": target * target}
        new = {
            name: states[name] + ops.sum(to_sum(value, weight, self.name), axis=0)
            for name, value in sums.items()
        }
        return {**new, "count": states["count"] + count(target[:, 0], weight, self.name)}

    def _rows(self, y_pred: Tensor) -> tuple[int, int]:
        """The shape in which every row, or else every position, has `num_outputs` numbers."""
        width = y_pred.type.size // max(y_pred.shape[0], 1)
        if self.num_outputs not in (width, y_pred.shape[-1]):
            message = (
                f"[{self.name}] was made for num_outputs={self.num_outputs}, the network predicts "
                f"{width} numbers a row. Use R2Score(num_outputs={width})."
            )
            raise ShapeError(message)
        return y_pred.type.size // self.num_outputs, self.num_outputs

    def result(self, states: Totals) -> float:
        """The mean score over outputs."""
        spread = states["square"] - states["sum"] ** 2 / max(float(states["count"]), 1e-300)
        residual = states["residual"]
        # Targets that are all equal leave only the rounding of their squares.
        is_flat = spread <= 1e-12 * np.abs(states["square"])
        score = 1.0 - residual / np.where(is_flat, 1.0, spread)
        return float(np.mean(np.where(is_flat, residual == 0, score)))


def _is_class_right(name: str, y_true: Tensor, y_pred: Tensor) -> Tensor:
    labels = labels_of(name, y_true, y_pred)
    return ops.equal(ops.argmax(y_pred, axis=-1).astype(dtypes.int32), labels)
