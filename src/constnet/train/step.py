"""One training step as a graph: forward, loss, gradients, clipping, update, metrics.

`build_step` and `build_evaluate` trace a `Recipe` (what is trained, and how) over a `Source` (where
a batch comes from) into a `StepGraph`: a graph whose inputs and outputs are named as below, and
which output takes the place of which input. `build_predict` traces the network alone.

    inputs   theta, slot.NAME, state.PATH, metric.NAME.STATE, step, seed, hyper, frozen.PATH,
             then the batch: x0, x1, ..., y0, ..., w
    outputs  the new theta, slot.*, state.*, metric.*, step in the order of inputs, then loss

`theta` holds all trainable parameters (`constnet.train.layout`); `hyper[0]` scales the rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from constnet import ops
from constnet.dtypes import DType, float64, uint32
from constnet.ir.graph import Graph, GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.tensor import Tensor, Trace, tracing
from constnet.train.objective import (
    Outputs,
    penalty,
    total_loss,
    update_loss_metric,
    update_metrics,
)
from constnet.train.recipe import LOSS_STATES
from constnet.train.work import Work, nothing_yet, work_at_once, work_in_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.train.objective import Batch
    from constnet.train.recipe import Recipe
    from constnet.train.source import Source

HYPER_LENGTH = 4
FIRST_LAYER_STREAM = 16


@dataclass(frozen=True, slots=True)
class StepGraph:
    """A step; `donations` maps an output's position to the input whose memory it takes."""

    graph: Graph
    donations: dict[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Inputs:
    """The tensors of a trace by input name, and by role."""

    theta: Tensor
    slots: dict[str, Tensor]
    states: dict[str, Tensor]
    metrics: dict[str, Tensor]
    step: Tensor
    hyper: Tensor
    parameters: dict[str, Tensor]


def build_step(recipe: Recipe, source: Source, name: str = "step") -> StepGraph:
    """Trace one training step of `recipe` on batches of `source`."""
    trace = Trace(GraphBuilder(name), training=True, dtype=recipe.dtype)
    with tracing(trace):
        inputs = _declare(recipe, trace, slots=True)
        batch = source.trace(trace, recipe)
        work = _work(recipe, inputs, batch)
        theta, slots = _optimize(recipe, inputs, work.gradients)
        metrics = work.metrics | update_loss_metric(inputs.metrics, batch, work.loss)
        results = {"theta": theta, **_prefixed("slot", slots), **_prefixed("state", work.states)}
        results |= {**metrics, "step": _next(inputs.step)}
    return _finish(trace, results, work.loss)


def build_evaluate(recipe: Recipe, source: Source, name: str = "evaluate") -> StepGraph:
    """Trace the loss and metrics of one batch in inference mode; theta and state only read."""
    trace = Trace(GraphBuilder(name), training=False, dtype=recipe.dtype)
    trace.extras["post_processing"] = False
    with tracing(trace):
        inputs = _declare(recipe, trace, slots=False)
        batch = source.trace(trace, recipe)
        outputs = Outputs(recipe.net.apply(*batch.xs))
        loss = total_loss(recipe, batch, outputs) + penalty(trace)
        metrics = update_metrics(recipe, inputs.metrics, batch, outputs)
        metrics |= update_loss_metric(inputs.metrics, batch, loss)
        results = {**metrics, "step": _next(inputs.step)}
    return _finish(trace, results, loss)


def build_predict(
    recipe: Recipe,
    inputs: Sequence[TensorType],
    name: str = "predict",
    *,
    post_processing: bool = True,
) -> Graph:
    """Trace the network in inference mode: inputs theta, state.*, frozen.*, x0, x1, ...

    Without `post_processing` a last `Argmax` gives its scores, as the losses see them.
    """
    trace = Trace(GraphBuilder(name), training=False, dtype=recipe.dtype)
    trace.extras["post_processing"] = post_processing
    with tracing(trace):
        bind_for_inference(recipe, trace)
        given = [trace.input(f"x{i}", type_) for i, type_ in enumerate(inputs)]
        outputs = Outputs(recipe.net.apply(*(recipe.as_input(x) for x in given)))
    return trace.builder.build(tensor.value for tensor in outputs.tensors)


def bind_for_inference(recipe: Recipe, trace: Trace) -> None:
    """The inputs theta, state.* and frozen.*, which stand for the network's arrays."""
    theta = trace.input("theta", TensorType((recipe.layout.length,), recipe.dtype))
    _bind_parameters(recipe, trace, theta)
    _bind_states(recipe, trace)
    _bind_frozen(recipe, trace)


def _declare(recipe: Recipe, trace: Trace, *, slots: bool) -> _Inputs:
    """All inputs but the batch, in the order of the module docstring."""
    flat = TensorType((recipe.layout.length,), recipe.dtype)
    theta = trace.input("theta", flat)
    names = recipe.optimizer.slots() if slots else ()
    slot_tensors = {slot: trace.input(f"slot.{slot}", flat) for slot in names}
    states = _bind_states(recipe, trace)
    metrics = {
        name: trace.input(name, TensorType(shape, float64))
        for name, shape in recipe.metric_shapes().items()
    }
    step = trace.input("step", TensorType((), uint32))
    seed = trace.input("seed", TensorType((2,), uint32))
    hyper = trace.input("hyper", TensorType((HYPER_LENGTH,), recipe.dtype))
    trace.extras |= {"step": step, "seed": seed, "stream": FIRST_LAYER_STREAM, "penalties": []}
    parameters = _bind_parameters(recipe, trace, theta)
    _bind_frozen(recipe, trace)
    return _Inputs(theta, slot_tensors, states, metrics, step, hyper, parameters)


def _work(recipe: Recipe, inputs: _Inputs, batch: Batch) -> Work:
    """Loss and gradients of the batch, at once or in micro-batches."""
    parameters = inputs.parameters
    if recipe.micro_rows is None:
        return work_at_once(recipe, parameters, inputs.metrics, batch)
    own = {name: inputs.metrics[name] for name in inputs.metrics if name not in LOSS_STATES}
    begin = nothing_yet(recipe, parameters, inputs.states, own)
    return work_in_parts(recipe, parameters, begin, batch, recipe.micro_rows)


def _bind_parameters(recipe: Recipe, trace: Trace, theta: Tensor) -> dict[str, Tensor]:
    """Each trainable parameter as a reshaped slice of theta."""
    parameters: dict[str, Tensor] = {}
    for entry in recipe.layout.entries:
        part = theta[entry.offset : entry.offset + entry.size]
        parameters[entry.path] = ops.reshape(part, entry.shape)
        trace.bindings[id(recipe.trainable[entry.path])] = parameters[entry.path]
    return parameters


def _bind_states(recipe: Recipe, trace: Trace) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for path, variable in recipe.states.items():
        type_ = TensorType(tuple(variable.shape), recipe.state_dtype(path))
        tensors[path] = trace.input(f"state.{path}", type_)
        trace.bindings[id(variable)] = tensors[path]
    return tensors


def _bind_frozen(recipe: Recipe, trace: Trace) -> None:
    for path, parameter in recipe.frozen.items():
        type_ = TensorType(tuple(parameter.shape), recipe.dtype)
        trace.bindings[id(parameter)] = trace.input(f"frozen.{path}", type_)


def _optimize(
    recipe: Recipe, inputs: _Inputs, gradients: Sequence[Tensor]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Gradients, clipped, flat; then one update of the whole vector."""
    if not inputs.parameters:
        return inputs.theta, dict(inputs.slots)
    clipped = recipe.optimizer.transform(gradients, list(inputs.parameters.values()))
    flat = [
        _flatten(recipe.dtype, gradient, entry.padded)
        for gradient, entry in zip(clipped, recipe.layout.entries, strict=True)
    ]
    gradient = ops.concatenate(flat, axis=0) if len(flat) > 1 else flat[0]
    scale = ops.reshape(inputs.hyper[0:1], ())
    rate = recipe.learning_rate(inputs.step) * scale
    decayed = recipe.layout.decayed
    return recipe.optimizer.update(inputs.step, inputs.theta, gradient, inputs.slots, rate, decayed)


def _flatten(dtype: DType, gradient: Tensor, padded: int) -> Tensor:
    """A gradient as a vector of `padded` elements, zeros at the end."""
    vector = ops.reshape(gradient, (gradient.type.size,))
    if gradient.type.size == padded:
        return vector
    zeros = np.zeros(padded - gradient.type.size, dtype.numpy)
    return ops.concatenate([vector, zeros], axis=0)


def _next(step: Tensor) -> Tensor:
    return ops.add(step, np.asarray(1, np.uint32))


def _prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def _finish(trace: Trace, results: dict[str, Tensor], loss: Tensor) -> StepGraph:
    """Order the outputs as the inputs are and say which takes whose memory."""
    positions = {value.name: i for i, value in enumerate(trace.builder.inputs)}
    names = sorted(results, key=positions.__getitem__)
    outputs = [results[name].value for name in names]
    graph = trace.builder.build([*outputs, loss.value])
    return StepGraph(graph, {i: positions[name] for i, name in enumerate(names)})
