"""A scan in a program: the calls of its body, repeated.

    t = scan(%h, %xs, %w)          copy %h into the carry
                                   pack %w                          what depends on %w alone
                            →      repeat r0 9
                                     multiply carry, panels → z     xs[0 + r0*4]: the items move
                                     tanh z, xs → carry, hs         hs[0 + r0*2]: so do the outputs

The body is a program of its own whose inputs and outputs are pieces of the memory around it: new
carries take the place of the old, items and outputs of a step are at its place in the stacks. Its
arena is one block of the arena around it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from constnet.ir.graph import Graph, Node, Value
from constnet.ir.location import Location
from constnet.loopir import walk
from constnet.loopir.types import Call, Repeat, Slice
from constnet.lowering.builder import Block, layers_of
from constnet.lowering.loops import collapse
from constnet.lowering.regions import is_movement, view_shift
from constnet.lowering.scope import Scope, stored_dtype
from constnet.ops.lifting import NO_ATTRS
from constnet.ops.scan_attributes import Scan

if TYPE_CHECKING:
    from constnet.loopir.types import Buffer
    from constnet.lowering.builder import ProgramBuilder
    from constnet.lowering.regions import Region
    from constnet.lowering.scope import Position
    from constnet.lowering.storage import Storage


def body_graph(attrs: Scan) -> Graph:
    """The body with outputs that can each have memory of their own.

    An output that is another output too, or an input, becomes a copy made by a node, so that the
    kernel which has the value at hand writes it twice.
    """
    graph = attrs.body.graph
    producers = graph.producers()
    nodes, outputs = list(graph.nodes), list(graph.outputs)
    names = {value.name for node in nodes for value in node.outputs}
    taken = set(graph.inputs)
    for number, value in enumerate(outputs):
        root = _viewed(value, producers)
        if root in taken and (number >= attrs.carries or root not in graph.inputs):
            name = f"{value.name}.copy{number}"
            while name in names:
                name += "_"
            outputs[number] = Value(name, value.type)
            place = producers[value].location if value in producers else Location()
            nodes.append(Node("stop_gradient", NO_ATTRS, (value,), (outputs[number],), place))
        taken.add(root)
    return Graph(graph.name, graph.inputs, tuple(nodes), tuple(outputs))


def _viewed(value: Value, producers: dict[Value, Node]) -> Value:
    """What a value is a view of."""
    node = producers.get(value)
    while node is not None and is_movement(node) and len(node.inputs) == 1:
        if view_shift(node) is None:
            break
        value = node.inputs[0]
        node = producers.get(value)
    return value


def donations_of(attrs: Scan) -> dict[int, int]:
    """New carries take the memory of the old ones."""
    return {number: number for number in range(attrs.carries)}


def add_scan(builder: ProgramBuilder, region: Region, body: ProgramBuilder, name: str) -> None:
    """Append a scan whose body has been put together; `name` is that of its repeat."""
    node = region.root
    assert node is not None
    assert isinstance(node.attrs, Scan)
    _Embedding(builder, node, node.attrs, body, name).add(layers_of(region))


@dataclass
class _Embedding:
    """One body on its way into the program around it."""

    builder: ProgramBuilder
    node: Node
    attrs: Scan
    body: ProgramBuilder
    name: str

    def add(self, layers: tuple[str, ...]) -> None:
        """Initial carries, what is done once, then the repeat."""
        storage, attrs = self.builder.storage, self.attrs
        for initial, final in zip(
            attrs.split(self.node.inputs)[0], self.node.outputs, strict=False
        ):
            if storage.place(initial) != storage.place(final):
                scope = _initial_kernel(storage, initial, final)
                self.builder.add(scope, "pointwise", layers, "copy")
        operands = [self._in_memory(value) for value in self.node.inputs[attrs.carries :]]
        first = len(self.builder.calls)
        once, calls = self._hoisted()
        table = self._pieces(operands)
        written = {name for call in once for name in self._written(call)}
        table |= {name: Slice(self._inner(name)) for name in written}
        self.builder.calls += [_moved(call, table) for call in once]
        self._pieces(operands)
        last = len(self.builder.calls)
        for name in sorted(written):
            buffer = replace(self.body.inner_buffer(name), name=self._inner(name))
            self.builder.blocks[buffer.name] = Block(buffer.bytes, (buffer,), first, last)
        table |= self._arena(written, last)
        inside = tuple(_moved(call, table) for call in calls)
        self.builder.calls.append(Repeat(self.name, attrs.length, inside))

    def _inner(self, name: str) -> str:
        return f"{self.name}.{name}"

    def _in_memory(self, value: Value) -> Value:
        """An operand that lies somewhere: itself, or a copy of what readers would compute."""
        if self.builder.storage.place(value) is not None:
            return value
        return self.builder.add_spare(value, f"{value.name}.{self.name}")

    def _pieces(self, operands: list[Value]) -> dict[str, Slice]:
        """Where the body's inputs and outputs are, by their names in the body; marks them used."""
        attrs, graph = self.attrs, self.body.storage.graph
        finals, stacks = attrs.split_outputs(self.node.outputs)
        carries, items, invariants = attrs.split(graph.inputs)
        sequences, outer = operands[: attrs.sequences], operands[attrs.sequences :]
        results = self.body.storage.results[attrs.carries :]
        table: dict[str, Slice] = {}
        for inner, value in zip((*carries, *invariants), (*finals, *outer), strict=True):
            table[inner.name] = self._piece(value)
        for inner, value in zip((*items, *results), (*sequences, *stacks), strict=True):
            piece, step = self._piece(value), inner.type.size
            if attrs.reverse:
                start = piece.start + (attrs.length - 1) * step
                table[inner.name] = Slice(piece.buffer, start, ((self.name, -step),))
            else:
                table[inner.name] = replace(piece, steps=((self.name, step),))
        return table

    def _piece(self, value: Value) -> Slice:
        place = self.builder.storage.place(value)
        assert place is not None
        name = self.builder.touch(place.root, stored_dtype(value.type.dtype))
        return Slice(name, place.start)

    def _arena(self, apart: set[str], now: int) -> dict[str, Slice]:
        """Take the body's arena over as one block, and its constants; where its buffers are."""
        buffers, size = self.body.inner_buffers(apart)
        table: dict[str, Slice] = {}
        inside: list[Buffer] = []
        for buffer in buffers:
            name = self._inner(buffer.name)
            table[buffer.name] = Slice(name)
            if buffer.space == "constant":
                self.builder.constants.append(replace(buffer, name=name))
            else:
                inside.append(replace(buffer, name=name))
        if inside:
            self.builder.blocks[self._inner("arena")] = Block(size, tuple(inside), now, now)
        return table

    def _hoisted(self) -> tuple[list[Call], list[Call | Repeat]]:
        """The body's calls that make the same at every step, and the others.

        They read invariants and what such calls made, and each is the only one to write what it
        writes, which is nothing the steps hand on: so weights are packed once for all steps.
        """
        kernels = self.body.kernels.named
        writers: dict[str, int] = {}
        for call, _ in walk.placed_calls(self.body.calls):
            for name in self._written(call):
                writers[name] = writers.get(name, 0) + 1
        moving = self.body.outer_names()
        moving -= {value.name for value in self.attrs.split(self.body.storage.graph.inputs)[2]}
        fixed: set[str] = set()
        once: list[Call] = []
        rest: list[Call | Repeat] = []
        for call in self.body.calls:
            if isinstance(call, Call):
                written = self._written(call)
                pairs = zip(call.args, kernels[call.kernel].params, strict=True)
                read = {piece.buffer for piece, param in pairs if param.access != "write"}
                same = read.isdisjoint(moving) and read.isdisjoint(writers.keys() - fixed)
                if same and all(writers[n] == 1 and n not in moving for n in written):
                    fixed |= set(written)
                    once.append(call)
                    continue
            rest.append(call)
        return once, rest

    def _written(self, call: Call) -> list[str]:
        params = self.body.kernels.named[call.kernel].params
        pairs = zip(call.args, params, strict=True)
        return [piece.buffer for piece, param in pairs if param.access != "read"]


def _moved(call: Call | Repeat, table: dict[str, Slice]) -> Call | Repeat:
    """A call of the body, on the memory around it."""
    if isinstance(call, Repeat):
        return replace(call, calls=tuple(_moved(each, table) for each in call.calls))
    return replace(call, args=tuple(_placed(piece, table[piece.buffer]) for piece in call.args))


def _placed(piece: Slice, base: Slice) -> Slice:
    steps = (*base.steps, *piece.steps)
    thread_step = base.thread_step or piece.thread_step
    return Slice(base.buffer, base.start + piece.start, steps, thread_step)


def _initial_kernel(storage: Storage, initial: Value, final: Value) -> Scope:
    """A kernel that copies a carry to where the steps find it."""
    place = storage.place(final)
    assert place is not None
    scope = Scope(storage, local={final}, written={place.root})

    def statement(position: Position) -> None:
        scope.store(final, position, scope.read(initial, position))

    collapse(scope, final.type.shape, statement)
    return scope
