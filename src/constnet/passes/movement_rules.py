"""Rules for movement: what moves nothing goes, two moves become one, products absorb transposes.

reshape, broadcast_to to the same shape; transpose to the same order; slice of everything;
pad by nothing; concatenate of one                        ->  x
reshape(reshape(x)), transpose(transpose(x)), broadcast_to(broadcast_to(x))  ->  one of them
transpose that moves only axes of extent 1                ->  reshape
broadcast_to(reshape(x)) that adds leading axes of 1      ->  broadcast_to(x)
flip(flip(x)) along the same axes                         ->  x
matmul of a matrix transposed in its last two axes        ->  matmul with a flag
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from constnet.ops.attributes import Axes, ToShape
from constnet.ops.contraction import Matmul
from constnet.ops.window import Pad, Slice, is_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from constnet.ir.graph import Node, Value
    from constnet.passes.rewriting import Rewriting

    Inputs = tuple[Value, ...]
    Rule = Callable[[Rewriting, Node, Inputs], Value | None]


def _producer(rewriting: Rewriting, value: Value, op: str) -> Node | None:
    node = rewriting.producers.get(value)
    return node if node is not None and node.op == op else None


def _same_shape(_rewriting: Rewriting, node: Node, inputs: Inputs) -> Value | None:
    return inputs[0] if node.outputs[0].type == inputs[0].type else None


def _reshape_twice(rewriting: Rewriting, node: Node, inputs: Inputs) -> Value | None:
    inner = _producer(rewriting, inputs[0], "reshape")
    if inner is None:
        return None
    return rewriting.add("reshape", node.attrs, inner.inputs, node.outputs[0].type, node.location)


def _broadcast_twice(rewriting: Rewriting, node: Node, inputs: Inputs) -> Value | None:
    inner = _producer(rewriting, inputs[0], "broadcast_to")
    if inner is None:
        inner = _producer(rewriting, inputs[0], "reshape")
        if inner is None or not _adds_leading_ones(inner):
            return None
    type_ = node.outputs[0].type
    return rewriting.add("broadcast_to", node.attrs, inner.inputs, type_, node.location)


def _adds_leading_ones(reshape: Node) -> bool:
    given, wanted = reshape.inputs[0].type.shape, reshape.outputs[0].type.shape
    return wanted == (1,) * (len(wanted) - len(given)) + given


def _transpose(rewriting: Rewriting, node: Node, inputs: Inputs) -> Value | None:
    if not isinstance(node.attrs, Axes):
        return None
    axes, type_ = node.attrs.axes, node.outputs[0].type
    if axes == tuple(range(len(axes))):
        return inputs[0]
    wide = [axis for axis in axes if inputs[0].type.shape[axis] != 1]
    if wide == sorted(wide):
        return rewriting.add("reshape", ToShape(type_.shape), inputs, type_, node.location)
    inner = _producer(rewriting, inputs[0], "transpose")
    if inner is None or not isinstance(inner.attrs, Axes):
        return None
    first = inner.attrs.axes
    order = Axes(tuple(first[axis] for axis in axes))
    return rewriting.add("transpose", order, inner.inputs, type_, node.location)


def _slice_all(_rewriting: Rewriting, node: Node, inputs: Inputs) -> Value | None:
    is_all = isinstance(node.attrs, Slice) and is_whole(node.attrs, inputs[0].type.shape)
    return inputs[0] if is_all else None


def _pad_nothing(_rewriting: Rewriting, node: Node, inputs: Inputs) -> Value | None:
    if not isinstance(node.attrs, Pad):
        return None
    widths = (*node.attrs.low, *node.attrs.high)
    return inputs[0] if not any(widths) and node.outputs[0].type == inputs[0].type else None


def _only_part(_rewriting: Rewriting, _node: Node, inputs: Inputs) -> Value | None:
    return inputs[0] if len(inputs) == 1 else None


def _flip_twice(rewriting: Rewriting, node: Node, inputs: Inputs) -> Value | None:
    inner = _producer(rewriting, inputs[0], "flip")
    return inner.inputs[0] if inner is not None and inner.attrs == node.attrs else None


def _absorb_transpose(rewriting: Rewriting, node: Node, inputs: Inputs) -> Value | None:
    attrs = node.attrs
    if not isinstance(attrs, Matmul):
        return None
    lhs, rhs = inputs
    source = _swapped(rewriting, lhs)
    if source is not None:
        attrs, lhs = replace(attrs, transpose_lhs=not attrs.transpose_lhs), source
    source = _swapped(rewriting, rhs)
    if source is not None:
        attrs, rhs = replace(attrs, transpose_rhs=not attrs.transpose_rhs), source
    if attrs is node.attrs:
        return None
    return rewriting.add("matmul", attrs, (lhs, rhs), node.outputs[0].type, node.location)


def _swapped(rewriting: Rewriting, value: Value) -> Value | None:
    """What `value` is with its last two axes exchanged, if a transpose made it so."""
    node = _producer(rewriting, value, "transpose")
    if node is None or not isinstance(node.attrs, Axes):
        return None
    rank = value.type.rank
    is_swap = node.attrs.axes == (*range(rank - 2), rank - 1, rank - 2)
    return node.inputs[0] if is_swap else None


MOVEMENT_RULES: dict[str, tuple[Rule, ...]] = {
    "reshape": (_same_shape, _reshape_twice),
    "broadcast_to": (_same_shape, _broadcast_twice),
    "transpose": (_transpose,),
    "slice": (_slice_all,),
    "pad": (_pad_nothing,),
    "concatenate": (_only_part,),
    "flip": (_flip_twice,),
    "matmul": (_absorb_transpose,),
}
