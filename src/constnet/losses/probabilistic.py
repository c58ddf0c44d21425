"""Losses of probabilities: cross-entropies from logits or probabilities, and KL divergence.

From logits they are computed through log-sum-exp, so no logit overflows, and their gradient is the
well-known `softmax - target`: it reuses the exponentials of the forward pass.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from constnet import ops
from constnet.configurable import numbers, require_bool, require_number
from constnet.errors import DataError, ShapeError
from constnet.losses.loss import Loss, check_range, first_place, match, match_labels
from constnet.losses.regression import EPSILON
from constnet.ops.tensor import Tensor, constant


@dataclass(eq=False)
class _CrossEntropy(Loss):
    """Settings that the cross-entropies share."""

    from_logits: bool = False
    label_smoothing: float = 0.0
    class_weight: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        require_bool(self, from_logits=self.from_logits)
        require_number(self, "label_smoothing", self.label_smoothing, low=0, below=1)
        if self.class_weight is not None:
            self.class_weight = numbers(self, "class_weight", self.class_weight)

    def _weights(self, classes: int) -> np.ndarray | None:
        if self.class_weight is None:
            return None
        if len(self.class_weight) != classes:
            message = (
                f"[{type(self).__name__}] class_weight has {len(self.class_weight)} numbers, the "
                f"network tells {classes} classes apart. Give {classes} numbers."
            )
            raise ShapeError(message)
        return np.asarray(self.class_weight)


@dataclass(eq=False)
class BinaryCrossentropy(_CrossEntropy):
    """Cross-entropy of independent yes-or-no answers.

    Formula:
        `-(z log p + (1 - z) log(1 - p))`; from logits x, with p = sigmoid(x), it is `softplus(x) -
        z x`, whose gradient is `sigmoid(x) - z`.

    Args:
        from_logits: whether `y_pred` are logits; else probabilities, kept at least 1e-7 from 0
            and 1.
        label_smoothing: targets move by half of this from 0 and 1 towards one half.
        class_weight: weights of the answers no and yes.

    Shape:
        `(N, ...)` and `(N, ...)` -> `()`
    """

    def check(self, y_true: np.ndarray, output_shape: tuple[int, ...]) -> None:  # noqa: ARG002
        """Targets are probabilities."""
        check_range("BinaryCrossentropy", y_true, 0, 1, "Encode no and yes as 0 and 1.")

    def elements(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The elements of loss."""
        hard = match("BinaryCrossentropy", y_true, y_pred)
        target = hard
        if self.label_smoothing:
            target = hard * (1.0 - self.label_smoothing) + 0.5 * self.label_smoothing
        losses = self._from_logits if self.from_logits else self._from_probabilities
        elements = losses(target, y_pred)
        weights = self._weights(2)
        if weights is None:
            return elements
        return elements * (hard * float(weights[1] - weights[0]) + float(weights[0]))

    @staticmethod
    def _from_logits(target: Tensor, logits: Tensor) -> Tensor:
        return _softplus(logits) - target * logits

    @staticmethod
    def _from_probabilities(target: Tensor, probability: Tensor) -> Tensor:
        p = ops.clip(probability, EPSILON, 1.0 - EPSILON)
        return -(target * ops.log(p) + (1.0 - target) * ops.log(1.0 - p))


