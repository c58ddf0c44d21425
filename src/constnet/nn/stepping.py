"""Steps of a layer on arrays, with the interpreter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from constnet.dtypes import as_dtype, float32
from constnet.ir.types import TensorType
from constnet.nn import argument, eager
from constnet.nn.streaming import State, StreamGraph, step_shapes, trace_step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from constnet.nn.layer import Layer
    from constnet.nn.parameter import Parameter
    from constnet.ops.tensor import Trace

Array = np.ndarray[Any, np.dtype[Any]]


def initial_state(layer: Layer[Any, Any], batch: int) -> State:
    """See `Layer.initial_state`."""
    rows = argument.extent(repr(layer), "batch", batch)
    dtype = eager.layer_dtype(layer) or float32
    types = [TensorType((rows, *shape[1:]), dtype) for shape in layer.input_shapes]
    return _graph(layer, types, is_probe=True).zeros()


def step(
    layer: Layer[Any, Any], x: ArrayLike | tuple[ArrayLike, ...], state: State
) -> tuple[Array | tuple[Array, ...], State]:
    """See `Layer.step`."""
    from constnet import interpreter

    dtype = (eager.layer_dtype(layer) or float32).numpy
    given = [np.asarray(one) for one in cast("tuple[Any, ...]", x if type(x) is tuple else (x,))]
    arrays = [array.astype(dtype) if array.dtype.kind == "f" else array for array in given]
    step_shapes(layer, arrays)
    stream = _graph(layer, [TensorType(one.shape, as_dtype(one.dtype)) for one in arrays])
    before = stream.check(state)
    values = [found.data for found in _parameters(layer).values()]
    feeds = [*values, *arrays, *(before.arrays[name] for name in stream.slots)]
    results = interpreter.run(stream.graph, feeds)
    outputs = tuple(results[: stream.outputs])
    after = dict(zip(stream.slots, results[stream.outputs :], strict=True))
    return outputs[0] if len(outputs) == 1 else outputs, State(after, stream.network)


def _parameters(layer: Layer[Any, Any]) -> dict[str, Parameter]:
    """Parameters and states, with values."""
    found = {**layer.parameters(), **layer.states()}
    dtype = (eager.layer_dtype(layer) or float32).numpy
    for path, one in found.items():
        if not one.has_data:
            one.initialize(0, path, dtype)
    return found


def _graph(
    layer: Layer[Any, Any], types: Sequence[TensorType], *, is_probe: bool = False
) -> StreamGraph:
    """The traced step, made once for each kind of input."""
    key = (layer.input_shapes, tuple(types), is_probe)
    known = layer.internals.streams
    if key not in known:
        parameters = _parameters(layer)

        def bind(trace: Trace) -> None:
            for path, one in parameters.items():
                type_ = TensorType(one.shape, as_dtype(one.data.dtype))
                trace.bindings[id(one)] = trace.input(path, type_)

        dtype = eager.layer_dtype(layer) or float32
        known[key] = trace_step(layer, types, dtype, bind, is_probe=is_probe)
    return known[key]
