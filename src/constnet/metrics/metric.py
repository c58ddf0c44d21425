"""What every metric is: float64 sums kept in the graph, and a result in NumPy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from constnet import dtypes, interpreter, ops
from constnet.configurable import Configurable
from constnet.errors import ShapeError, UsageError
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.tensor import Tensor, Trace, tracing

States = dict[str, Tensor]
Totals = dict[str, np.ndarray]


class Metric(Configurable, ABC):
    """Base of every metric. A subclass is a frozen dataclass that says what it sums.

    Sums over batches are exact enough to be added in any order: they are float64. A weight
    multiplies what its row adds, to counts as well, so weights of 1 change nothing.

    Example:
        >>> from constnet import metrics
        >>> metrics.Accuracy()([0, 1, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]])
        0.75
    """

    label: ClassVar[str]

    @property
    def name(self) -> str:
        """The name in logs and histories, such as "accuracy"."""
        return self.label

    @abstractmethod
    def states(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the float64 sums by name; each starts at 0."""

    @abstractmethod
    def update(
        self, states: States, y_true: Tensor, y_pred: Tensor, weight: Tensor | None = None
    ) -> States:
        """The sums after a batch.

        Args:
            states: the sums before, float64.
            y_true: targets of the batch.
            y_pred: the network's output.
            weight: one for each row, `(N,)`, or for each position along the first axes of the
                predictions; a mask where they are bools; None where all count the same.
        """

    @abstractmethod
    def result(self, states: Totals) -> float | np.ndarray:
        """The metric from the sums."""

    def __call__(
        self, y_true: object, y_pred: object, weight: object | None = None
    ) -> float | np.ndarray:
        """The metric of arrays, run as one batch on the interpreter."""
        arrays = [_graph_array(y_true), _graph_array(y_pred)]
        if weight is not None:
            arrays.append(_graph_array(weight))
        trace = Trace(GraphBuilder("metric"), dtype=dtypes.float64)
        zeros = {name: np.zeros(shape) for name, shape in self.states().items()}
        inputs = [*zeros.values(), *arrays]
        names = [*zeros, "y_true", "y_pred", "weight"]
        with tracing(trace):
            tensors = [
                trace.input(name, TensorType(array.shape, dtypes.as_dtype(array.dtype)))
                for name, array in zip(names, inputs, strict=False)
            ]
            states = dict(zip(zeros, tensors, strict=False))
            new = self.update(states, *tensors[len(zeros) :])
        graph = trace.builder.build([new[name].value for name in zeros])
        return self.result(dict(zip(zeros, interpreter.run(graph, inputs), strict=True)))


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """The quotient, 0 where the denominator is 0: nothing was seen, as scikit-learn reports it."""
    safe = np.where(denominator == 0, 1.0, denominator)
    return np.where(denominator == 0, 0.0, numerator / safe)


def to_sum(values: Tensor, weight: Tensor | None, name: str) -> Tensor:
    """Values `(N, ...)`, weighted by row, as float64 ready to be summed."""
    wide = values.astype(dtypes.float64)
    return wide if weight is None else wide * row_weights(values, weight, name)


def count(values: Tensor, weight: Tensor | None, name: str) -> Tensor:
    """How much `values` count for together: their number, or the sum of their weights."""
    if weight is None:
        size = float(values.type.size)
        return ops.full((), size, dtypes.float64)
    return ops.sum(row_weights(values, weight, name))


def row_weights(values: Tensor, weight: Tensor, name: str) -> Tensor:
    """The weight of each row, or of each position, at each of its values, float64.

    A weight has the shape of the first axes of `values`, or `(N, 1)`; a mask of bools counts as 0
    and 1.
    """
    rows = values.shape[:1]
    shape = rows if weight.shape == (*rows, 1) else weight.shape
    if not shape or shape != values.shape[: len(shape)]:
        positions = f", or one for each position, {values.shape}" if values.rank > 1 else ""
        message = (
            f"[{name}] weight is {weight.type}, the values of the batch are {values.type}. Give "
            f"one weight a row, shape {rows}{positions}."
        )
        raise ShapeError(message)
    wide = shape + (1,) * (values.rank - len(shape))
    return ops.broadcast_to(ops.reshape(weight.astype(dtypes.float64), wide), values.shape)


def labels_of(name: str, y_true: Tensor, y_pred: Tensor) -> Tensor:
    """True labels as int32, whether given as whole numbers or as one-hot vectors.

    One-hot vectors have the shape of `y_pred`; whole numbers that without its last axis, or with 1
    there.
    """
    scores = y_pred.shape
    if y_true.shape == scores and scores[-1] > 1:
        return ops.argmax(y_true, axis=-1).astype(dtypes.int32)
    if y_true.shape in (scores[:-1], (*scores[:-1], 1)) and len(scores) > 1:
        return ops.reshape(y_true.astype(dtypes.int32), scores[:-1])
    message = (
        f"[{name}] targets are {y_true.type}, predictions {y_pred.type}. Give one-hot targets of "
        f"shape {scores} or labels of shape {scores[:-1]}."
    )
    raise ShapeError(message)


def matching(name: str, y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Targets in the shape of the predictions, which may have one more axis of extent 1."""
    if y_true.type.size != y_pred.type.size or y_true.shape[:1] != y_pred.shape[:1]:
        message = (
            f"[{name}] targets are {y_true.type}, predictions {y_pred.type}: one target is needed "
            f"for each prediction. Give targets of shape {y_pred.shape}."
        )
        raise ShapeError(message)
    return ops.reshape(y_true, y_pred.shape)


def need_classes(name: str, given: int, y_pred: Tensor) -> None:
    """The network tells as many classes apart as the metric was made for."""
    if y_pred.shape[-1] != given:
        message = (
            f"[{name}] was made for num_classes={given}, the network gives {y_pred.shape[-1]} "
            f"scores. Use num_classes={y_pred.shape[-1]}."
        )
        raise UsageError(message)


def _graph_array(given: object) -> np.ndarray:
    array = np.asarray(given)
    return array if array.dtype.kind in "fb" else array.astype(np.int32)
