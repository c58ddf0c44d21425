"""The gradient of `scan`: two more scans, and one large operation for each sum over steps.

    forward again    the same scan, with what the way back reads of each step (the residuals) as
                     further outputs; `passes.merge_scans` makes one scan of both
    way back         a scan in the other direction over residuals, items and cotangents of the
                     outputs; its carries are the cotangents of the carries
    after it         the cotangent of an invariant is a sum over steps. Where the record of the
                     operation that makes the summand says so (`Op.summed`), its operands are
                     outputs of the way back and the sum is one operation on their stacks;
                     elsewhere the sum is a carry of the way back

The body and its gradient are traced together (`_Joint`), so that any operation may be in a body, a
scan too, and the gradient of a gradient is no special case.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from constnet.ir.body import Body
from constnet.ir.graph import Graph, GraphBuilder
from constnet.ops import op as records
from constnet.ops.attributes import ToShape
from constnet.ops.lifting import filled
from constnet.ops.pullback import pull_back
from constnet.ops.scan_attributes import Scan
from constnet.ops.tensor import Constant, Tensor, Trace, apply, apply_many, tracing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constnet.ir.graph import Node, Value
    from constnet.ir.types import TensorType

Tensors = tuple[Tensor, ...]


def scan_vjp(attrs: Scan, x: Tensors, _y: Tensors, ct: Tensors) -> tuple[Tensor | None, ...]:
    """Cotangents of initial carries, sequences and invariants."""
    return _WayBack(attrs, x, ct).cotangents()


@dataclass
class _Joint:
    """One step forward and back in one trace."""

    trace: Trace
    inputs: list[Value]
    forward: dict[Value, Value]
    """Each value of the trace's forward half, and what it is called in the body."""
    carry_cts: dict[int, Value]
    """Position of a float carry, and the input that is the cotangent of its new value."""
    output_cts: dict[int, Value]
    """The same for outputs of the step."""
    results: list[Tensor | None]
    """The cotangent of each input of the body."""


def _joint(attrs: Scan, ct: Tensors) -> _Joint:
    graph, outer = attrs.body.graph, ct[0].trace
    trace = Trace(GraphBuilder("back"), outer.training, outer.dtype)
    inputs = [trace.builder.input(value.name, value.type) for value in graph.inputs]
    made = trace.builder.replay(graph, inputs)
    forward = _names(graph, inputs, trace.builder.nodes)
    carry_cts: dict[int, Value] = {}
    output_cts: dict[int, Value] = {}
    for number, value in enumerate(made):
        if not value.type.dtype.is_float:
            continue
        if number < attrs.carries:
            carry_cts[number] = trace.builder.input(f"carry_ct{number}", value.type)
        elif not _is_zero(ct[number]):
            name = f"output_ct{number - attrs.carries}"
            output_cts[number] = trace.builder.input(name, value.type)
    seeds = {**carry_cts, **output_cts}
    floats = [value for value in inputs if value.type.dtype.is_float]
    with tracing(trace):
        found = pull_back(
            [Tensor(made[number], trace) for number in seeds],
            [Tensor(value, trace) for value in seeds.values()],
            [Tensor(value, trace) for value in floats],
            trace,
        )
    results = dict(zip(floats, found, strict=True))
    cotangents = [results.get(value) for value in inputs]
    return _Joint(trace, inputs, forward, carry_cts, output_cts, cotangents)


def _names(graph: Graph, inputs: list[Value], nodes: list[Node]) -> dict[Value, Value]:
    names = dict(zip(inputs, graph.inputs, strict=True))
    for copy, node in zip(nodes, graph.nodes, strict=True):
        names.update(zip(copy.outputs, node.outputs, strict=True))
    return names


def _is_zero(tensor: Tensor) -> bool:
    """Whether a cotangent is the zeros that stand for none."""
    producers = tensor.trace.builder.producers
    node = producers.get(tensor.value)
    if node is not None and node.op == "broadcast_to":
        node = producers.get(node.inputs[0])
    return node is not None and isinstance(node.attrs, Constant) and not any(node.attrs.data)


@dataclass
class _Totals:
    """Sums over steps, traced as if their leaves (stacks and sums of body values) were inputs."""

    joint: _Joint
    known: set[Value]
    """Values whose stacks there will be in any case."""
    trace: Trace
    stacks: dict[Value, Tensor] = field(default_factory=dict["Value", "Tensor"])
    sums: dict[Value, Tensor] = field(default_factory=dict["Value", "Tensor"])
    length: int = 1

    def total(self, value: Value) -> Tensor:
        """The sum over steps of a value of the way back."""
        node = self.joint.trace.builder.producers.get(value)
        if node is not None and value not in self.joint.forward:
            record = records.get(node.op)
            stacks, sums = dict(self.stacks), dict(self.sums)
            steps = tuple(_StepsOf(self, each) for each in node.inputs)
            found = None if record.summed is None else record.summed(node.attrs, steps)
            new = sum(each.type.bytes for each in self.sums if each not in sums)
            if found is not None and new <= value.type.bytes:
                return found
            self.stacks, self.sums = stacks, sums
        if value not in self.sums:
            self.sums[value] = self.trace.input(f"sum{len(self.sums)}", value.type)
        return self.sums[value]

    def stack(self, value: Value) -> Tensor:
        """All steps of a value."""
        if value not in self.stacks:
            type_ = value.type.with_shape((self.length, *value.type.shape))
            self.stacks[value] = self.trace.input(f"stack{len(self.stacks)}", type_)
        return self.stacks[value]


