"""The walk back of reverse mode: from cotangents of some tensors to those of others.

`constnet.autodiff` asks for gradients of a whole trace, `scan` for those of its body. Knows no
operation by name. Cotangents of a value that is read several times are added in the order in which
the walk meets its readers: from the last to the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.ir.location import at
from constnet.ops import op as records
from constnet.ops.lifting import filled
from constnet.ops.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.ir.graph import Node, Value
    from constnet.ops.tensor import Trace


def pull_back(
    outputs: Sequence[Tensor], seeds: Sequence[Tensor], wrt: Sequence[Tensor], trace: Trace
) -> list[Tensor | None]:
    """The cotangents of `wrt`, given those of `outputs`; None where none flows.

    All tensors are of `trace`, to which the nodes of the gradient are appended.
    """
    nodes = list(trace.builder.nodes)
    active = _dependents(nodes, [tensor.value for tensor in wrt])
    cotangents: dict[Value, Tensor] = {}
    for output, seed in zip(outputs, seeds, strict=True):
        before = cotangents.get(output.value)
        cotangents[output.value] = seed if before is None else before + seed
    for node in reversed(nodes):
        found = [cotangents.get(value) for value in node.outputs]
        if active.isdisjoint(node.inputs) or all(ct is None for ct in found):
            continue
        _step_back(node, trace, found, active, cotangents)
    return [cotangents.get(tensor.value) for tensor in wrt]


def _dependents(nodes: Sequence[Node], sources: Sequence[Value]) -> set[Value]:
    """Float values that depend on a source; only asked for membership, never iterated."""
    active = set(sources)
    for node in nodes:
        if not active.isdisjoint(node.inputs):
            active.update(value for value in node.outputs if value.type.dtype.is_float)
    return active


def _step_back(
    node: Node,
    trace: Trace,
    found: Sequence[Tensor | None],
    active: set[Value],
    cotangents: dict[Value, Tensor],
) -> None:
    rule = records.get(node.op).vjp
    if isinstance(rule, records.NoGradient):
        return
    inputs = tuple(Tensor(value, trace) for value in node.inputs)
    outputs = tuple(Tensor(value, trace) for value in node.outputs)
    with at(node.location):
        given = tuple(
            filled(output, 0) if ct is None else ct
            for ct, output in zip(found, outputs, strict=True)
        )
        results = rule(node.attrs, inputs, outputs, given)
        for value, ct in zip(node.inputs, results, strict=True):
            if ct is None or value not in active:
                continue
            before = cotangents.get(value)
            cotangents[value] = ct if before is None else before + ct
