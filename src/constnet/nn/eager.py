"""Looking inside: one layer on arrays, forward and backward, on the interpreter.

`forward` traces the layer with every sublayer's inputs and outputs as extra results, so each of
them can be read afterwards. `backward` traces it again together with its gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from constnet.dtypes import as_dtype, uint32
from constnet.errors import ShapeError, UsageError
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.nn import building
from constnet.ops.tensor import Tensor, Trace, tracing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from constnet.dtypes import DType
    from constnet.nn.layer import Layer
    from constnet.nn.parameter import Parameter

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass
class Record:
    """What the last `forward` left in a layer: arrays it saw, and how to run it again."""

    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]
    run: Run
    input_gradients: tuple[Array, ...] = ()


@dataclass
class Run:
    """The circumstances of one use of a layer, which `backward` repeats."""

    arrays: dict[str, Array]
    training: bool
    seed: int
    step: int
    stream: int = building.FIRST_STREAM


@dataclass
class Traced:
    """A trace of a layer with the arrays to feed it."""

    trace: Trace
    feeds: list[Array]
    inputs: list[Tensor]
    outputs: tuple[Tensor, ...]


def forward(
    layer: Layer[Any, Any],
    given: Sequence[ArrayLike],
    *,
    training: bool,
    seed: int,
    step: int,
) -> Array:
    """Run `layer` on arrays; see `Layer.forward`."""
    from constnet import interpreter

    arrays = _prepare(layer, given)
    run = Run(_snapshot(layer), training, seed, step)
    traced = _trace(layer, arrays, run)
    uses: list[building.Use] = traced.trace.extras["uses"]
    updates = {
        path: traced.trace.updates[id(found)]
        for path, found in layer.states().items()
        if training and id(found) in traced.trace.updates
    }
    wanted = [tensor for use in uses for tensor in (*use.inputs, *use.outputs)]
    tensors = [*wanted, *updates.values()]
    graph = traced.trace.builder.build([tensor.value for tensor in tensors])
    results = interpreter.run(graph, traced.feeds)
    table = {id(tensor): result for tensor, result in zip(tensors, results, strict=True)}
    for use in uses:
        _keep(use, table, run)
    for path, found in layer.states().items():
        if path in updates:
            found.data = table[id(updates[path])]
    return record_of(layer).outputs[0]


def backward(layer: Layer[Any, Any], given: Sequence[ArrayLike]) -> Array:
    """Run `layer` and its gradient; see `Layer.backward`."""
    from constnet import interpreter
    from constnet.autodiff import gradients

    record = record_of(layer)
    cotangents = _cotangents(layer, record, given)
    traced = _trace(layer, record.inputs, record.run)
    trace = traced.trace
    parameters = layer.parameters()
    wrt = [tensor for tensor in traced.inputs if tensor.dtype.is_float]
    wrt += [found.as_tensor(trace) for found in parameters.values()]
    sums: list[Tensor] = []
    with tracing(trace):
        for idx, (output, array) in enumerate(zip(traced.outputs, cotangents, strict=True)):
            seed = trace.input(f"ct{idx}", TensorType(array.shape, output.dtype))
            traced.feeds.append(array)
            parts = gradients(output, wrt, seed)
            sums = [a + b for a, b in zip(sums, parts, strict=True)] if sums else list(parts)
    results = interpreter.run(trace.builder.build([g.value for g in sums]), traced.feeds)
    found = iter(results)
    record.input_gradients = tuple(
        next(found) if tensor.dtype.is_float else np.zeros_like(array)
        for tensor, array in zip(traced.inputs, record.inputs, strict=True)
    )
    for parameter, result in zip(parameters.values(), found, strict=True):
        parameter.grad = result
    return record.input_gradients[0]


def record_of(layer: Layer[Any, Any]) -> Record:
    """What the last `forward` left, or an error that says to call it."""
    record = layer.internals.record
    if record is None:
        message = (
            f"{layer!r} has not run: `forward` comes before `backward` and before what it saved "
            "can be read. Call `layer.forward(x)` first."
        )
        raise UsageError(message)
    return record


def input_gradients_of(layer: Layer[Any, Any]) -> tuple[Array, ...]:
    """The gradients of the inputs that `backward` left, or an error that says to call it."""
    gradients = record_of(layer).input_gradients
    if not gradients:
        message = f"{layer!r} has no gradient of its inputs yet. Call `backward(dy)` first."
        raise UsageError(message)
    return gradients


def gradient_of(layer: Layer[Any, Any], parameter: Parameter) -> Array:
    """The gradient `backward` left, or an error that says to call it."""
    if parameter.grad is None:
        message = (
            f"{layer!r} has no gradient of {parameter.name!r} yet. Call `forward(x)`, then "
            "`backward(dy)`."
        )
        raise UsageError(message)
    return parameter.grad


def _prepare(layer: Layer[Any, Any], given: Sequence[ArrayLike]) -> list[Array]:
    """Inputs as arrays of dtypes a graph takes; the layer built and initialized."""
    arrays: list[Array] = [np.asarray(value) for value in given]
    for array in arrays:
        if array.ndim == 0:
            message = f"{layer!r} was given the number {array}; expected arrays, batch axis first."
            raise ShapeError(message)
    dtype = layer_dtype(layer) or building.compute_dtype(*arrays)
    arrays = [array.astype(dtype.numpy) if _is_float(array) else array for array in arrays]
    if not layer.is_built:
        inputs = [(array.shape[1:], as_dtype(array.dtype)) for array in arrays]
        building.probe(layer, inputs)
    for path, found in _arrays(layer).items():
        if not found.has_data:
            found.initialize(0, path, dtype.numpy)
    return arrays


def _is_float(array: Array) -> bool:
    return bool(np.issubdtype(array.dtype, np.floating))


def layer_dtype(layer: Layer[Any, Any]) -> DType | None:
    """The dtype of the layer's arrays; None where it has none, or none with values."""
    for found in _arrays(layer).values():
        if found.has_data:
            return as_dtype(found.data.dtype)
    return None


