"""Where each value lives: which values need memory, and which are views of another's memory.

A value needs memory when something outside its kernel reads it, or the caller does. A movement that
leaves elements where they are (a reshape, a slice of leading rows) is a view: same buffer, another
first element. The parts of a concatenation are views in the other direction: their kernels write
straight into the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from constnet.ir.graph import Value
from constnet.loopir.types import constant, index
from constnet.lowering.affine import linear
from constnet.lowering.regions import (
    Region,
    direct_sources,
    is_assembly,
    is_movement,
    view_shift,
)
from constnet.ops import op as records
from constnet.ops.nest import Contraction, Scan, SumOfProducts
from constnet.ops.tensor import Constant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constnet.ir.graph import Graph, Node


@dataclass(frozen=True, slots=True)
class Place:
    """Elements of the memory of `root` from `start` on."""

    root: Value
    start: int = 0


@dataclass
class Storage:
    """The places of a graph's values, found before any kernel is made."""

    graph: Graph
    donations: Mapping[int, int]
    producers: dict[Value, Node] = field(default_factory=dict["Value", "Node"])
    home: dict[Value, Region] = field(default_factory=dict["Value", "Region"])
    places: dict[Value, Place] = field(default_factory=dict["Value", "Place"])
    results: list[Value] = field(default_factory=list["Value"])
    """For each output of the graph, the value whose memory the caller finds it in."""
    copies: list[tuple[Value, Value]] = field(default_factory=list["tuple[Value, Value]"])
    """(value, result): outputs that a last kernel must copy into place."""

    def place(self, value: Value) -> Place | None:
        """Where `value` lives, or None when readers compute it for themselves."""
        return self.places.get(value)

    def sources(self, value: Value) -> list[Value]:
        """What an output is a copy of: itself where a kernel computes it, else what it views."""
        return [value] if value in self.home else direct_sources(value, self.producers)

    def roots_read(self, region: Region) -> set[Value]:
        """The memory a region reads: roots of the places of what its nodes use."""
        made = {value for node in region.nodes for value in node.outputs}
        found: set[Value] = set()

        def visit(value: Value) -> None:
            place = self.places.get(value)
            if value in made:
                return
            if place is not None:
                found.add(place.root)
                return
            node = self.producers.get(value)
            for given in node.inputs if node is not None else ():
                visit(given)

        for node in region.nodes:
            for value in node.inputs:
                visit(value)
        return found

    def roots_written(self, region: Region) -> set[Value]:
        """The memory a region writes."""
        made = [value for node in region.nodes for value in node.outputs]
        return {self.places[value].root for value in made if value in self.places}


def plan_storage(
    graph: Graph, regions: list[Region], donations: Mapping[int, int], copied: set[int]
) -> Storage:
    """Decide every value's place; outputs in `copied` are computed elsewhere, then copied."""
    storage = Storage(graph, donations, graph.producers())
    for region in regions:
        for node in region.nodes:
            for value in node.outputs:
                storage.home[value] = region
    for value in graph.inputs:
        storage.places[value] = Place(value)
    for value in _stored_values(storage, regions):
        storage.places[value] = Place(value)
    for node in graph.nodes:
        if isinstance(node.attrs, Constant) and node.outputs[0].type.size > 1:
            storage.places[node.outputs[0]] = Place(node.outputs[0])
    for node in graph.nodes:
        is_computed = isinstance(node.attrs, Constant) or node.outputs[0] in storage.home
        if is_movement(node) and not is_computed:
            _place_view(storage, node)
    _place_outputs(storage, copied)
    _place_parts(storage)
    return storage


def _stored_values(storage: Storage, regions: list[Region]) -> list[Value]:
    """Computed values that something other than their own kernel reads at their own place."""
    graph, consumers = storage.graph, storage.graph.consumers()
    outputs = {source for value in graph.outputs for source in storage.sources(value)}
    found: list[Value] = []
    for region in regions:
        inside = set(region.nodes)
        for node in region.nodes:
            for value in node.outputs:
                read_outside = any(user not in inside for user in consumers[value])
                if read_outside or value in outputs or isinstance(region.nest, Scan):
                    found.append(value)
    return found


