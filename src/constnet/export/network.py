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
from constnet.ir.graph import Graph, GraphBuilder
from constnet.ir.types import TensorType
from constnet.loopir import walk
from constnet.loopir.verify import verify
from constnet.lowering.lower import lower
from constnet.lowering.target import PORTABLE
from constnet.nn import class_names
from constnet.ops import op as records
from constnet.ops.nest import Contraction
from constnet.ops.tensor import Trace, tracing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.ir.graph import Node
    from constnet.loopir.types import Buffer, Program
    from constnet.lowering.target import Target
    from constnet.nn import Layer
    from constnet.ops.nest import Nest

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
        nests = [_nest_of(node) for node in self.graph.nodes]
        return sum(
            math.prod(nest.batch) * nest.rows * nest.columns * nest.depth
            for nest in nests
            if isinstance(nest, Contraction)
        )

    @property
    def sha256(self) -> str:
        """Digest of the architecture and of every value."""
        digest = hashlib.sha256(json.dumps(self.net.config(), sort_keys=True).encode())
        for name, array in sorted(self.values.items()):
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def _nest_of(node: Node) -> Nest | None:
    describe = records.get(node.op).nest
    if describe is None:
        return None
    return describe(node.attrs, tuple(value.type for value in node.inputs))


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
    net = model.net
    if not net.is_built:
        message = f"{net!r} is not built, so it cannot be exported. Train it, or `build(shape)`."
        raise UsageError(message)
    if batch < 1:
        message = f"batch={batch} must be a whole number from 1 on"
        raise UsageError(message)
    values = {path: found.data for path, found in {**net.parameters(), **net.states()}.items()}
    graph = _trace(net, _float_dtype(values), _shapes(net, values, batch, input_dtypes))
    program = lower_constant(graph, values, PORTABLE, numerics)
    return Network(net, graph, values, program, batch, class_names(net))


def lower_constant(
    graph: Graph, values: dict[str, Array], target: Target, numerics: Numerics
) -> Program:
    """The checked program of a traced network for a target, parameters as constants."""
    program = lower(passes.run(graph), target, numerics, name="predict")
    program = _with_constants(program, values)
    verify(program)
    return program


def _float_dtype(values: dict[str, Array]) -> DType:
    return next(
        (as_dtype(v.dtype) for v in values.values() if v.dtype.kind == "f"), as_dtype("float32")
    )


def _shapes(
    net: Layer[Any, Any], values: dict[str, Array], batch: int, dtypes: Sequence[str] | None
) -> list[TensorType]:
    shapes = net.input_shapes
    names = [_float_dtype(values).name] * len(shapes) if dtypes is None else list(dtypes)
    if len(names) != len(shapes):
        message = f"input_dtypes has {len(names)} names; the network has {len(shapes)} inputs"
        raise UsageError(message)
    pairs = zip(shapes, names, strict=True)
    return [TensorType((batch, *shape), as_dtype(name)) for shape, name in pairs]


def _trace(net: Layer[Any, Any], dtype: DType, inputs: list[TensorType]) -> Graph:
    trace = Trace(GraphBuilder("predict"), training=False, dtype=dtype)
    with tracing(trace):
        given = [trace.input(f"x{number}", type_) for number, type_ in enumerate(inputs)]
        for path, found in {**net.parameters(), **net.states()}.items():
            type_ = TensorType(tuple(found.shape), as_dtype(found.data.dtype))
            trace.bindings[id(found)] = trace.input(path, type_)
        outputs = net.apply(*given)
    return trace.builder.build(tensor.value for tensor in outputs)


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
