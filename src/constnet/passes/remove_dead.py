"""Removes nodes that no output needs. Inputs stay, read or not.

before                              after
%2 = mul(%0, %1)                    %2 = mul(%0, %1)
%3 = exp(%0)                        return %2
return %2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.ir.graph import Graph

if TYPE_CHECKING:
    from constnet.ir.graph import Node, Value


def remove_dead(graph: Graph) -> Graph:
    """`graph` without dead nodes; the same object if there are none."""
    alive: set[Value] = set(graph.outputs)
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if not alive.isdisjoint(node.outputs):
            kept.append(node)
            alive.update(node.inputs)
    if len(kept) == len(graph.nodes):
        return graph
    return Graph(graph.name, graph.inputs, tuple(reversed(kept)), graph.outputs)