@dataclass(eq=False)
class CategoricalCrossentropy(_CrossEntropy):
    """Cross-entropy between class probabilities along the last axis, targets one-hot or soft.

    Formula:
        `-sum_c y_c log p_c`; from logits x it is `sum(y) logsumexp(x) - sum_c y_c x_c`.

    Args:
        from_logits: whether `y_pred` are logits. Else they are probabilities: scaled to sum to 1,
            then kept at least 1e-7 from 0 and 1.
        label_smoothing: this share of each target is spread evenly over all classes.
        class_weight: one factor for each class.

    Shape:
        `(N, ..., C)` and `(N, ..., C)` -> `()`
    """

    def check(self, y_true: np.ndarray, output_shape: tuple[int, ...]) -> None:  # noqa: ARG002
        """Targets are probabilities."""
        way_out = "For whole-number labels use SparseCategoricalCrossentropy."
        check_range("CategoricalCrossentropy", y_true, 0, 1, way_out)

    def elements(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The loss of each vector of class scores."""
        target = _match_classes("CategoricalCrossentropy", y_true, y_pred)
        classes = y_pred.shape[-1]
        if self.label_smoothing:
            spread = self.label_smoothing / classes
            target = target * (1.0 - self.label_smoothing) + spread
        weights = self._weights(classes)
        if weights is not None:
            target = target * weights.astype(y_pred.dtype.numpy)
        if not self.from_logits:
            return -ops.sum(target * _log_probabilities(y_pred), axis=-1)
        shifted, log_sum = _shifted_and_log_sum(y_pred)
        return ops.sum(target, axis=-1) * log_sum - ops.sum(target * shifted, axis=-1)


@dataclass(eq=False)
class SparseCategoricalCrossentropy(_CrossEntropy):
    """Cross-entropy of whole-number labels, class scores along the last axis.

    Formula:
        `-log p[label]`; from logits x it is `logsumexp(x) - x[label]`, whose gradient is
        `softmax(x) - onehot(label)`.

    Args:
        from_logits: whether `y_pred` are logits. Else they are probabilities: scaled to sum to 1,
            then kept at least 1e-7 from 0 and 1.
        label_smoothing: this share of each target is spread evenly over all classes.
        class_weight: one factor for each class; a sample takes that of its label.

    Shape:
        `(N, ...)` labels and `(N, ..., C)` scores -> `()`
    """

    def check(self, y_true: np.ndarray, output_shape: tuple[int, ...]) -> None:
        """Labels are whole numbers from 0 to C - 1."""
        name = "SparseCategoricalCrossentropy"
        is_broken = y_true != np.floor(y_true) if y_true.dtype.kind == "f" else np.zeros(0, bool)
        if is_broken.any():
            place, index = first_place(is_broken)
            message = (
                f"[{name}] the label in {place} is not a whole number: {y_true[index]}. Use labels "
                "0, 1, 2, ... or CategoricalCrossentropy for probabilities."
            )
            raise DataError(message)
        top = output_shape[-1] - 1
        check_range(name, y_true, 0, top, f"The network tells {top + 1} classes apart.")

    def elements(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The loss of each vector of class scores."""
        labels = match_labels("SparseCategoricalCrossentropy", y_true, y_pred)
        classes = y_pred.shape[-1]
        is_label = _is_label(labels, classes)
        if self.from_logits:
            scores, log_sum = _shifted_and_log_sum(y_pred)
        else:
            scores, log_sum = _log_probabilities(y_pred), None
        score = _pick(is_label, scores)
        if self.label_smoothing:
            spread = ops.mean(scores, axis=-1) * self.label_smoothing
            score = score * (1.0 - self.label_smoothing) + spread
        elements = -score if log_sum is None else log_sum - score
        weights = self._weights(classes)
        if weights is None:
            return elements
        table = constant(weights.astype(y_pred.dtype.numpy), y_pred.trace)
        return elements * ops.take(table, labels)


@dataclass(eq=False)
class KLDivergence(Loss):
    """Kullback-Leibler divergence of predicted from true probabilities along the last axis.

    Formula:
        `sum_c y_c (log y_c - log p_c)`, where a class of target 0 adds 0 and p is at least 1e-7.

    Shape:
        `(N, ..., C)` and `(N, ..., C)` -> `()`
    """

    def check(self, y_true: np.ndarray, output_shape: tuple[int, ...]) -> None:  # noqa: ARG002
        """Targets are probabilities."""
        check_range("KLDivergence", y_true, 0, 1, "Give probabilities.")

    def elements(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The divergence of each distribution."""
        y_true = _match_classes("KLDivergence", y_true, y_pred)
        log_true = ops.log(ops.where(y_true > 0.0, y_true, 1.0))
        log_pred = ops.log(ops.maximum(y_pred, EPSILON))
        return ops.sum(y_true * (log_true - log_pred), axis=-1)


def _match_classes(name: str, y_true: Tensor, y_pred: Tensor) -> Tensor:
    if y_true.shape != y_pred.shape:
        message = (
            f"[{name}] targets are {y_true.type}, predictions {y_pred.type}: a probability is "
            f"needed for each class. Give targets of shape {y_pred.shape}; for whole-number labels "
            "use SparseCategoricalCrossentropy."
        )
        raise ShapeError(message)
    return y_true.astype(y_pred.dtype)


def _softplus(x: Tensor) -> Tensor:
    """`log(1 + exp(x))` with one exponential; its gradient is sigmoid(x) everywhere, 0 included.

    Written with `where` and not with `abs`, whose gradient 0 at 0 would make that of softplus 0.
    """
    is_positive = x >= 0.0
    tail = ops.log1p(ops.exp(ops.where(is_positive, -x, x)))
    return ops.where(is_positive, x, 0.0) + tail


def _shifted_and_log_sum(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Logits less their largest, and the log-sum-exp of those; no gradient flows through the max.

    The shift cancels in the loss, so leaving it out of the gradient is exact and saves a pass.
    """
    top = ops.stop_gradient(ops.max(logits, axis=-1, keepdims=True))
    shifted = logits - top
    return shifted, ops.log(ops.sum(ops.exp(shifted), axis=-1))


def _log_probabilities(probabilities: Tensor) -> Tensor:
    total = ops.sum(probabilities, axis=-1, keepdims=True)
    return ops.log(ops.clip(probabilities / total, EPSILON, 1.0 - EPSILON))


def _is_label(labels: Tensor, classes: int) -> Tensor:
    """Where the class number along a new last axis equals the label."""
    return ops.equal(ops.expand_dims(labels, -1), ops.arange(classes))


def _pick(is_label: Tensor, table: Tensor) -> Tensor:
    """The entry of each label.

    A `where` and a sum fuse with their neighbours; a gather would not, and its gradient would be a
    scatter. `where` also keeps `0 * -inf` out of the sum.
    """
    return ops.sum(ops.where(is_label, table, 0.0), axis=-1)