def _needed(graph: Graph) -> tuple[tuple[Node, ...], tuple[Value, ...]]:
    """The nodes that the outputs depend on, and the outputs."""
    alive = set(graph.outputs)
    nodes: list[Node] = []
    for node in reversed(graph.nodes):
        if not alive.isdisjoint(node.outputs):
            nodes.append(node)
            alive.update(node.inputs)
    return tuple(reversed(nodes)), graph.outputs


@dataclass(frozen=True, slots=True)
class _StepsOf:
    """`ops.op.Steps` of one value."""

    totals: _Totals
    value: Value

    @property
    def is_stacked(self) -> bool:
        return self.value in self.totals.known or self.value in self.totals.stacks

    def stack(self) -> Tensor:
        return self.totals.stack(self.value)

    def total(self) -> Tensor:
        return self.totals.total(self.value)


class _WayBack:
    """Builds the scans of one gradient."""

    def __init__(self, attrs: Scan, x: Tensors, ct: Tensors) -> None:
        self.attrs, self.x, self.ct = attrs, x, ct
        self.trace = ct[0].trace if ct else x[0].trace
        self.joint = _joint(attrs, ct)
        self.builder = self.joint.trace.builder
        carries, items, invariants = attrs.split(self.joint.inputs)
        self.carries, self.invariants = carries, invariants
        self.outer = dict(zip(self.joint.inputs, x, strict=True))
        self.items = dict(zip(items, x[attrs.carries :], strict=False))
        self.saved: dict[Value, None] = {}
        self.again: set[Node] = set()

    def cotangents(self) -> tuple[Tensor | None, ...]:
        """Of every input of the scan."""
        attrs, joint = self.attrs, self.joint
        carry_results, item_results, invariant_results = attrs.split(joint.results)
        wanted = {number: ct.value for number, ct in enumerate(invariant_results) if ct is not None}
        totals, sums = self._plan_totals(wanted)
        exported = [value for value in totals.stacks if not self._is_outside(value)]
        with tracing(joint.trace):
            new_carries = self._new_carries(carry_results)
            added = self._accumulators(totals)
        stacked = [ct.value for ct in item_results if ct is not None] + exported
        made = [*new_carries, *(new for _, new in added), *stacked]
        for value in totals.stacks:
            if value not in exported:
                self._save(value)
        nodes = self._choose(made)
        kept = self._forward_again()
        results = self._run(nodes, made, [old for old, _ in added], kept)
        count = len(joint.carry_cts)
        final = dict(zip(joint.carry_cts, results[:count], strict=True))
        leaves = dict(zip(totals.sums, results[count : count + len(added)], strict=True))
        stacks = iter(results[count + len(added) :])
        items = [None if ct is None else next(stacks) for ct in item_results]
        tables = {**kept, **self.items, **dict(zip(exported, stacks, strict=True))}
        found = self._finish(totals, sums, tables, leaves)
        return (
            *(final.get(number) for number in range(attrs.carries)),
            *items,
            *(found.get(number) for number in range(len(invariant_results))),
        )

    def _plan_totals(self, wanted: dict[int, Value]) -> tuple[_Totals, dict[int, Tensor]]:
        """Sums of the wanted values; planned again while more stacks turn out to be there."""
        known: set[Value] = set(self.items)
        while True:
            trace = Trace(GraphBuilder("totals"), dtype=self.trace.dtype)
            totals = _Totals(self.joint, known, trace, length=self.attrs.length)
            with tracing(trace):
                sums = {number: totals.total(value) for number, value in wanted.items()}
            if known.issuperset(totals.stacks):
                return totals, sums
            known |= set(totals.stacks)

    def _is_outside(self, value: Value) -> bool:
        """Whether all steps of a value are, or can be, at hand before the way back begins."""
        if value in self.joint.inputs:
            return True
        return value in self.joint.forward and not self.attrs.recompute

    def _new_carries(self, results: list[Tensor | None]) -> list[Value]:
        """Cotangents of the carries before the step."""
        made: list[Value] = []
        for number, value in self.joint.carry_cts.items():
            found = results[number]
            zero = filled(Tensor(value, self.joint.trace), 0) if found is None else found
            made.append(zero.value)
        return made

    def _accumulators(self, totals: _Totals) -> list[tuple[Value, Value]]:
        """A carry for every sum over steps: its input and what a step makes of it."""
        added: list[tuple[Value, Value]] = []
        for number, value in enumerate(totals.sums):
            old = self.joint.trace.input(f"sum{number}", value.type)
            added.append((old.value, (old + Tensor(value, self.joint.trace)).value))
        return added

    def _choose(self, made: Iterable[Value]) -> list[Node]:
        """The nodes of a step back; notes what of the forward step is saved or computed again."""
        alive = set(made)
        nodes: list[Node] = []
        for node in reversed(self.builder.nodes):
            if node.outputs[0] not in self.joint.forward and not alive.isdisjoint(node.outputs):
                nodes.append(node)
                alive.update(node.inputs)
        wanted = [value for value in self.joint.forward if value in alive]
        for value in wanted:
            if value in self.carries or not (self.attrs.recompute or self._is_movement(value)):
                self._save(value)
        for value in wanted:
            self._reach(value)
        again = [node for node in self.builder.nodes if node in self.again]
        return [*again, *reversed(nodes)]

    def _is_movement(self, value: Value) -> bool:
        node = self.builder.producers.get(value)
        return node is not None and records.get(node.op).element is not None

    def _save(self, value: Value) -> None:
        if value not in self.invariants and value not in self.items:
            self.saved[value] = None

    def _is_at_hand(self, value: Value) -> bool:
        """Whether a value can be had from what is saved, by moving elements."""
        if value in self.saved or value in self.invariants or value in self.items:
            return True
        node = self.builder.producers.get(value)
        return (
            self._is_movement(value)
            and node is not None
            and all(self._is_at_hand(given) for given in node.inputs)
        )

    def _reach(self, value: Value) -> None:
        """See to it that a forward value is saved or computed again."""
        if value in self.saved or value in self.invariants or value in self.items:
            return
        node = self.builder.producers.get(value)
        if node is None or not (self.attrs.recompute or self._is_movement(value)):
            self._save(value)
            return
        is_smaller = len(node.inputs) == 1 and node.inputs[0].type.bytes <= value.type.bytes
        if self.attrs.recompute or is_smaller or self._is_at_hand(value):
            self.again.add(node)
            for given in node.inputs:
                self._reach(given)
        else:
            self._save(value)

    def _forward_again(self) -> dict[Value, Tensor]:
        """The stacks of what is saved."""
        if not self.saved:
            return {}
        attrs, graph = self.attrs, self.attrs.body.graph
        more = tuple(self.joint.forward[value] for value in self.saved)
        body = Body(Graph(graph.name, graph.inputs, graph.nodes, (*graph.outputs, *more)))
        made = apply_many("scan", replace(attrs, body=body), *self.x, trace=self.trace)
        return dict(zip(self.saved, made[len(graph.outputs) :], strict=True))

    def _run(
        self, nodes: list[Node], made: list[Value], sums: list[Value], kept: dict[Value, Tensor]
    ) -> Tensors:
        """The scan that goes back: its final carries, then its stacks."""
        joint, attrs = self.joint, self.attrs
        read = {value for node in nodes for value in node.inputs} | set(made)
        carries = [*joint.carry_cts.values(), *sums]
        before = [self.ct[number] for number in joint.carry_cts]
        before += [self._zeros(value.type) for value in sums]
        tables = {**kept, **self.items}
        tables |= {value: self.ct[number] for number, value in joint.output_cts.items()}
        stacks = {value: table for value, table in tables.items() if value in read}
        outer = [value for value in self.invariants if value in read]
        inputs = (*carries, *stacks, *outer)
        if not made:
            return ()
        body = Body(Graph("back", inputs, tuple(nodes), tuple(made)))
        back = Scan(
            body, len(carries), len(stacks), attrs.length, not attrs.reverse, attrs.recompute
        )
        given = [*before, *stacks.values(), *(self.outer[value] for value in outer)]
        return apply_many("scan", back, *given, trace=self.trace)

    def _zeros(self, type_: TensorType) -> Tensor:
        data = Constant.of(np.zeros((), type_.dtype.numpy))
        zero = apply("constant", data, trace=self.trace)
        return apply("broadcast_to", ToShape(type_.shape), zero) if type_.shape else zero

    def _finish(
        self,
        totals: _Totals,
        sums: dict[int, Tensor],
        tables: dict[Value, Tensor],
        leaves: dict[Value, Tensor],
    ) -> dict[int, Tensor]:
        """The sums over steps, made of the stacks and sums that there are now."""
        stacks = {
            value: tables[value] if value in tables else self._repeated(value)
            for value in totals.stacks
        }
        placed = {totals.stacks[value].value: tensor for value, tensor in stacks.items()}
        placed |= {totals.sums[value].value: tensor for value, tensor in leaves.items()}
        traced = totals.trace.builder.build(tensor.value for tensor in sums.values())
        graph = Graph(traced.name, tuple(placed), *_needed(traced))
        made = self.trace.builder.replay(graph, [tensor.value for tensor in placed.values()])
        return {number: Tensor(value, self.trace) for number, value in zip(sums, made, strict=True)}

    def _repeated(self, value: Value) -> Tensor:
        """The stack of an invariant: the same at every step."""
        tensor = self.outer[value]
        return apply("broadcast_to", ToShape((self.attrs.length, *tensor.shape)), tensor)
