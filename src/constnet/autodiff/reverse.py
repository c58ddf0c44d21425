"""Reverse-mode gradients over the graph being traced. Knows no operation by name.

What enters: an output and the tensors to differentiate by, all of one trace. What leaves: their
gradients, as nodes appended to that trace. Cotangents of a value that is read several times are
added in the order in which the walk back meets its readers: from the last to the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from constnet.errors import ShapeError, UsageError
from constnet.ir.location import at
from constnet.ops import op as records
from constnet.ops.lifting import filled
from constnet.ops.tensor import Tensor, constant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.ir.graph import Node, Value
    from constnet.ops.tensor import Trace


def gradients(output: Tensor, wrt: Sequence[Tensor], seed: Tensor | None = None) -> list[Tensor]:
    """The gradient of `output` by each of `wrt`; zeros where none flows.

    Args:
        output: what is differentiated; a scalar unless `seed` is given.
        wrt: tensors of the same trace.
        seed: the cotangent of `output`, 1 by default.

    Raises:
        ShapeError: `output` is no scalar and has no seed, or the seed has another type.
        UsageError: a tensor belongs to another trace, or is not of a float dtype.
    """
    trace = output.trace
    _check(output, wrt, seed)
    if seed is None:
        seed = constant(np.ones((), output.dtype.numpy), trace)
    nodes = list(trace.builder.nodes)
    active = _dependents(nodes, [tensor.value for tensor in wrt])
    cotangents: dict[Value, Tensor] = {output.value: seed}
    for node in reversed(nodes):
        found = [cotangents.get(value) for value in node.outputs]
        if active.isdisjoint(node.inputs) or all(ct is None for ct in found):
            continue
        _step_back(node, trace, found, active, cotangents)
    return [_gradient(tensor, cotangents) for tensor in wrt]


def _check(output: Tensor, wrt: Sequence[Tensor], seed: Tensor | None) -> None:
    if seed is None and output.shape != ():
        message = (
            f"[gradients] {output.value} is {output.type}, not a scalar. Reduce it first, or give "
            "the cotangent as `seed`."
        )
        raise ShapeError(message)
    if seed is not None and seed.type != output.type:
        message = f"[gradients] the seed is {seed.type} and the output {output.type}. Match them."
        raise ShapeError(message)
    for tensor in (output, *wrt):
        if tensor.trace is not output.trace:
            message = f"[gradients] {tensor.value} ({tensor.type}) belongs to another trace"
            raise UsageError(message)
        if not tensor.dtype.is_float:
            message = f"[gradients] {tensor.value} is {tensor.type}; only floats have gradients."
            raise UsageError(message)


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


def _gradient(tensor: Tensor, cotangents: dict[Value, Tensor]) -> Tensor:
    found = cotangents.get(tensor.value)
    return filled(tensor, 0) if found is None else found
