"""Moves a trained factor of each output channel into the weight of the product before it.

    before                              after
    %4 = convolution(%x0, %weight)      %8 = broadcast_to(%scale)
    %5 = broadcast_to(%scale)           %9 = mul(%weight, %8)
    %6 = mul(%4, %5)                    %4' = convolution(%x0, %9)
    %7 = broadcast_to(%shift)           %7 = broadcast_to(%shift)
    %8 = add(%6, %7)                    %10 = add(%4', %7)

So batch normalization costs nothing where a network is only used: its factor goes into the weight
and its shift into the bias, both computed from parameters alone. This is no pass of the pipeline:
it changes where results are rounded, so it belongs to the graph that everyone compares with.
A factor of constants alone stays where it is, as does one whose product has other readers.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from constnet.ops.attributes import ToShape
from constnet.ops.contraction import Matmul
from constnet.ops.lifting import NO_ATTRS
from constnet.passes.remove_dead import remove_dead
from constnet.passes.rewriting import Rewriting

if TYPE_CHECKING:
    from collections.abc import Collection

    from constnet.ir.graph import Attrs, Graph, Node, Value


def fold_scales(graph: Graph, trained: Collection[str]) -> tuple[Graph, tuple[str, ...]]:
    """`graph` with factors moved, and the layers whose factors they were.

    Args:
        graph: of a network that is only used: its parameters do not change.
        trained: names of the inputs that hold parameters and states.
    """
    folding = _Folding(graph, trained)
    for node in graph.nodes:
        folding.visit(node)
    if not folding.layers:
        return graph, ()
    return remove_dead(folding.rewriting.finish()), tuple(dict.fromkeys(folding.layers))


def _channel_axis(node: Node) -> int | None:
    """The axis of the weight, input 1, that becomes the last of the output; None: no product."""
    if node.op == "convolution":
        return node.inputs[1].type.rank - 1
    if node.op == "matmul" and isinstance(node.attrs, Matmul) and node.inputs[1].type.rank == 2:
        return 0 if node.attrs.transpose_rhs else 1
    return None


class _Folding:
    """One walk over one graph."""

    def __init__(self, graph: Graph, trained: Collection[str]) -> None:
        self.rewriting = Rewriting(graph)
        self.layers: list[str] = []
        self._uses = Counter(value for node in graph.nodes for value in node.inputs)
        self._uses.update(graph.outputs)
        self._trained = {value for value in graph.inputs if value.name in trained}
        self._fixed = set(self._trained)
        self._scaled: set[Value] = set()

    def visit(self, node: Node) -> None:
        """Keep a node, or replace what it gives."""
        inputs = self.rewriting.renamed(node.inputs)
        new = self._simpler(node, inputs)
        if new is None:
            self._note(inputs, self.rewriting.keep(node, inputs))
            return
        self._uses[new] = self._uses[node.outputs[0]]
        self.rewriting.replace(node.outputs[0], new)

    def _note(self, inputs: tuple[Value, ...], outputs: tuple[Value, ...]) -> None:
        """What depends on parameters and constants alone is fixed."""
        if self._fixed.issuperset(inputs):
            self._fixed.update(outputs)
            if not self._trained.isdisjoint(inputs):
                self._trained.update(outputs)

    def _simpler(self, node: Node, inputs: tuple[Value, ...]) -> Value | None:
        if node.op not in ("mul", "add") or self._fixed.issuperset(inputs):
            return None
        parts = self._parts(inputs)
        if parts is None:
            return None
        value, channel = parts
        if node.op == "add":
            return self._plus(value, channel) if value in self._scaled else None
        if channel not in self._trained or not self._is_product(value):
            return None
        self.layers.append(node.location.layer)
        made = self._times(value, channel)
        self._scaled.add(made)
        return made

    def _parts(self, inputs: tuple[Value, ...]) -> tuple[Value, Value] | None:
        """One operand, and the one number for each channel that the other repeats."""
        for value, other in (inputs, inputs[::-1]):
            node = self.rewriting.producers.get(other)
            if node is not None and node.op == "broadcast_to" and other in self._fixed:
                source = node.inputs[0]
                if source.type.shape == other.type.shape[-1:]:
                    return value, source
        return None

    def _is_product(self, value: Value) -> bool:
        """Whether a factor can go through to a trained weight, with no other reader on the way."""
        node = self.rewriting.producers.get(value)
        if node is None or self._uses[value] != 1:
            return False
        if _channel_axis(node) is not None:
            return node.inputs[1] in self._fixed and node.inputs[0] not in self._fixed
        if node.op == "reshape":
            source = node.inputs[0]
            return source.type.shape[-1:] == value.type.shape[-1:] and self._is_product(source)
        parts = self._parts(node.inputs) if node.op == "add" else None
        return parts is not None and self._is_product(parts[0])

    def _times(self, value: Value, factor: Value) -> Value:
        """`value`, which is a product, times `factor` of each channel: the factor in the weight."""
        node = self.rewriting.producers[value]
        axis = _channel_axis(node)
        if axis is not None:
            weight = node.inputs[1]
            scaled = self._add(node, "mul", weight, self._along(node, factor, axis))
            return self._remade(node, (node.inputs[0], scaled))
        parts = self._parts(node.inputs) if node.op == "add" else None
        if parts is None:
            return self._remade(node, (self._times(node.inputs[0], factor),))
        shift = self._add(node, "mul", parts[1], factor)
        return self._shifted(node, self._times(parts[0], factor), shift)

    def _plus(self, value: Value, channel: Value) -> Value | None:
        """`value` plus `channel`, where something is added to each channel of it already."""
        node = self.rewriting.producers.get(value)
        if node is None or self._uses[value] != 1:
            return None
        if node.op == "reshape":
            source = self._plus(node.inputs[0], channel)
            return None if source is None else self._remade(node, (source,))
        parts = self._parts(node.inputs) if node.op == "add" else None
        if parts is None:
            return None
        return self._shifted(node, parts[0], self._add(node, "add", parts[1], channel))

    def _along(self, node: Node, factor: Value, axis: int) -> Value:
        """`factor` repeated to the shape of the weight of `node`, along its axis `axis`."""
        type_ = node.inputs[1].type
        if axis != type_.rank - 1:
            shape = (-1 if each == axis else 1 for each in range(type_.rank))
            column = tuple(factor.type.size if extent == -1 else extent for extent in shape)
            factor = self._made(node, "reshape", ToShape(column), (factor,), column)
        return self._made(node, "broadcast_to", ToShape(type_.shape), (factor,), type_.shape)

    def _shifted(self, node: Node, value: Value, channel: Value) -> Value:
        """`value` plus `channel`, as the sum `node` had it."""
        shape = node.outputs[0].type.shape
        wide = self._made(node, "broadcast_to", ToShape(shape), (channel,), shape)
        return self._remade(node, (value, wide))

    def _add(self, node: Node, op: str, lhs: Value, rhs: Value) -> Value:
        return self._made(node, op, NO_ATTRS, (lhs, rhs), lhs.type.shape)

    def _remade(self, node: Node, inputs: tuple[Value, ...]) -> Value:
        """What `node` gives for other inputs."""
        return self._made(node, node.op, node.attrs, inputs, node.outputs[0].type.shape)

    def _made(
        self, node: Node, op: str, attrs: Attrs, inputs: tuple[Value, ...], shape: tuple[int, ...]
    ) -> Value:
        """A new value with one reader, of the dtype and place of what `node` gives."""
        type_ = node.outputs[0].type.with_shape(shape)
        value = self.rewriting.add(op, attrs, inputs, type_, node.location)
        self._note(inputs, (value,))
        self._uses[value] = 1
        return value
