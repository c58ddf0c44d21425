"""What is connected to what in a network, as plain data: found by tracing it once.

Every use of a layer in the trace is a unit; layers inside others make a diagram of their own. What
a custom layer computes between its sublayers shows as units as well where it joins several values,
such as the sum of a residual connection. Drawing is the business of others.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from constnet.dtypes import float32, uint32
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.nn import building
from constnet.nn.functional import Network
from constnet.ops.tensor import Trace, tracing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from constnet.ir.graph import Node, Value
    from constnet.nn.layer import Layer
    from constnet.ops.tensor import Tensor

Kind = Literal["weights", "join", "shape", "plain"]
Shape = tuple[int, ...]
INPUT = -1


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: output `output` of unit `unit`, or, for `INPUT`, of that input."""

    unit: int
    output: int = 0


@dataclass(frozen=True, slots=True)
class Unit:
    """One use of a layer, or a place where a custom layer joins values.

    Args:
        path: the layer's, such as `layers.0`; that of the layer around for a join.
        name: the layer's class, or the operation that joins.
        arguments: what the layer was made with, as written.
        kind: "weights" has parameters, "join" takes several values, "shape" changes the shape,
            "plain" does not.
        output_shapes: without the batch axis.
        parameters: elements that are trained or could be, of this layer and those inside.
        is_repeat: this layer was used before, and its parameters are counted there.
        sources: what its inputs come from.
        inside: for a layer made of others.
    """

    path: str
    name: str
    arguments: str
    kind: Kind
    output_shapes: tuple[Shape, ...]
    parameters: int
    is_repeat: bool
    sources: tuple[Source, ...]
    inside: Diagram | None = None


@dataclass(frozen=True, slots=True)
class Diagram:
    """The inside of a layer: units in an order that makes before it uses, and what it gives."""

    input_shapes: tuple[Shape, ...]
    units: tuple[Unit, ...]
    outputs: tuple[Source, ...]


def diagram(net: Layer[Any, Any]) -> Diagram:
    """The diagram of a built network; a single layer is a diagram of one unit.

    Raises:
        UsageError: `net` is not built.

    Example:
        >>> from constnet import nn
        >>> net = nn.Sequential(nn.Dense(2, 8), nn.ReLU())
        >>> net.build(2)
        >>> [(unit.name, unit.sources) for unit in diagram(net).units]
        [('Dense', (Source(unit=-1, output=0),)), ('ReLU', (Source(unit=0, output=0),))]
    """
    uses, nodes = _trace(net)
    root = _nest(uses)
    producers = {value: node for node in nodes for value in node.outputs}
    inside = _Scope(root, producers, set()).diagram()
    if inside is not None:
        return inside
    sources = tuple(Source(INPUT, idx) for idx in range(len(root.use.inputs)))
    unit = _unit(root.use, sources, is_repeat=False)
    outputs = tuple(Source(0, idx) for idx in range(len(root.use.outputs)))
    return Diagram(net.input_shapes, (unit,), outputs)


@dataclass(frozen=True, slots=True)
class _Use:
    """A use of a layer with the uses inside it."""

    use: building.Use
    inside: list[_Use]


def _trace(net: Layer[Any, Any]) -> tuple[list[building.Use], list[Node]]:
    """All uses of layers in one application, and the nodes.

    As in training, so that layers that do nothing otherwise are in their places.
    """
    shapes = net.input_shapes
    uses: list[building.Use] = []
    extras: dict[str, Any] = {"bind_missing": True, "stream": building.FIRST_STREAM, "uses": uses}
    trace = Trace(GraphBuilder("diagram"), training=True, dtype=float32, extras=extras)
    with tracing(trace):
        extras["seed"] = trace.input("seed", TensorType((2,), uint32))
        extras["step"] = trace.input("step", TensorType((), uint32))
        batch = building.PROBE_BATCH
        net.apply(
            *(
                trace.input(f"x{idx}", TensorType((batch, *shape), float32))
                for idx, shape in enumerate(shapes)
            )
        )
    return uses, trace.builder.nodes


def _nest(uses: Iterable[building.Use]) -> _Use:
    """Uses inside one another; a use is noted after those inside it."""
    open_uses: list[_Use] = []
    for use in uses:
        prefix = f"{use.path}." if use.path else ""
        first = len(open_uses)
        while first and _is_below(open_uses[first - 1].use.path, use.path, prefix):
            first -= 1
        inside = open_uses[first:]
        del open_uses[first:]
        open_uses.append(_Use(use, inside))
    return open_uses[-1]


def _is_below(path: str, outer: str, prefix: str) -> bool:
    return path != outer and path.startswith(prefix)


