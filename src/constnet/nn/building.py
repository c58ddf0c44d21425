"""Building: one pass over a network with shapes and no data, which makes parameters and checks.

The pass is an ordinary trace that is thrown away (`probe`), so a layer states its shapes once, by
the operations in `call`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from constnet.dtypes import DType, as_dtype, float32, uint32
from constnet.errors import ShapeError, UsageError
from constnet.ir.graph import GraphBuilder
from constnet.ir.location import here
from constnet.ir.types import TensorType
from constnet.nn.argument import shape as checked_shape
from constnet.nn.symbol import Call, Symbol
from constnet.ops.tensor import Tensor, Trace, current_trace, tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from constnet.ir.graph import Value
    from constnet.nn.layer import Layer

PROBE_BATCH = 3  # any extent; a layer must not depend on it
FIRST_STREAM = 16  # lower numbers of the random generator belong to the training loop


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One application of a layer in a trace, noted when it ends: after those inside it."""

    layer: Layer[Any, Any]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    stream: int
    path: str = field(default_factory=lambda: here().layer)


def completed(hook: Callable[..., None]) -> Callable[..., None]:
    """`build` as users override it, made to build the whole layer when called from outside."""

    @functools.wraps(hook)
    def build(self: Layer[Any, Any], *input_shapes: Any) -> None:
        if self.internals.building:
            hook(self, *input_shapes)
        else:
            complete(self, input_shapes)

    return build


def complete(layer: Layer[Any, Any], given: Sequence[Any], dtypes: Sequence[str] = ()) -> None:
    """Build `layer` and everything below it for these input shapes; floats unless told."""
    if not given:
        message = f"{layer!r}: `build` was given no shape. Write `build(4)` or `build((28, 28))`."
        raise UsageError(message)
    shapes = [checked_shape(repr(layer), "input shape", shape) for shape in given]
    if layer.internals.input_shapes != tuple(shapes):
        kinds = [as_dtype(name) for name in dtypes] or [float32] * len(shapes)
        probe(layer, list(zip(shapes, kinds, strict=True)))


def run_hook(layer: Layer[Any, Any], shapes: tuple[tuple[int, ...], ...]) -> None:
    """Let `layer` make its own parameters."""
    state = layer.internals
    state.building = True
    try:
        layer.build(*shapes)
    finally:
        state.building = False


def probe(
    layer: Layer[Any, Any],
    inputs: Sequence[tuple[tuple[int, ...], DType]],
    made_by: Sequence[str] | None = None,
    uses: list[Use] | None = None,
) -> tuple[TensorType, ...]:
    """Output types (batch axis included) of `layer` on inputs of these shapes and dtypes.

    Args:
        layer: built on the way where it is not yet.
        inputs: shape without batch axis, and dtype, of each.
        made_by: what made each input, for messages.
        uses: gets every application of a layer, `layer`'s own last.
    """
    extras: dict[str, Any] = {"bind_missing": True, "stream": FIRST_STREAM, "uses": uses}
    floats = [dtype for _, dtype in inputs if dtype.is_float]
    compute = floats[0] if floats else float32
    trace = Trace(GraphBuilder("probe"), dtype=compute, extras=extras)
    with tracing(trace):
        extras["seed"] = trace.input("seed", TensorType((2,), uint32))
        extras["step"] = trace.input("step", TensorType((), uint32))
        tensors = [
            trace.input(
                f"x{idx}", TensorType((PROBE_BATCH, *shape), compute if dtype.is_float else dtype)
            )
            for idx, (shape, dtype) in enumerate(inputs)
        ]
        makers = _makers(trace)
        for tensor, maker in zip(tensors, made_by or (), strict=False):
            makers[tensor.value] = maker
        outputs = layer.apply(*tensors)
    for tensor in outputs:
        if tensor.rank == 0 or tensor.shape[0] != PROBE_BATCH:
            message = (
                f"{layer!r} turns a batch of {PROBE_BATCH} into {tensor.type}: the batch axis, "
                "axis 0, must stay as it is."
            )
            raise ShapeError(message)
    return tuple(tensor.type for tensor in outputs)


