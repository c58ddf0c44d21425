"""Computes equal things once: nodes of the same operation, attributes and inputs become one.

    before                              after
    %2 = exp(%0)                        %2 = exp(%0)
    %3 = exp(%0)                        %4 = add(%2, %2)
    %4 = add(%2, %3)

Random draws merge too: the same seed, step, stream and shape give the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.passes.rewriting import Rewriting

if TYPE_CHECKING:
    from constnet.ir.graph import Attrs, Graph, Value

Key = tuple[str, "Attrs", tuple["Value", ...]]


def merge_subexpressions(graph: Graph) -> Graph:
    """`graph` without repeated nodes; the same object if there are none."""
    rewriting = Rewriting(graph)
    seen: dict[Key, tuple[Value, ...]] = {}
    for node in graph.nodes:
        inputs = rewriting.renamed(node.inputs)
        key = (node.op, node.attrs, inputs)
        first = seen.get(key)
        if first is None:
            seen[key] = rewriting.keep(node, inputs)
            continue
        for value, replacement in zip(node.outputs, first, strict=True):
            rewriting.replace(value, replacement)
    return rewriting.finish()