@dataclass
class _Scope:
    """The inside of one layer while its units are found."""

    outer: _Use
    producers: Mapping[Value, Node]
    counted: set[int]
    units: list[Unit] = field(default_factory=list[Unit])
    numbers: list[int] = field(default_factory=list[int])
    made: dict[Value, Source | None] = field(default_factory=dict["Value", "Source | None"])

    def diagram(self) -> Diagram | None:
        """The units inside; None where the layer is one unit for a reader."""
        use, inside = self.outer.use, self.outer.inside
        has_own = bool(use.layer.internals.parameters)
        if not inside or (has_own and not _has_parameters(inside)):
            return None
        for idx, tensor in enumerate(use.inputs):
            self.made.setdefault(tensor.value, Source(INPUT, idx))
        net = use.layer if isinstance(use.layer, Network) else None
        # Stated where it can be: values alone do not tell the two sides of an Identity.
        stated = net.steps if net is not None and len(net.steps) == len(inside) else None
        for number, child in enumerate(inside):
            if stated is None:
                self._add(child, self._sources(child.use.inputs))
            else:
                self._add(child, self._stated(stated[number].inputs))
        if net is None or stated is None:
            outputs = self._sources(use.outputs)
        else:
            outputs = self._stated(net.outputs)
        if all(source.unit == INPUT for source in outputs):
            return None  # what is inside does not lead to the outputs, as in the body of a scan
        shapes = tuple(tensor.shape[1:] for tensor in use.inputs)
        return Diagram(shapes, tuple(self.units), outputs)

    def _add(self, child: _Use, sources: tuple[Source, ...]) -> None:
        unit = _unit(child.use, sources, is_repeat=id(child.use.layer) in self.counted)
        self.counted.add(id(child.use.layer))
        inside = _Scope(child, self.producers, self.counted).diagram()
        self.numbers.append(len(self.units))
        for idx, tensor in enumerate(child.use.outputs):
            self.made[tensor.value] = Source(len(self.units), idx)
        self.units.append(replace(unit, inside=inside))

    def _stated(self, references: Iterable[tuple[int, int]]) -> tuple[Source, ...]:
        """References of a functional network, which count its inputs first."""
        count = len(self.outer.use.inputs)
        return tuple(
            Source(INPUT, number) if number < count else Source(self.numbers[number - count], out)
            for number, out in references
        )

    def _sources(self, tensors: Sequence[Tensor]) -> tuple[Source, ...]:
        found = [self._resolve(tensor.value) for tensor in tensors]
        return tuple(dict.fromkeys(source for source in found if source is not None))

    def _resolve(self, wanted: Value) -> Source | None:
        """The unit or input that a value comes from; None for parameters and constants."""
        stack = [wanted]
        while stack:
            value = stack[-1]
            node = self.producers.get(value)
            inputs = () if node is None else node.inputs
            waiting = [one for one in inputs if one not in self.made]
            if value in self.made or not waiting:
                self.made.setdefault(stack.pop(), self._joined(node))
            else:
                stack.extend(waiting)
        return self.made[wanted]

    def _joined(self, node: Node | None) -> Source | None:
        """What a node's inputs come from: one source, or a new unit that joins several."""
        if node is None:
            return None
        found = dict.fromkeys(source for one in node.inputs if (source := self.made.get(one)))
        if len(found) < 2:
            return next(iter(found), None)
        shapes = tuple(value.type.shape[1:] for value in node.outputs)
        path = self.outer.use.path
        self.units.append(Unit(path, node.op, "", "join", shapes, 0, False, tuple(found)))
        return Source(len(self.units) - 1)


def _has_parameters(uses: Iterable[_Use]) -> bool:
    return any(use.use.layer.internals.parameters or _has_parameters(use.inside) for use in uses)


def _unit(use: building.Use, sources: tuple[Source, ...], *, is_repeat: bool) -> Unit:
    layer = use.layer
    parameters = sum(found.size for found in layer.parameters().values())
    shapes = tuple(tensor.shape[1:] for tensor in use.outputs)
    kind: Kind = "plain"
    if parameters:
        kind = "weights"
    elif len(use.inputs) > 1:
        kind = "join"
    elif shapes != tuple(tensor.shape[1:] for tensor in use.inputs):
        kind = "shape"
    name, described = type(layer).__name__, repr(layer)
    has_arguments = described.startswith(f"{name}(") and described.endswith(")")
    arguments = described[len(name) + 1 : -1] if has_arguments else ""
    return Unit(use.path, name, arguments, kind, shapes, parameters, is_repeat, sources)
