"""Metrics of predicted symbols: how surprised a network is, per token or per character."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from constnet import ops
from constnet.configurable import require_bool
from constnet.metrics.mean import MeanMetric
from constnet.metrics.metric import Totals, labels_of

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor

_EPSILON = 1e-7


@dataclass(frozen=True)
class BitsPerCharacter(MeanMetric):
    """Mean of `-log2 p[label]` over all positions: what a code of the text would take.

    Args:
        from_logits: whether predictions are logits. Else they are probabilities: scaled to sum to
            1, then kept at least 1e-7 from 0 and 1.

    Shape:
        `(N, ...)` labels (or one-hot vectors) and `(N, ..., C)` scores
    """

    label: ClassVar[str] = "bits_per_character"
    from_logits: bool = False

    def __post_init__(self) -> None:
        require_bool(self, from_logits=self.from_logits)

    def values(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The cross-entropy of each position, in nats."""
        labels = labels_of(self.name, y_true, y_pred)
        if self.from_logits:
            scores = ops.log_softmax(y_pred)
        else:
            shares = y_pred / ops.sum(y_pred, axis=-1, keepdims=True)
            scores = ops.log(ops.clip(shares, _EPSILON, 1.0 - _EPSILON))
        is_label = ops.equal(ops.expand_dims(labels, -1), ops.arange(y_pred.shape[-1]))
        return -ops.sum(ops.where(is_label, scores, 0.0), axis=-1)

    def result(self, states: Totals) -> float:
        """The mean in bits."""
        return super().result(states) / math.log(2.0)


@dataclass(frozen=True)
class Perplexity(BitsPerCharacter):
    """`exp` of the mean of `-log p[label]` over all positions.

    As if the network chose among so many symbols, all equally likely: 1 is certainty, the number of
    classes is knowing nothing.
    """

    label: ClassVar[str] = "perplexity"

    def result(self, states: Totals) -> float:
        """The exponential of the mean."""
        return float(np.exp(super().result(states) * math.log(2.0)))