def _place_view(storage: Storage, node: Node) -> None:
    """Give a movement's output the memory of its input where elements stay where they are."""
    if len(node.inputs) != 1:
        return
    source, value = node.inputs[0], node.outputs[0]
    place = storage.places.get(source)
    if place is None:
        return
    shift = view_shift(node)
    if shift is not None:
        storage.places[value] = Place(place.root, place.start + shift)


def _place_outputs(storage: Storage, copied: set[int]) -> None:
    """Let kernels write outputs where the caller wants them; note the copies that remain."""
    graph = storage.graph
    taken: set[Value] = set(graph.inputs)
    for position, value in enumerate(graph.outputs):
        donor = storage.donations.get(position)
        target = Value(f"out.{position}", value.type) if donor is None else graph.inputs[donor]
        storage.results.append(target)
        if value is target:
            continue
        root = _free_root(storage, value, taken)
        if root is None or position in copied:
            storage.copies.append((value, target))
            storage.places.setdefault(target, Place(target))
        else:
            taken.add(target)
            _move_root(storage, root, target)


def _free_root(storage: Storage, value: Value, taken: set[Value]) -> Value | None:
    """The memory of an output if its kernel may write it anywhere, else None."""
    place = storage.places.get(value)
    if place is None or place.start or place.root in taken or place.root not in storage.home:
        return None
    return place.root if place.root.type.size == value.type.size else None


def _move_root(storage: Storage, old: Value, new: Value, shift: int = 0) -> None:
    """Everything that lived in the memory of `old` lives in that of `new` from now on."""
    for value, place in list(storage.places.items()):
        if place.root is old:
            storage.places[value] = Place(new, place.start + shift)
    storage.places.setdefault(new, Place(new))


def _place_parts(storage: Storage) -> None:
    """Write the parts of a concatenation straight into it where their memory is free to choose."""
    fixed = {*storage.graph.inputs, *storage.results}
    for node in storage.graph.nodes:
        place = storage.places.get(node.outputs[0])
        if not is_assembly(node) or place is None:
            continue
        for value, start in zip(node.inputs, part_starts(node), strict=True):
            root = _free_root(storage, value, fixed)
            if root is not None and isinstance(storage.home[root].nest, Scan):
                continue  # its kernels would write a whole of which they read another part
            if start is not None and root is not None:
                fixed.add(root)
                _move_root(storage, root, place.root, place.start + start)


def part_in_place(storage: Storage, node: Node, number: int) -> bool:
    """Whether a part of a concatenation is already where it belongs."""
    start = part_starts(node)[number]
    part, whole = storage.places.get(node.inputs[number]), storage.places[node.outputs[0]]
    return (
        start is not None
        and part is not None
        and part.root is whole.root
        and part.start == whole.start + start
    )


def part_starts(node: Node) -> list[int | None]:
    """First element of each part in the whole; None for a part that is not one contiguous run."""
    pieces = records.get(node.op).pieces
    assert pieces is not None
    whole = node.outputs[0].type.shape
    starts: list[int | None] = []
    origins = pieces(node.attrs, tuple(value.type for value in node.inputs))
    for value, origin in zip(node.inputs, origins, strict=True):
        shape = value.type.shape
        leading = next((a for a, extent in enumerate(shape) if extent > 1), len(shape))
        contiguous = shape[leading + 1 :] == whole[leading + 1 :]
        at = tuple(constant(number, index) for number in origin)
        starts.append(linear(at, whole, {}).constant if contiguous else None)
    return starts


def reads_only_directly(region: Region, value: Value, producers: dict[Value, Node]) -> bool:
    """Whether a region reads `value` only at the element being computed, if at all."""
    for node in region.nodes:
        for given in node.inputs:
            if given is value and (node is region.root or is_movement(node)):
                return False
            if given is not value and value in _all_sources(given, producers):
                return False
    return region.root is None or isinstance(region.nest, (Contraction, SumOfProducts))


def _all_sources(value: Value, producers: dict[Value, Node]) -> list[Value]:
    node = producers.get(value)
    if node is None or not is_movement(node):
        return []
    return direct_sources(value, producers)
