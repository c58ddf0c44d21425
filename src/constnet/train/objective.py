"""What a batch costs: losses of all outputs, class and sample weights, penalties, metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from constnet import ops
from constnet.dtypes import float64, int32
from constnet.errors import UsageError
from constnet.ops.tensor import Tensor, Trace, constant

if TYPE_CHECKING:
    from constnet.train.recipe import Recipe


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The tensors of one batch: inputs, targets, and the weight of each sample if there is one."""

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
        one = loss(y, prediction, _weight(recipe, batch, y, prediction.shape[-1]))
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
    rows = constant(np.asarray(batch.rows, np.float64))
    new = {
        "metric.loss.sum": states["metric.loss.sum"] + ops.cast(loss, float64) * rows,
        "metric.loss.count": states["metric.loss.count"] + rows,
    }
    for name, (output, metric) in recipe.named_metrics().items():
        own = {key: states[f"metric.{name}.{key}"] for key in metric.states()}
        updated = metric.update(own, batch.ys[output], outputs.tensors[output], batch.weight)
        new |= {f"metric.{name}.{key}": tensor for key, tensor in updated.items()}
    return new


def _weight(recipe: Recipe, batch: Batch, target: Tensor, scores: int) -> Tensor | None:
    """Sample weight times class weight, or None where there is neither.

    The table is as long as there are classes: `scores` of them, or two told apart by one score.
    """
    if recipe.class_weight is None:
        return batch.weight
    given = recipe.class_weight
    classes = max(len(given), scores, 2)
    table = np.asarray([*given, *(1.0,) * (classes - len(given))], recipe.dtype.numpy)
    by_class = _class_weight(recipe, table, target)
    return by_class if batch.weight is None else by_class * batch.weight


def _class_weight(recipe: Recipe, table: np.ndarray, target: Tensor) -> Tensor:
    """Weight of each sample (n,) from labels (n,) or (n, 1), or from one-hot rows (n, classes)."""
    rows = target.shape[0]
    if target.rank == 2 and target.shape[1] == len(table):
        return ops.sum(ops.cast(target, recipe.dtype) * table, axis=1)
    labels = ops.cast(ops.reshape(target, (rows,)), int32)
    return ops.take(table, labels, axis=0)
