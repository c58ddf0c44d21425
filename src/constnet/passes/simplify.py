"""Replaces nodes by simpler ones with the same bits.

    before                              after
    %1 = broadcast_to(constant 1.0)     %4 = matmul(%0, %3) {transpose_rhs=True}
    %2 = mul(%0, %1)
    %3' = transpose(%3) {axes=(1, 0)}
    %4 = matmul(%2, %3')

The rules are in `arithmetic_rules` and `movement_rules`, by the operation they look at. Here is the
walk, and the one rule for all pointwise operations: what is broadcast alike is computed before it
is broadcast.

    %2 = broadcast_to(%0)               %2 = mul(%0, %1)
    %3 = broadcast_to(%1)               %3 = broadcast_to(%2)
    %4 = mul(%2, %3)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from constnet.ir.types import TensorType
from constnet.ops import op as records
from constnet.ops.attributes import ToShape
from constnet.passes.arithmetic_rules import ARITHMETIC_RULES
from constnet.passes.movement_rules import MOVEMENT_RULES
from constnet.passes.rewriting import Rewriting

if TYPE_CHECKING:
    from constnet.ir.graph import Graph, Node, Value

Rule = Callable[["Rewriting", "Node", "tuple[Value, ...]"], "Value | None"]

_RULES: dict[str, tuple[Rule, ...]] = {**ARITHMETIC_RULES, **MOVEMENT_RULES}


def simplify(graph: Graph) -> Graph:
    """`graph` after one walk of all rules; the same object if none applied."""
    rewriting = Rewriting(graph)
    for node in graph.nodes:
        inputs = rewriting.renamed(node.inputs)
        simpler = _apply_rules(rewriting, node, inputs)
        if simpler is None:
            rewriting.keep(node, inputs)
        else:
            rewriting.replace(node.outputs[0], simpler)
    return rewriting.finish()


def _apply_rules(rewriting: Rewriting, node: Node, inputs: tuple[Value, ...]) -> Value | None:
    for rule in _RULES.get(node.op, ()):
        simpler = rule(rewriting, node, inputs)
        if simpler is not None:
            return simpler
    if inputs and records.get(node.op).scalar is not None:
        return _compute_before_broadcast(rewriting, node, inputs)
    return None


def _compute_before_broadcast(
    rewriting: Rewriting, node: Node, inputs: tuple[Value, ...]
) -> Value | None:
    sources: list[Value] = []
    for value in inputs:
        producer = rewriting.producers.get(value)
        if producer is None or producer.op != "broadcast_to":
            return None
        sources.append(producer.inputs[0])
    shapes = {source.type.shape for source in sources} - {()}
    if len(shapes) > 1:
        return None
    shape = shapes.pop() if shapes else ()
    output = node.outputs[0].type
    if TensorType(shape, output.dtype).size >= output.size:
        return None
    small = [_at_shape(rewriting, source, shape, node) for source in sources]
    result = rewriting.add(node.op, node.attrs, small, output.with_shape(shape), node.location)
    return rewriting.add("broadcast_to", ToShape(output.shape), (result,), output, node.location)


def _at_shape(rewriting: Rewriting, source: Value, shape: tuple[int, ...], node: Node) -> Value:
    if source.type.shape == shape:
        return source
    wanted = source.type.with_shape(shape)
    return rewriting.add("broadcast_to", ToShape(shape), (source,), wanted, node.location)
