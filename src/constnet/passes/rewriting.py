"""The walk that passes share: nodes are kept, replaced or added, in order, and values renamed.

A kept value keeps its name, so a pass leaves the text of what it does not touch as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.ir.graph import Graph, Node, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.ir.graph import Attrs
    from constnet.ir.location import Location
    from constnet.ir.types import TensorType


class Rewriting:
    """One pass over one graph: a list of new nodes and what each old value became."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._names = {value.name for node in graph.nodes for value in node.outputs}
        self._names.update(value.name for value in graph.inputs)
        self._table: dict[Value, Value] = {}
        self._is_changed = False
        self.nodes: list[Node] = []
        self.producers: dict[Value, Node] = {}

    def renamed(self, values: Sequence[Value]) -> tuple[Value, ...]:
        """What these values of the old graph are in the new one."""
        return tuple(self._table.get(value, value) for value in values)

    def keep(self, node: Node, inputs: tuple[Value, ...]) -> tuple[Value, ...]:
        """Append an old node with these inputs; returns its outputs."""
        if inputs != node.inputs:
            node = Node(node.op, node.attrs, inputs, node.outputs, node.location)
        self._append(node)
        return node.outputs

    def replace(self, old: Value, new: Value) -> None:
        """From here on `new` stands for `old`."""
        self._table[old] = new
        self._is_changed = True

    def add(
        self,
        op: str,
        attrs: Attrs,
        inputs: Sequence[Value],
        type_: TensorType,
        location: Location,
    ) -> Value:
        """Append a new node with one output and return that."""
        number = len(self._names)
        while f"{number}" in self._names:
            number += 1
        value = Value(f"{number}", type_)
        self._names.add(value.name)
        self._append(Node(op, attrs, tuple(inputs), (value,), location))
        return value

    def finish(self) -> Graph:
        """The new graph; the old object if nothing was replaced."""
        if not self._is_changed:
            return self._graph
        outputs = self.renamed(self._graph.outputs)
        return Graph(self._graph.name, self._graph.inputs, tuple(self.nodes), outputs)

    def _append(self, node: Node) -> None:
        self.nodes.append(node)
        for value in node.outputs:
            self.producers[value] = node
