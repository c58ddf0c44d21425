"""What a legal graph is. Passes assume it; tests run this after every pass.

every value has one definition and a name of its own
every value is defined before it is read
every node's operation is known, its attributes are of the operation's class, and its output
types are what the operation's rule gives for its input types
every graph that an attribute holds is legal itself
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.errors import VerifyError
from constnet.ir.body import bodies_of
from constnet.ir.signature import signature

if TYPE_CHECKING:
    from constnet.ir.graph import Graph, Node, Value


def verify(graph: Graph) -> Graph:
    """Return `graph` if it is legal.

    Raises:
        VerifyError: it is not; the message names the node and the rule.
        ShapeError, DTypeError: an operation refuses the types of its inputs.
    """
    defined: set[Value] = set()
    names: set[str] = set()
    for value in graph.inputs:
        _define(graph, value, defined, names)
    for node in graph.nodes:
        _check_node(graph, node, defined)
        for value in node.outputs:
            _define(graph, value, defined, names)
    for value in graph.outputs:
        if value not in defined:
            message = f"[verify] graph {graph.name} returns {value} ({value.type}), never defined"
            raise VerifyError(message)
    return graph


def _define(graph: Graph, value: Value, defined: set[Value], names: set[str]) -> None:
    if value in defined or value.name in names:
        message = f"[verify] graph {graph.name} defines {value} ({value.type}) twice"
        raise VerifyError(message)
    if any(extent < 1 for extent in value.type.shape):
        message = f"[verify] {value} of graph {graph.name} is empty: {value.type}"
        raise VerifyError(message)
    defined.add(value)
    names.add(value.name)


def _check_node(graph: Graph, node: Node, defined: set[Value]) -> None:
    where = f"{node.op} of graph {graph.name} ({node.location})"
    for value in node.inputs:
        if value not in defined:
            message = f"[verify] {where} reads {value} ({value.type}) before it is defined"
            raise VerifyError(message)
    known = signature(node.op)
    if not isinstance(node.attrs, known.attrs):
        message = f"[verify] {where} has attributes {node.attrs}, not {known.attrs.__name__}"
        raise VerifyError(message)
    for body in bodies_of(node.attrs):
        verify(body.graph)
    expected = known.infer(node.attrs, tuple(value.type for value in node.inputs))
    found = tuple(value.type for value in node.outputs)
    if found != expected:
        message = (
            f"[verify] {where} has outputs {', '.join(map(str, found))}; its rule gives "
            f"{', '.join(map(str, expected))}"
        )
        raise VerifyError(message)