def _arrays(layer: Layer[Any, Any]) -> dict[str, Parameter]:
    return {**layer.parameters(), **layer.states()}


def _snapshot(layer: Layer[Any, Any]) -> dict[str, Array]:
    return {path: found.data.copy() for path, found in _arrays(layer).items()}


def _trace(layer: Layer[Any, Any], arrays: Sequence[Array], run: Run) -> Traced:
    dtype = layer_dtype(layer) or building.compute_dtype(*arrays)
    extras: dict[str, Any] = {"uses": [], "stream": run.stream}
    trace = Trace(GraphBuilder("eager"), training=run.training, dtype=dtype, extras=extras)
    feeds: list[Array] = []

    def feed(name: str, array: Array) -> Tensor:
        feeds.append(array)
        return trace.input(name, TensorType(array.shape, as_dtype(array.dtype)))

    with tracing(trace):
        for path, found in _arrays(layer).items():
            trace.bindings[id(found)] = feed(path, run.arrays[path])
        words = [run.seed & 0xFFFFFFFF, (run.seed >> 32) & 0xFFFFFFFF]
        extras["seed"] = feed("seed", np.array(words, uint32.numpy))
        extras["step"] = feed("step", np.array(run.step, uint32.numpy))
        inputs = [feed(f"x{idx}", array) for idx, array in enumerate(arrays)]
        outputs = layer.apply(*inputs)
    return Traced(trace, feeds, inputs, outputs)


def _keep(use: building.Use, table: dict[int, Array], run: Run) -> None:
    layer = use.layer
    inputs = tuple(table[id(tensor)] for tensor in use.inputs)
    outputs = tuple(table[id(tensor)] for tensor in use.outputs)
    own = Run(_snapshot(layer), run.training, run.seed, run.step, use.stream)
    layer.internals.record = Record(inputs, outputs, own)


def _cotangents(
    layer: Layer[Any, Any],
    record: Record,
    given: Sequence[ArrayLike],
) -> list[Array]:
    if len(given) != len(record.outputs):
        message = (
            f"{layer!r}: `backward` was given {len(given)} gradients; the layer has "
            f"{len(record.outputs)} outputs."
        )
        raise ShapeError(message)
    arrays = [
        np.asarray(value, output.dtype) for value, output in zip(given, record.outputs, strict=True)
    ]
    for array, output in zip(arrays, record.outputs, strict=True):
        if array.shape != output.shape:
            message = (
                f"{layer!r}: `backward` was given a gradient of shape {array.shape}; the output of "
                f"the last `forward` has shape {output.shape}. Pass a gradient of that shape."
            )
            raise ShapeError(message)
    return arrays
