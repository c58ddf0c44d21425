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
    from constnet.train.recipe import Recipe


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Targets of a batch, the weights of its rows or positions, and what share of the loss it is.

    The weight (or, as bools, a mask) has an element for each row, or for each position of the
    outputs; the share has one for each row, and None stands for 1.
    """

    ys: tuple[Tensor, ...]
    weight: Tensor | None = None
    share: Tensor | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The tensors of one batch: inputs, targets, and weights if there are.

    Where samples were mixed, `mixed` has the targets and weights of both halves, with their shares.
    """

    xs: tuple[Tensor, ...]
    ys: tuple[Tensor, ...]
    weight: Tensor | None = None
    mixed: tuple[Targets, ...] = ()

    @property
    def rows(self) -> int:
        """Samples in the batch."""
        return self.xs[0].shape[0]

    @property
    def targets(self) -> tuple[Targets, ...]:
        """What the outputs are compared with; the shares of several add up to 1."""
        return self.mixed or (Targets(self.ys, self.weight),)


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """What the network returned, always as a tuple."""

    tensors: tuple[Tensor, ...]


def total_loss(
    recipe: Recipe, batch: Batch, outputs: Outputs, whole: Batch | None = None
) -> Tensor:
    """The sum over outputs of the batch's mean loss.

    Of a part of a `whole` batch it is the part's share: those of all parts add up to the whole's.
    """
    if len(batch.ys) != len(outputs.tensors):
        message = (
            f"the network has {len(outputs.tensors)} outputs and {len(batch.ys)} targets were "
            "given. Pass y as a tuple with one array per output."
        )
        raise UsageError(message)
    total: Tensor | None = None
    for number, prediction in enumerate(outputs.tensors):
        for targets in batch.targets:
            one = _weighted_loss(recipe, targets, number, prediction, whole or batch)
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


def update_loss_metric(states: dict[str, Tensor], batch: Batch, loss: Tensor) -> dict[str, Tensor]:
    """New values of the accumulators of the loss, by input name."""
    count = _count(batch)
    return {
        "metric.loss.sum": states["metric.loss.sum"] + ops.cast(loss, float64) * count,
        "metric.loss.count": states["metric.loss.count"] + count,
    }


def update_metrics(
    recipe: Recipe, states: dict[str, Tensor], batch: Batch, outputs: Outputs
) -> dict[str, Tensor]:
    """New values of all other accumulators; float64 whatever the network's dtype is."""
    new: dict[str, Tensor] = {}
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
    recipe: Recipe, targets: Targets, output: int, prediction: Tensor, whole: Batch
) -> Tensor:
    """The share of one output, and of some targets, in the mean loss of the whole batch."""
    loss, target = recipe.losses[output], targets.ys[output]
    share = prediction.shape[0] / whole.rows
    weights = [] if targets.weight is None else [targets.weight]
    if recipe.class_weight is not None:
        weights.append(_class_weight(recipe, recipe.class_weight, target, prediction))
    if targets.share is not None:
        weights.append(targets.share)
    if not weights:
        one = loss(target, prediction)
        return one if share == 1 else one * share
    total = loss.weighted_sum(target, prediction, *weights)
    if whole.weight is not None:
        return total * share_of(whole.weight, total.dtype)
    scaled = total * share_of(weights[0], total.dtype)
    return scaled if share == 1 else scaled * share


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
