"""How much memory a training step's intermediate values need at least, to hold its arena against.

Two lower bounds, both the largest sum over time of what is alive: of the buffers that the compiled
program has (what the plan's placing adds shows), and of the graph's tensors, one operation after
another and none fused, views counted with what they view (what scheduling adds shows).
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from constnet.loopir.types import Call
from constnet.lowering.regions import is_movement
from constnet.ops.tensor import Constant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from constnet.ir.graph import Graph, Value
    from constnet.loopir.types import Program

Spans = dict[str, tuple[int, int]]


def largest_sum(spans: Spans, sizes: dict[str, int]) -> int:
    """The most bytes that are alive at once; a span has both its ends."""
    changes: dict[int, int] = {}
    for name, (first, last) in spans.items():
        changes[first] = changes.get(first, 0) + sizes[name]
        changes[last + 1] = changes.get(last + 1, 0) - sizes[name]
    ordered = [changes[moment] for moment in sorted(changes)]
    return max(itertools.accumulate(ordered), default=0)


def live_buffers(program: Program) -> int:
    """Bytes of the largest sum of live buffers of the arena."""
    sizes = {b.name: b.extent * b.dtype.bytes for b in program.buffers if b.space == "arena"}
    spans: Spans = {}
    for moment, names in enumerate(_touches(program.calls)):
        for name in names:
            if name in sizes:
                spans[name] = (spans.get(name, (moment, moment))[0], moment)
    return largest_sum(spans, sizes)


def _touches(calls) -> Iterator[set[str]]:
    """Names of the buffers that each call uses; a repeated body counts as one moment."""
    for call in calls:
        if isinstance(call, Call):
            yield {part.buffer for part in call.args}
        else:
            yield set().union(*_touches(call.calls))


def live_tensors(graph: Graph) -> int:
    """Bytes of the largest sum of live values that are neither inputs, constants nor outputs."""
    owners: dict[Value, Value] = {}
    spans: Spans = {}
    sizes: dict[str, int] = {}
    kept = {*graph.inputs, *graph.outputs}
    for moment, node in enumerate(graph.nodes):
        for value in node.inputs:
            owner = owners.get(value, value)
            if owner.name in spans:
                spans[owner.name] = (spans[owner.name][0], moment)
        if is_movement(node):
            source = node.inputs[0] if node.inputs else node.outputs[0]
            owners |= dict.fromkeys(node.outputs, owners.get(source, source))
        elif not isinstance(node.attrs, Constant):
            for value in node.outputs:
                if value not in kept:
                    spans[value.name] = (moment, moment)
                    sizes[value.name] = value.type.size * value.type.dtype.bytes
    return largest_sum(spans, sizes)
