"""Runs nodes on arrays, with the bits that compiled code gives in exact mode.

Pointwise operations run their `scalar` expression, so that transcendental functions have the bits
of `softmath`; the others run their NumPy reference, which keeps the order of sums.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from constnet.loopir.evaluate import evaluate
from constnet.loopir.types import Expr, Local
from constnet.ops import op as records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.dtypes import DType
    from constnet.ir.graph import Attrs, Graph, Node, Value

Array = np.ndarray


@lru_cache(maxsize=4096)
def scalar_expression(op: str, attrs: Attrs, dtypes: tuple[DType, ...]) -> Expr | None:
    """The expression of a pointwise operation on locals `x0`, `x1`, ...; None for the others."""
    scalar = records.get(op).scalar
    if scalar is None:
        return None
    return scalar(attrs, *(Local(f"x{number}", dtype) for number, dtype in enumerate(dtypes)))


def execute(
    op: str, attrs: Attrs, dtypes: tuple[DType, ...], arrays: Sequence[Array]
) -> tuple[Array, ...]:
    """The outputs of one operation. `dtypes` are those of its inputs."""
    expression = scalar_expression(op, attrs, dtypes)
    if expression is None:
        with np.errstate(all="ignore"):
            result = records.get(op).reference(attrs, *arrays)
        found = result if isinstance(result, tuple) else (result,)
        return tuple(np.asarray(array) for array in found)
    values: dict[str, Any] = {f"x{number}": array for number, array in enumerate(arrays)}
    return (np.asarray(evaluate(expression, values)),)


def execute_node(node: Node, known: dict[Value, Array]) -> None:
    """Run one node on the arrays in `known`, and add its outputs to them."""
    dtypes = tuple(value.type.dtype for value in node.inputs)
    arrays = [known[value] for value in node.inputs]
    results = execute(node.op, node.attrs, dtypes, arrays)
    known.update(zip(node.outputs, results, strict=True))


def execute_graph(graph: Graph, inputs: Sequence[Array]) -> list[Array]:
    """The outputs of a graph whose inputs are known to fit; arrays go after their last reader."""
    known = dict(zip(graph.inputs, inputs, strict=True))
    last = _last_readers(graph)
    for number, node in enumerate(graph.nodes):
        execute_node(node, known)
        for value in last.get(number, ()):
            del known[value]
    return [known[value] for value in graph.outputs]


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
