"""What an artefact need not compute: everything that depends on parameters alone.

    before                                     after
    %2 = mul(%layers.0.weight, %1)             %3 = convolution(%x0, %layers.0.weight.folded)
    %3 = convolution(%x0, %2)

Factors of batch normalization go into the weights before them first (`passes.fold_scales`). Values
are computed with the bits of exact mode. In fma mode only those are computed whose bits are the
same in both modes; in neither one that would need more memory than the parameters it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from constnet.ir.graph import Graph, Node, Value
from constnet.ops.execute import execute_node
from constnet.passes.fold_constants import is_foldable
from constnet.passes.fold_scales import fold_scales
from constnet.passes.remove_dead import remove_dead

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Frozen:
    """A graph with fewer nodes, the values of its inputs that are known, and what was folded."""

    graph: Graph
    values: dict[str, Array]
    folded_layers: tuple[str, ...]


def freeze(graph: Graph, values: Mapping[str, Array], numerics: str) -> Frozen:
    """`graph` without what depends on `values` alone, the arrays of some of its inputs."""
    folded, layers = fold_scales(graph, values)
    ready = _Ready(folded, values, is_exact=numerics == "exact")
    return Frozen(ready.graph(), ready.values, layers)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a value that depends on parameters alone comes from."""

    parameters: tuple[Value, ...]
    is_ready: bool
    """Whether it may be computed now."""


class _Ready:
    """Values of a graph that are known before it runs."""

    def __init__(self, graph: Graph, values: Mapping[str, Array], *, is_exact: bool) -> None:
        self._graph = graph
        self._is_exact = is_exact
        self.values = dict(values)
        self._names = {value.name for value in graph.inputs}
        self._names.update(value.name for node in graph.nodes for value in node.outputs)
        self._sources: dict[Value, _Source] = {
            value: _Source((value,), is_ready=True)
            for value in graph.inputs
            if value.name in values
        }
        self._known = {value: values[value.name] for value in self._sources}
        self._producers = graph.producers()
        for node in graph.nodes:
            self._note(node)

    def graph(self) -> Graph:
        """The graph with known values as inputs."""
        table: dict[Value, Value] = {}
        nodes: list[Node] = []
        for node in self._graph.nodes:
            if all(value in self._sources and self._is_worth_it(value) for value in node.outputs):
                continue
            inputs = tuple(self._input(value, table) for value in node.inputs)
            nodes.append(Node(node.op, node.attrs, inputs, node.outputs, node.location))
        outputs = self._graph.outputs
        rest = remove_dead(Graph(self._graph.name, (), tuple(nodes), outputs))
        read = {value for node in rest.nodes for value in node.inputs} | set(outputs)
        kept = (v for v in self._graph.inputs if v in read or v.name not in self.values)
        made = (value for value in table.values() if value in read)
        return Graph(rest.name, (*kept, *made), rest.nodes, outputs)

    def _note(self, node: Node) -> None:
        """Remember what depends on parameters and constants alone."""
        known = [self._sources.get(value) for value in node.inputs]
        found = [source for source in known if source is not None]
        if len(found) != len(known):
            return
        parameters = dict.fromkeys(value for source in found for value in source.parameters)
        is_ready = all(source.is_ready for source in found) and self._may_run(node)
        for value in node.outputs:
            self._sources[value] = _Source(tuple(parameters), is_ready)

    def _may_run(self, node: Node) -> bool:
        """Whether its bits now are those of the mode."""
        if self._is_exact or node.op == "constant":
            return True
        dtypes = tuple(value.type.dtype for value in node.inputs)
        return is_foldable(node.op, node.attrs, dtypes, node.outputs[0].type.dtype)

    def _is_worth_it(self, value: Value) -> bool:
        """Whether `value` replaces parameters and takes no more memory than one of them."""
        source = self._sources[value]
        largest = max((each.type.bytes for each in source.parameters), default=0)
        is_inside = value in self._producers and value not in self._graph.outputs
        return source.is_ready and is_inside and value.type.bytes <= largest

    def _input(self, value: Value, table: dict[Value, Value]) -> Value:
        """`value`, or the input that stands for it from here on."""
        if value not in self._sources or not self._is_worth_it(value):
            return value
        if value not in table:
            made = Value(self._name(value), value.type)
            self.values[made.name] = self._computed(value)
            table[value] = made
        return table[value]

    def _name(self, value: Value) -> str:
        """After the parameter it takes the place of."""
        parameters = self._sources[value].parameters
        like = [each for each in parameters if each.type.bytes == value.type.bytes]
        base = f"{(like or list(parameters))[0].name}.folded"
        name, number = base, 2
        while name in self._names:
            name, number = f"{base}.{number}", number + 1
        self._names.add(name)
        return name

    def _computed(self, value: Value) -> Array:
        """Run the nodes that `value` needs, each once."""
        stack = [value]
        while stack:
            node = self._producers[stack[-1]]
            missing: Sequence[Value] = [each for each in node.inputs if each not in self._known]
            if missing:
                stack.extend(missing)
                continue
            stack.pop()
            if node.outputs[0] not in self._known:
                execute_node(node, self._known)
        return np.ascontiguousarray(self._known[value])
