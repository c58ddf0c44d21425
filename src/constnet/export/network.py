"""A model as a loop program whose parameters are constants.

Each parameter and state is an input of the traced graph while it is lowered, so that it keeps its
name; afterwards its buffer becomes a constant with the model's values.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from constnet import passes
from constnet.dtypes import DType, as_dtype
from constnet.errors import UsageError
from constnet.export.freezing import freeze
from constnet.ir.graph import Graph, GraphBuilder
from constnet.ir.types import TensorType
from constnet.loopir import walk
from constnet.loopir.verify import verify
from constnet.lowering.lower import lower
from constnet.lowering.target import PORTABLE
from constnet.nn import class_names
from constnet.nn.embedding import token_limits
from constnet.ops import op as records
from constnet.ops.nest import Contraction, SumOfProducts
from constnet.ops.scan_attributes import Scan
from constnet.ops.tensor import Trace, tracing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constnet.loopir.types import Buffer, Program
    from constnet.lowering.target import Target
    from constnet.nn import Layer
    from constnet.nn.streaming import StreamGraph

Array = np.ndarray[Any, np.dtype[Any]]
Numerics = Literal["fma", "exact"]


class HasNetwork(Protocol):
    """What export needs of a model: a built network with values."""

    @property
    def net(self) -> Layer[Any, Any]:
        """The network."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A traced network: graph, values of what is constant in it, and the program made of both."""

    net: Layer[Any, Any]
    graph: Graph
    values: dict[str, Array]
    program: Program
    batch: int
    class_names: tuple[str, ...] | None
    stream: StreamGraph | None = None
    """What is known of a step, where the program is one; `graph` is its graph."""
    folded_layers: tuple[str, ...] = ()
    """Layers whose factors of each channel went into the weights before them."""

    @property
    def input_types(self) -> list[TensorType]:
        """Shapes and dtypes of what a caller gives."""
        own = {*self.values, *(self.stream.slots if self.stream else ())}
        return [value.type for value in self.graph.inputs if value.name not in own]

    @property
    def output_types(self) -> list[TensorType]:
        """Shapes and dtypes of what a caller gets."""
        count = len(self.graph.outputs) if self.stream is None else self.stream.outputs
        return [value.type for value in self.graph.outputs[:count]]

    @property
    def inputs(self) -> list[Buffer]:
        """The buffers a caller fills."""
        return [buffer for buffer in self.program.buffers if buffer.space == "input"]

    @property
    def outputs(self) -> list[Buffer]:
        """The buffers a caller reads."""
        return [buffer for buffer in self.program.buffers if buffer.space == "output"]

    @property
    def flash_bytes(self) -> int:
        """Bytes of constants; code comes on top."""
        return sum(b.bytes for b in self.program.buffers if b.space == "constant")

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of all contractions of one call, from their shapes."""
        return _multiply_adds(self.graph)

    @property
    def sha256(self) -> str:
        """Digest of the architecture and of every value."""
        digest = hashlib.sha256(json.dumps(self.net.config(), sort_keys=True).encode())
        for name, array in sorted(_arrays(self.net).items()):
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def _multiply_adds(graph: Graph) -> int:
    """Of all contractions of a graph; those in the body of a scan as often as it runs."""
    total = 0
    for node in graph.nodes:
        describe = records.get(node.op).nest
        types = tuple(value.type for value in node.inputs)
        nest = None if describe is None else describe(node.attrs, types)
        if isinstance(node.attrs, Scan):
            total += node.attrs.length * _multiply_adds(node.attrs.body.graph)
        elif isinstance(nest, Contraction):
            total += math.prod(nest.batch) * nest.rows * nest.columns * nest.depth
        elif isinstance(nest, SumOfProducts):
            total += math.prod(nest.outer) * math.prod(nest.depth)
    return total


def trace_network(
    model: HasNetwork,
    *,
    numerics: Numerics,
    batch: int = 1,
    input_dtypes: Sequence[str] | None = None,
) -> Network:
    """Trace and lower `model.net` in inference mode for a fixed batch.

    Raises:
        UsageError: the network is not built, or the batch is not a positive whole number.
    """
    net, values = model.net, values_of(model.net, batch)
    types = input_types(net, values, batch, input_dtypes)
    trace = Trace(GraphBuilder("predict"), training=False, dtype=float_dtype(values))
    with tracing(trace):
        given = [trace.input(f"x{number}", type_) for number, type_ in enumerate(types)]
        bind(net, trace)
        outputs = net.apply(*given)
    graph = trace.builder.build(tensor.value for tensor in outputs)
    frozen = freeze(graph, values, numerics)
    program = lower_constant(frozen.graph, frozen.values, PORTABLE, numerics)
    return Network(
        net,
        frozen.graph,
        frozen.values,
        program,
        batch,
        class_names(net),
        folded_layers=frozen.folded_layers,
    )


def values_of(net: Layer[Any, Any], batch: int) -> dict[str, Array]:
    """Parameters and states of a network that can be exported, by path."""
    if not net.is_built:
        message = f"{net!r} is not built, so it cannot be exported. Train it, or `build(shape)`."
        raise UsageError(message)
    if batch < 1:
        message = f"batch={batch} must be a whole number from 1 on"
        raise UsageError(message)
    return _arrays(net)


def _arrays(net: Layer[Any, Any]) -> dict[str, Array]:
    return {path: found.data for path, found in {**net.parameters(), **net.states()}.items()}


def bind(net: Layer[Any, Any], trace: Trace) -> None:
    """An input of the trace for each parameter and state, named by its path."""
    for path, found in {**net.parameters(), **net.states()}.items():
        type_ = TensorType(tuple(found.shape), as_dtype(found.data.dtype))
        trace.bindings[id(found)] = trace.input(path, type_)


def lower_constant(
    graph: Graph,
    values: dict[str, Array],
    target: Target,
    numerics: Numerics,
    donations: Mapping[int, int] | None = None,
) -> Program:
    """The checked program of a traced network for a target, parameters as constants."""
    program = lower(passes.run(graph), target, numerics, donations, name=graph.name)
    program = _with_constants(program, values)
    verify(program)
    return program


def float_dtype(values: dict[str, Array]) -> DType:
    """What the network computes with."""
    return next(
        (as_dtype(v.dtype) for v in values.values() if v.dtype.kind == "f"), as_dtype("float32")
    )


def input_types(
    net: Layer[Any, Any],
    values: dict[str, Array],
    batch: int,
    dtypes: Sequence[str] | None,
    *,
    of_step: bool = False,
) -> list[TensorType]:
    """The types of the inputs, floats and ids of int32 unless told; of a step without time."""
    shapes = [shape[1:] if of_step else shape for shape in net.input_shapes]
    own = float_dtype(values).name
    chosen = [own if limit is None else "int32" for limit in token_limits(net)]
    names = chosen if dtypes is None else list(dtypes)
    if len(names) != len(shapes):
        message = f"input_dtypes has {len(names)} names; the network has {len(shapes)} inputs"
        raise UsageError(message)
    pairs = zip(shapes, names, strict=True)
    return [TensorType((batch, *shape), as_dtype(name)) for shape, name in pairs]


def _with_constants(program: Program, values: dict[str, Array]) -> Program:
    """Parameters' buffers hold their values; those that no call reads are dropped."""
    used = {piece.buffer for call in walk.calls(program) for piece in call.args}
    buffers: list[Buffer] = []
    for buffer in program.buffers:
        if buffer.name not in values:
            buffers.append(buffer)
        elif buffer.name in used:
            data = np.ascontiguousarray(values[buffer.name]).reshape(-1)
            buffers.append(replace(buffer, space="constant", data=data))
    return _named_after_layers(replace(program, buffers=tuple(buffers)))


def _named_after_layers(program: Program) -> Program:
    """Kernels carry the layers they compute in their names: `matmul_0` of `layers.0` is ...

    Before: `matmul_0`. After: `layers.0_matmul_0`.
    """
    names = {
        kernel.name: f"{'_'.join(kernel.origin[:3])}_{kernel.name}"
        if kernel.origin
        else kernel.name
        for kernel in program.kernels
    }
    return replace(
        program,
        kernels=tuple(replace(kernel, name=names[kernel.name]) for kernel in program.kernels),
        calls=walk.with_calls(program.calls, lambda call: replace(call, kernel=names[call.kernel])),
    )
