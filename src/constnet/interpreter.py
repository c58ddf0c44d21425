"""Runs a graph on arrays, node by node: what every compiled result is compared with.

The bits are those of compiled code in exact mode (`ops.execute`). An array is dropped after its
last reader, so the memory in use is that of the values alive, not of the whole graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from constnet.errors import DTypeError, ShapeError, UsageError
from constnet.ops.execute import execute_graph, execute_node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.ir.graph import Graph, Value

Array = np.ndarray


def run(graph: Graph, inputs: Sequence[Array]) -> list[Array]:
    """The outputs of `graph` for these inputs, in the order of `graph.inputs`.

    Raises:
        UsageError: the number of arrays is not that of the inputs.
        ShapeError, DTypeError: an array is not of its input's type.
    """
    known = _bind(graph, inputs)
    return execute_graph(graph, [known[value] for value in graph.inputs])


def run_all(graph: Graph, inputs: Sequence[Array]) -> dict[Value, Array]:
    """The array of every value of the graph, for a person who looks inside.

    Values inside the body of a scan are not among them: they have one array for each step.
    """
    known = _bind(graph, inputs)
    for node in graph.nodes:
        execute_node(node, known)
    return known


def _bind(graph: Graph, inputs: Sequence[Array]) -> dict[Value, Array]:
    if len(inputs) != len(graph.inputs):
        names = ", ".join(value.name for value in graph.inputs) or "none"
        message = (
            f"[interpreter] graph {graph.name} has {len(graph.inputs)} inputs ({names}), got "
            f"{len(inputs)} arrays. Give one for each."
        )
        raise UsageError(message)
    known: dict[Value, Array] = {}
    for value, given in zip(graph.inputs, inputs, strict=True):
        array = np.asarray(given)
        if array.shape != value.type.shape or array.dtype != value.type.dtype.numpy:
            found = f"{array.dtype}[{', '.join(map(str, array.shape))}]"
            message = f"[interpreter] input {value.name} is {value.type}, got {found}. Convert it."
            raise (DTypeError if array.shape == value.type.shape else ShapeError)(message)
        known[value] = array
    return known