def connect(layer: Layer[Any, Any], inputs: Sequence[Symbol]) -> tuple[Symbol, ...]:
    """Apply `layer` in the functional form; shapes are checked here and now."""
    name, layer.internals.name = layer.internals.name, ""
    try:
        made_by = [str(symbol).partition(" from ")[2] for symbol in inputs]
        types = probe(layer, [(symbol.shape, symbol.dtype) for symbol in inputs], made_by)
    finally:
        layer.internals.name = name
    call = Call(layer, tuple(inputs))
    return tuple(Symbol(type_.shape[1:], type_.dtype, call, idx) for idx, type_ in enumerate(types))


def as_outputs(layer: Layer[Any, Any], result: object) -> tuple[Tensor, ...]:
    """What `call` returned, as a tuple of tensors."""
    outputs = cast("tuple[object, ...]", result if isinstance(result, (tuple, list)) else (result,))
    for output in outputs:
        if not isinstance(output, Tensor):
            message = (
                f"`call` of {place(layer)} returned {type(output).__name__}; expected a tensor or "
                "a tuple of tensors. Compose `cn.ops` functions of its inputs."
            )
            raise UsageError(message)
    return cast("tuple[Tensor, ...]", tuple(outputs))


def finish(
    layer: Layer[Any, Any], inputs: tuple[Tensor, ...], stream: int, result: object
) -> tuple[Tensor, ...]:
    """The outputs of a use of `layer`, whose shapes and place are remembered."""
    outputs = as_outputs(layer, result)
    layer.internals.input_shapes = tuple(tensor.shape[1:] for tensor in inputs)
    layer.internals.output_shapes = tuple(tensor.shape[1:] for tensor in outputs)
    note(Use(layer, inputs, outputs, stream))
    penalize(layer)
    return outputs


def next_stream() -> int:
    """The random stream that the next layer of the open trace will use."""
    return int(current_trace().extras.get("stream", FIRST_STREAM))


def note(use: Use) -> None:
    """Remember which layer made a value, for messages and for looking inside."""
    trace = current_trace()
    uses = trace.extras.get("uses")
    if uses is not None and trace.parent is None:  # in a scan there is an array for each step
        uses.append(use)
    makers = _makers(trace)
    for tensor in use.outputs:
        makers.setdefault(tensor.value, place(use.layer))


def penalize(layer: Layer[Any, Any]) -> None:
    """Add the penalties on the layer's own parameters, once in a trace."""
    trace = current_trace()
    done: set[int] = trace.extras.setdefault("penalized", set[int]())
    for parameter in layer.internals.parameters.values():
        if parameter.regularizer is not None and id(parameter) not in done:
            done.add(id(parameter))
            penalty = parameter.regularizer.penalty(parameter.as_tensor(trace))
            trace.extras.setdefault("penalties", []).append(penalty)


def sources(inputs: Sequence[Tensor]) -> tuple[str, ...]:
    """Shape and maker of each input, for messages."""
    makers = _makers(current_trace())
    return tuple(
        f"({', '.join(['batch', *map(str, tensor.shape[1:])])}) from "
        f"{makers.get(tensor.value, 'the input')}"
        for tensor in inputs
    )


def place(layer: Layer[Any, Any]) -> str:
    """`Dense(128, 10) at layers.4`."""
    path = here().layer
    return f"{layer!r} at {path}" if path else repr(layer)


def _makers(trace: Trace) -> dict[Value, str]:
    found: dict[Value, str] = trace.extras.setdefault("makers", {})
    return found


def compute_dtype(*arrays: np.ndarray[Any, np.dtype[Any]]) -> DType:
    """The dtype of a layer built from these arrays: the first float's, else float32."""
    for array in arrays:
        if array.dtype.name in ("float32", "float64"):
            return as_dtype(array.dtype)
    return float32
