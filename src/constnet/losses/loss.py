"""What every loss is: elements of loss, their mean over the batch, and the look inside on arrays.

A loss composes operations, so it is compiled with the step and differentiated like a layer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from constnet import autodiff, dtypes, interpreter, ops
from constnet.configurable import Configurable
from constnet.errors import DataError, ShapeError, UsageError
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.tensor import Tensor, Trace, tracing

if TYPE_CHECKING:
    from constnet.dtypes import DType
    from constnet.ir.graph import Graph

_LONG_ROW = 32
"""Rows this long are added up row by row, so that threads can share them; shorter ones at once."""


@dataclass(eq=False)
class Loss(Configurable, ABC):
    """Base of every loss. A subclass writes `elements`; the rest follows.

    Formula:
        `loss = sum_n w_n * mean(elements_n) / N` over the N rows of a batch, with w_n = 1 where no
        sample weight is given. The sum is divided by N and not by the sum of the weights, as in
        Keras. With a weight for each position, `(N, T)`, n runs over positions and N counts them.
        Where the weights are bools they are a mask: N then counts what the mask keeps, so padding
        does not dilute the loss, and a batch of padding alone costs 0.

    Example:
        >>> from constnet import losses
        >>> loss = losses.MeanSquaredError()
        >>> loss.forward([[1.0], [2.0]], [[1.0], [4.0]])
        2.0
        >>> loss.backward().tolist()
        [[0.0], [2.0]]
    """

    y_true: np.ndarray | None = field(default=None, init=False, repr=False)
    y_pred: np.ndarray | None = field(default=None, init=False, repr=False)
    y_pred_grad: np.ndarray | None = field(default=None, init=False, repr=False)

    @abstractmethod
    def elements(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The loss before any mean, batch first: `(N, ...)`."""

    def check(self, y_true: np.ndarray, output_shape: tuple[int, ...]) -> None:
        """Refuse targets that this loss has no meaning for. Called once on data, not in the graph.

        Args:
            y_true: all targets, rows first.
            output_shape: shape of the network's output without the batch axis.

        Raises:
            DataError: the message has the first bad row and its value.
        """

    def per_sample(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The mean loss of each row: `(N,)`."""
        return _mean_of_rows(self.elements(y_true, y_pred))

    def __call__(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> Tensor:
        """The loss of a batch, a scalar.

        Raises:
            ShapeError: targets, predictions or weights do not belong together.
        """
        if y_pred.rank == 0:
            message = f"[{type(self).__name__}] y_pred is {y_pred.type}; it needs a batch axis."
            raise ShapeError(message)
        if sample_weight is not None:
            total = self.weighted_sum(y_true, y_pred, sample_weight)
            return total * share_of(sample_weight, total.dtype)
        elements = self.elements(y_true, y_pred)
        if elements.type.size < _LONG_ROW * elements.shape[0]:
            return ops.mean(elements)
        return ops.mean(_mean_of_rows(elements))

    def weighted_sum(self, y_true: Tensor, y_pred: Tensor, *weights: Tensor) -> Tensor:
        """The sum, over what the first weight weighs, of mean losses times all weights.

        Args:
            y_true: targets.
            y_pred: predictions.
            weights: at least one; each has a number (or, as a mask, a bool) for every row, `(N,)`
                or `(N, 1)`, or for every position along the first axes of the losses.

        Raises:
            ShapeError: a weight fits neither rows nor positions.
        """
        elements = self.elements(y_true, y_pred)
        fitting = [_fitting_weight(type(self).__name__, one, elements) for one in weights]
        rank = max(weight.rank for weight in fitting)
        losses = _mean_beyond(elements, rank)
        for weight in fitting:
            factor = ops.reshape(weight, weight.shape + (1,) * (rank - weight.rank))
            if factor.dtype == dtypes.bool_:
                losses = ops.where(factor, losses, 0.0)
            else:
                losses = losses * factor.astype(losses.dtype)
        losses = _mean_beyond(losses, fitting[0].rank)
        if losses.type.size >= _LONG_ROW * losses.shape[0]:
            losses = ops.sum(losses, axis=tuple(range(1, losses.rank)))
        return ops.sum(losses)

    def forward(self, y_true: object, y_pred: object, sample_weight: object | None = None) -> float:
        """The loss of arrays, run on the interpreter; keeps what `backward` and a reader need.

        Float64 predictions are computed in float64, all others in float32.
        """
        targets, predictions = np.asarray(y_true), _as_float(y_pred)
        targets = _as_graph_dtype(targets, predictions)
        self.check(targets, predictions.shape[1:])
        inputs = [targets, predictions]
        if sample_weight is not None:
            weight = np.asarray(sample_weight)
            inputs.append(weight if weight.dtype == np.bool_ else weight.astype(predictions.dtype))
        value, gradient = interpreter.run(self._graph(inputs), inputs)
        self.y_true, self.y_pred, self.y_pred_grad = targets, predictions, gradient
        return float(value)

    def backward(self, scale: float = 1.0) -> np.ndarray:
        """The gradient of `scale * loss` with respect to `y_pred` of the last `forward`."""
        if self.y_pred_grad is None:
            message = (
                f"{type(self).__name__}.backward() came before forward(y_true, y_pred). Call "
                "forward first: the gradient is that of its inputs."
            )
            raise UsageError(message)
        return self.y_pred_grad * self.y_pred_grad.dtype.type(scale)

    def _graph(self, inputs: list[np.ndarray]) -> Graph:
        types = [TensorType(array.shape, dtypes.as_dtype(array.dtype)) for array in inputs]
        trace = Trace(GraphBuilder("loss"), training=True, dtype=types[1].dtype)
        names = ("y_true", "y_pred", "sample_weight")
        with tracing(trace):
            tensors = [trace.input(name, type_) for name, type_ in zip(names, types, strict=False)]
            value = self(*tensors)
            (gradient,) = autodiff.gradients(value, [tensors[1]])
        return trace.builder.build([value.value, gradient.value])


def share_of(weight: Tensor, dtype: DType) -> Tensor | float:
    """What a weighted sum is multiplied by to be a mean: see the formula of `Loss`."""
    if weight.dtype != dtypes.bool_:
        return 1.0 / max(weight.type.size, 1)
    return 1.0 / ops.maximum(ops.sum(weight.astype(dtype)), 1.0)


def _mean_of_rows(elements: Tensor) -> Tensor:
    return _mean_beyond(elements, 1)


def _mean_beyond(elements: Tensor, rank: int) -> Tensor:
    """The mean over all axes but the first `rank`."""
    axes = tuple(range(rank, elements.rank))
    return ops.mean(elements, axis=axes) if axes else elements


def _fitting_weight(name: str, weight: Tensor, elements: Tensor) -> Tensor:
    """`weight` as an array along the first axes of `elements`."""
    if weight.rank and weight.shape == elements.shape[: weight.rank]:
        return weight
    rows = elements.shape[:1]
    if weight.shape == (*rows, 1):
        return ops.reshape(weight, rows)
    positions = f", or one for each position, shape {elements.shape}" if elements.rank > 1 else ""
    message = (
        f"[{name}] sample_weight is {weight.type}, the losses of the batch are {elements.type}. "
        f"Give one weight a row, shape {rows}{positions}."
    )
    raise ShapeError(message)


def _as_float(given: object) -> np.ndarray:
    array = np.asarray(given)
    is_known = array.dtype.name in ("float32", "float64")
    return array if is_known else array.astype(np.float32)


def _as_graph_dtype(targets: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    if targets.dtype.kind == "f":
        return targets.astype(predictions.dtype)
    return targets.astype(np.int32)


def match(name: str, y_true: Tensor, y_pred: Tensor) -> Tensor:
    """`y_true` in the dtype and shape of `y_pred`; only a last axis of extent 1 may differ."""
    if _without_last_one(y_true.shape) != _without_last_one(y_pred.shape):
        message = (
            f"[{name}] targets are {y_true.type}, predictions {y_pred.type}: one target is needed "
            f"for each prediction. Give targets of shape {y_pred.shape}, or end the network in "
            f"{y_true.shape[1:] or (1,)} outputs."
        )
        raise ShapeError(message)
    y_true = y_true.astype(y_pred.dtype)
    return y_true if y_true.shape == y_pred.shape else ops.reshape(y_true, y_pred.shape)


def match_labels(name: str, y_true: Tensor, y_pred: Tensor) -> Tensor:
    """`y_true` as int32 labels, one for each row of class scores in `y_pred`."""
    shape = y_pred.shape[:-1]
    if not shape or y_true.shape not in (shape, (*shape, 1)):
        message = (
            f"[{name}] labels are {y_true.type}, predictions {y_pred.type}: whole-number labels of "
            f"shape {shape} are needed, one for each {y_pred.shape[-1:]} of class scores. For "
            "one-hot targets use the categorical form."
        )
        raise ShapeError(message)
    labels = y_true.astype(dtypes.int32)
    return labels if labels.shape == shape else ops.reshape(labels, shape)


def check_range(name: str, y_true: np.ndarray, low: float, high: float, way_out: str) -> None:
    """Refuse targets outside `low .. high`, naming the first bad row."""
    bad = ~((y_true >= low) & (y_true <= high))
    if not bad.any():
        return
    place, index = first_place(bad)
    message = (
        f"[{name}] the target in {place} is {y_true[index]}; targets lie in {low} to {high}. "
        f"{way_out}"
    )
    raise DataError(message)


def first_place(bad: np.ndarray) -> tuple[str, tuple[int, ...]]:
    """Where the first bad target is, in words and as an index."""
    index = tuple(int(i) for i in np.argwhere(bad)[0])
    words = f"row {index[0]}" if len(index) == 1 else f"row {index[0]}, position {index[1:]}"
    return words, index


def _without_last_one(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape
