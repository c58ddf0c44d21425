"""Runs a graph on arrays, node by node: what every compiled result is compared with.

The bits are those of compiled code in exact mode (`ops.execute`). An array is dropped after its
last reader, so the memory in use is that of the values alive, not of the whole graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from constnet.errors import DTypeError, ShapeError, UsageError
from constnet.ops.execute import execute

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
    last = _last_readers(graph)
    for number, node in enumerate(graph.nodes):
        dtypes = tuple(value.type.dtype for value in node.inputs)
        arrays = [known[value] for value in node.inputs]
        known[node.outputs[0]] = execute(node.op, node.attrs, dtypes, arrays)
        for value in last.get(number, ()):
            del known[value]
    return [known[value] for value in graph.outputs]


def run_all(graph: Graph, inputs: Sequence[Array]) -> dict[Value, Array]:
    """The array of every value of the graph, for a person who looks inside."""
    known = _bind(graph, inputs)
    for node in graph.nodes:
        dtypes = tuple(value.type.dtype for value in node.inputs)
        arrays = [known[value] for value in node.inputs]
        known[node.outputs[0]] = execute(node.op, node.attrs, dtypes, arrays)
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


def _last_readers(graph: Graph) -> dict[int, list[Value]]:
    """Values by the number of the node after which nobody reads them."""
    reader: dict[Value, int] = {}
    for number, node in enumerate(graph.nodes):
        for value in (*node.outputs, *node.inputs):
            reader[value] = number
    for value in graph.outputs:
        reader.pop(value, None)
    last: dict[int, list[Value]] = {}
    for value, number in reader.items():
        last.setdefault(number, []).append(value)
    return last
