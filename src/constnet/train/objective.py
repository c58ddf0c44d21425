"""What a batch costs: losses of all outputs, class and sample weights, penalties, metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from constnet import ops
from constnet.dtypes import bool_, float64, int32
from constnet.errors import ShapeError, UsageError
from constnet.losses.loss import share_of
from constnet.ops.tensor import Tensor, Trace, constant

if TYPE_CHECKING:
    from constnet.losses import Loss
    from constnet.train.recipe import Recipe


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The tensors of one batch: inputs, targets, and weights (or, as bools, a mask) if there are.

    The weight has an element for each row, or for each position of the outputs.
    """

    xs: tuple[Tensor, ...]
    ys: tuple[Tensor, ...]
    weight: Tensor | None = None

    @property
    def rows(self) -> int:
        """Samples in the batch."""
        return self.xs[0].shape[0]


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """What the network returned, always as a tuple."""

    tensors: tuple[Tensor, ...]


def total_loss(recipe: Recipe, batch: Batch, outputs: Outputs) -> Tensor:
    """The sum over outputs of the batch's mean loss."""
    if len(batch.ys) != len(outputs.tensors):
        message = (
            f"the network has {len(outputs.tensors)} outputs and {len(batch.ys)} targets were "
            "given. Pass y as a tuple with one array per output."
        )
        raise UsageError(message)
    total: Tensor | None = None
    for loss, y, prediction in zip(recipe.losses, batch.ys, outputs.tensors, strict=True):
        one = _weighted_loss(recipe, batch, loss, y, prediction)
        total = one if total is None else ops.add(total, one)
    assert total is not None
    return total


def penalty(trace: Trace) -> Tensor:
    """The sum of the regularizers' penalties."""
    dtype = trace.dtype
    assert dtype is not None
    total = constant(np.asarray(0, dtype.numpy), trace)
    for term in trace.extras.get("penalties", []):
        total = ops.add(total, term)
    return total


def update_metrics(
    recipe: Recipe, states: dict[str, Tensor], batch: Batch, outputs: Outputs, loss: Tensor
) -> dict[str, Tensor]:
    """New values of all accumulators, by input name; float64 whatever the network's dtype is."""
    count = _count(batch)
    new = {
        "metric.loss.sum": states["metric.loss.sum"] + ops.cast(loss, float64) * count,
        "metric.loss.count": states["metric.loss.count"] + count,
    }
    for name, (output, metric) in recipe.named_metrics().items():
        own = {key: states[f"metric.{name}.{key}"] for key in metric.states()}
        updated = metric.update(own, batch.ys[output], outputs.tensors[output], batch.weight)
        new |= {f"metric.{name}.{key}": tensor for key, tensor in updated.items()}
    return new


def _count(batch: Batch) -> Tensor:
    """What the mean loss of a batch counts for in an epoch: its rows, or what its mask keeps."""
    if batch.weight is None or batch.weight.dtype != bool_:
        return constant(np.asarray(batch.rows, np.float64))
    return ops.sum(ops.cast(batch.weight, float64))


def _weighted_loss(
    recipe: Recipe, batch: Batch, loss: Loss, target: Tensor, prediction: Tensor
) -> Tensor:
    """The mean loss of one output under sample weights and class weights."""
    if recipe.class_weight is None:
        return loss(target, prediction, batch.weight)
    by_class = _class_weight(recipe, recipe.class_weight, target, prediction)
    weights = [by_class] if batch.weight is None else [batch.weight, by_class]
    total = loss.weighted_sum(target, prediction, *weights)
    return total * share_of(weights[0], total.dtype)


def _class_weight(
    recipe: Recipe, given: tuple[float, ...], target: Tensor, prediction: Tensor
) -> Tensor:
    """The weight of each label: of rows `(N,)`, or of positions such as `(N, T)`.

    The table is as long as there are classes: one for each score, or two told apart by one score.
    """
    scores = prediction.shape[-1]
    table = np.ones(max(len(given), scores, 2), recipe.dtype.numpy)
    table[: len(given)] = given
    if target.shape == prediction.shape and scores == len(table):
        return ops.sum(ops.cast(target, recipe.dtype) * table, axis=-1)
    positions = prediction.shape[:-1] if prediction.rank > 1 else prediction.shape
    if target.shape not in (positions, (*positions, 1)):
        message = (
            f"class_weight needs one label for each answer: targets are {target.type}, predictions "
            f"{prediction.type}. Give labels of shape {positions}, or use sample_weight."
        )
        raise ShapeError(message)
    labels = ops.cast(ops.reshape(target, positions), int32)
    return ops.take(table, labels, axis=0)
