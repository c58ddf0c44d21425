"""The graph: values in static single assignment, each made by one node or given as an input.

    Graph  = name, inputs, nodes in an order that defines before it uses, outputs
    Node   = op name, typed attributes, input values, output values, location
    Value  = a type and a name that is unique in its graph

Everything here is immutable except `GraphBuilder`, which one trace owns. Operations are known by
name only: their meaning is in `constnet.ops`, which imports this module and not the reverse.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from constnet.ir.location import Location
    from constnet.ir.types import TensorType


@dataclass(frozen=True, slots=True)
class Attrs:
    """Base of every operation's attributes: a frozen dataclass of plain, hashable values."""


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """One tensor of the graph. Two values are the same only if they are the same object."""

    name: str
    type: TensorType

    def __str__(self) -> str:
        return f"%{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One operation applied to values."""

    op: str
    attrs: Attrs
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    location: Location


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A whole function of tensors. `nodes` are in an order that defines before it uses."""

    name: str
    inputs: tuple[Value, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Value, ...]

    def producers(self) -> dict[Value, Node]:
        """Which node made each value; inputs are absent."""
        return {value: node for node in self.nodes for value in node.outputs}

    def consumers(self) -> dict[Value, list[Node]]:
        """Which nodes read each value, in node order; graph outputs are not nodes."""
        table: dict[Value, list[Node]] = {value: [] for value in self.inputs}
        for node in self.nodes:
            for value in node.outputs:
                table[value] = []
            for value in dict.fromkeys(node.inputs):
                table[value].append(node)
        return table


@dataclass
class GraphBuilder:
    """Collects nodes while a function is traced. Names are numbered in order of creation."""

    name: str
    inputs: list[Value] = field(default_factory=list["Value"])
    nodes: list[Node] = field(default_factory=list["Node"])
    producers: dict[Value, Node] = field(default_factory=dict["Value", "Node"])
    _names: set[str] = field(default_factory=set[str])

    def input(self, name: str, type_: TensorType) -> Value:
        """Add an input called `name`; a taken name gets a number."""
        value = self._value(name, type_)
        self.inputs.append(value)
        return value

    def add(
        self,
        op: str,
        attrs: Attrs,
        inputs: Sequence[Value],
        output_types: Iterable[TensorType],
        location: Location,
    ) -> tuple[Value, ...]:
        """Append a node whose types were already inferred and return its outputs."""
        outputs = tuple(self._value(str(len(self._names)), type_) for type_ in output_types)
        node = Node(op, attrs, tuple(inputs), outputs, location)
        self.nodes.append(node)
        self.producers.update(dict.fromkeys(outputs, node))
        return outputs

    def replay(self, graph: Graph, inputs: Sequence[Value]) -> tuple[Value, ...]:
        """Append the nodes of `graph`, given its inputs; returns its outputs."""
        table = dict(zip(graph.inputs, inputs, strict=True))
        for node in graph.nodes:
            types = [value.type for value in node.outputs]
            read = [table[value] for value in node.inputs]
            made = self.add(node.op, node.attrs, read, types, node.location)
            table.update(zip(node.outputs, made, strict=True))
        return tuple(table[value] for value in graph.outputs)

    def build(self, outputs: Iterable[Value]) -> Graph:
        """The finished graph."""
        return Graph(self.name, tuple(self.inputs), tuple(self.nodes), tuple(outputs))

    def _value(self, wanted: str, type_: TensorType) -> Value:
        name, count = wanted, 1
        while name in self._names:
            count += 1
            name = f"{wanted}_{count}"
        self._names.add(name)
        return Value(name, type_)
