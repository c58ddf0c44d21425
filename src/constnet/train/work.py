"""What a step makes of a batch: loss, gradients, new states and metrics; at once, or in parts.

In parts (`accumulate`) a scan over micro-batches keeps one of them in memory at a time. Each part
adds its share to the loss of the whole batch, so gradients add up to those of the whole: to the
bit but for rounding where nothing in the network looks at the batch (as `BatchNorm` does, whose
statistics are then those of each part, in order) or draws random numbers (each part has its own).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from constnet import ops
from constnet.autodiff import gradients
from constnet.ops.tensor import constant, current_trace, tracing
from constnet.train.mixing import mix
from constnet.train.objective import Batch, Outputs, penalty, total_loss, update_metrics

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from constnet.ops.tensor import Tensor, Trace
    from constnet.train.recipe import Recipe

Parameters = Mapping[str, "Tensor"]
_KEYS = 2
"""The random stream that parts of a batch take their generators' keys from."""
_ASIDE = ("seed", "penalties", "penalized", "stream")


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """What was made so far; before the first part, what a step begins with.

    `gradients` are by parameter, in the recipe's order; `states` by path; `metrics`, the loss
    aside, by input name.
    """

    loss: Tensor
    gradients: tuple[Tensor, ...]
    states: dict[str, Tensor]
    metrics: dict[str, Tensor]

    def tensors(self) -> tuple[Tensor, ...]:
        """All of them in a row."""
        return (self.loss, *self.gradients, *self.states.values(), *self.metrics.values())

    def rebuilt(self, tensors: Sequence[Tensor]) -> Work:
        """The same of other tensors, in the order of `tensors()`."""
        rest = iter(tensors)
        return Work(
            next(rest),
            tuple(next(rest) for _ in self.gradients),
            {path: next(rest) for path in self.states},
            {name: next(rest) for name in self.metrics},
        )


def work_at_once(
    recipe: Recipe, parameters: Parameters, metrics: dict[str, Tensor], batch: Batch
) -> Work:
    """Forward and backward of a batch in the open trace; `states` has only those that changed."""
    return _pass(recipe, parameters, metrics, batch, batch)


def work_in_parts(
    recipe: Recipe, parameters: Parameters, begin: Work, batch: Batch, rows: int
) -> Work:
    """The same in micro-batches of `rows`, and one of what is left over.

    `begin` has all states; those that no layer updates stay out of the loop, and of what is made.
    """
    extras = current_trace().extras
    count, left = divmod(batch.rows, rows)
    keys = ops.random.bits(extras["seed"], extras["step"], _KEYS, (count + bool(left), 2))
    moving = _moving_states(recipe, begin.states, batch)
    begin = replace(begin, states={path: begin.states[path] for path in moving})
    tables = (*batch.xs, *batch.ys, *(() if batch.weight is None else (batch.weight,)))

    def step(
        carry: tuple[Tensor, ...], items: tuple[Tensor, ...]
    ) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        part = _like(batch, items[1:])
        made = _add_part(recipe, parameters, begin.rebuilt(carry), part, batch, items[0])
        return made.tensors(), ()

    work = begin
    if count:
        stacks = [_stacked(table, count, rows) for table in tables]
        final, _ = ops.scan(step, work.tensors(), (keys[:count], *stacks))
        work = begin.rebuilt(final)
    if left:
        part = _like(batch, [table[count * rows :] for table in tables])
        work = _add_part(recipe, parameters, work, part, batch, keys[count])
    return work


def nothing_yet(
    recipe: Recipe,
    parameters: Parameters,
    states: dict[str, Tensor],
    metrics: dict[str, Tensor],
) -> Work:
    """A loss of 0, gradients of 0, and what states and metrics were before the step."""
    zero = constant(np.zeros((), recipe.dtype.numpy))
    zeros = tuple(ops.zeros_like(parameter) for parameter in parameters.values())
    return Work(zero, zeros, states, metrics)


def _pass(
    recipe: Recipe,
    parameters: Parameters,
    metrics: dict[str, Tensor],
    batch: Batch,
    whole: Batch,
) -> Work:
    """Forward and backward of a part of a whole batch."""
    trace = current_trace()
    if recipe.mixup is not None:
        batch = mix(batch, recipe.mixup, recipe.dtype)
    outputs = Outputs(recipe.net.apply(*batch.xs))
    extra = penalty(trace)
    if batch is not whole and batch.rows != whole.rows:
        extra = extra * (batch.rows / whole.rows)
    loss = total_loss(recipe, batch, outputs, whole) + extra
    states = _taken(recipe, trace)
    inner = [trace.lifted(parameter) for parameter in parameters.values()]
    found = gradients(loss, inner) if inner else []
    return Work(loss, tuple(found), states, update_metrics(recipe, metrics, batch, outputs))


def _add_part(
    recipe: Recipe,
    parameters: Parameters,
    before: Work,
    part: Batch,
    whole: Batch,
    key: Tensor,
) -> Work:
    """The work after one more part."""
    trace = current_trace()
    with _aside(trace, recipe, {**parameters, **before.states}, key):
        new = _pass(recipe, parameters, before.metrics, part, whole)
    summed = zip(before.gradients, new.gradients, strict=True)
    return Work(
        before.loss + new.loss,
        tuple(old + more for old, more in summed),
        {**before.states, **new.states},
        {**before.metrics, **new.metrics},
    )


@contextmanager
def _aside(
    trace: Trace, recipe: Recipe, bound: Mapping[str, Tensor], key: Tensor
) -> Generator[None]:
    """Variables, penalties and random numbers of one part; afterwards those of the step again.

    Parameters are bound to tensors of this trace, since it is here that gradients are taken.
    """
    extras: dict[str, Any] = trace.extras
    kept = {name: extras[name] for name in _ASIDE if name in extras}
    bindings = dict(trace.bindings)
    variables = {**recipe.trainable, **recipe.states}
    trace.bindings.update({id(variables[path]): trace.lifted(bound[path]) for path in bound})
    extras |= {"seed": key, "penalties": [], "penalized": set[int]()}
    try:
        yield
    finally:
        trace.bindings.clear()
        trace.bindings.update(bindings)
        extras.pop("penalized")
        extras |= kept


def _moving_states(recipe: Recipe, states: dict[str, Tensor], batch: Batch) -> list[str]:
    """Paths of the states that layers update, found by one trace that is thrown away."""
    outer = current_trace()
    if not states:
        return []
    inside = outer.child("states")
    with tracing(inside), _aside(inside, recipe, states, outer.extras["seed"]):
        recipe.net.apply(*batch.xs)
        return list(_taken(recipe, inside))


def _taken(recipe: Recipe, trace: Trace) -> dict[str, Tensor]:
    """The states that a layer updated, by path; one that none updates is a constant input."""
    return {
        path: trace.updates.pop(id(variable))
        for path, variable in recipe.states.items()
        if id(variable) in trace.updates
    }


def _stacked(table: Tensor, count: int, rows: int) -> Tensor:
    """The first `count * rows` rows as `count` micro-batches."""
    part = table if table.shape[0] == count * rows else table[: count * rows]
    return ops.reshape(part, (count, rows, *table.shape[1:]))


def _like(batch: Batch, tables: Sequence[Tensor]) -> Batch:
    """A part of a batch from its inputs, targets and weights in a row."""
    rest = iter(tables)
    return Batch(
        tuple(next(rest) for _ in batch.xs),
        tuple(next(rest) for _ in batch.ys),
        next(rest, None),
    )
