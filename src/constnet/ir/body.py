"""A graph as an attribute of a node: the body of a loop.

Two bodies are equal when they compute the same from the same types: names of values and places in
the user's program do not count. So a node with a body merges and is cached like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from constnet.ir.graph import Graph, Node  # noqa: TC001  (dataclass field, read at run time)

if TYPE_CHECKING:
    from collections.abc import Hashable

    from constnet.ir.graph import Attrs, Value


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """An immutable graph that compares by structure."""

    graph: Graph
    _key: Hashable = field(init=False, repr=False)
    _hash: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compute what bodies are compared by, once."""
        key = _structure(self.graph)
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_hash", hash(key))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Body) and self._hash == other._hash and self._key == other._key

    def __hash__(self) -> int:
        return self._hash


def bodies_of(attrs: Attrs) -> tuple[Body, ...]:
    """The bodies among attributes, in the order of their fields."""
    values = (getattr(attrs, each.name) for each in fields(attrs))
    return tuple(value for value in values if isinstance(value, Body))


def all_nodes(graph: Graph) -> list[Node]:
    """The nodes of a graph and of all bodies in it, each body after the node that has it."""
    found: list[Node] = []
    for node in graph.nodes:
        found.append(node)
        for body in bodies_of(node.attrs):
            found.extend(all_nodes(body.graph))
    return found


def _structure(graph: Graph) -> Hashable:
    """Everything about a graph but names and locations."""
    numbers: dict[Value, int] = {}
    for value in graph.inputs:
        numbers[value] = len(numbers)
    nodes: list[Hashable] = []
    for node in graph.nodes:
        read = tuple(numbers[value] for value in node.inputs)
        types = tuple(value.type for value in node.outputs)
        nodes.append((node.op, node.attrs, read, types))
        for value in node.outputs:
            numbers[value] = len(numbers)
    inputs = tuple(value.type for value in graph.inputs)
    return inputs, tuple(nodes), tuple(numbers[value] for value in graph.outputs)
