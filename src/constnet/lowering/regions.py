"""Which nodes share a kernel: the fusion decision.

    %t = mul %a, %b          region 0 (pointwise float32[8, 16]):  t = a * b; u = t + c
    %u = add %t, %c     →    region 1 (reduction):                 s = sum(u)
    %s = reduce_sum %u

Enters a graph; leaves regions in an order that respects every dependency. A pointwise node joins the
region of the nodes it reads when they have its shape and no path leads out of that region and back.
Movement nodes (index maps) join no region: whoever reads them applies the map. A nest (a sum, a
contraction, ...) is a region of its own, into which a pointwise producer read by nobody else is
pulled when the nest is a reduction. So is a concatenation: its parts are written or copied into it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from constnet.ops import op as records
from constnet.ops.nest import Nest, Reduction

if TYPE_CHECKING:
    from constnet.ir.graph import Graph, Node, Value


@dataclass(eq=False)
class Region:
    """Nodes that become one kernel: a nest, an assembly of parts, or else pointwise nodes."""

    nodes: list[Node] = field(default_factory=list)
    shape: tuple[int, ...] = ()
    nest: Nest | None = None
    assembly: bool = False
    reads: set[Region] = field(default_factory=set)
    merged_into: Region | None = None

    @property
    def is_pointwise(self) -> bool:
        """Whether every node computes an element from elements at the same place."""
        return self.nest is None and not self.assembly

    def find(self) -> Region:
        """The region this one was merged into, or itself."""
        region = self
        while region.merged_into is not None:
            region = region.merged_into
        return region


def is_movement(node: Node) -> bool:
    """Whether the node only says where its elements come from."""
    record = records.get(node.op)
    return record.element is not None and record.pieces is None


def is_assembly(node: Node) -> bool:
    """Whether the node's output is its inputs side by side."""
    return records.get(node.op).pieces is not None


def is_pointwise(node: Node) -> bool:
    """Whether the node computes each element from the elements at the same place."""
    return records.get(node.op).scalar is not None


def direct_sources(value: Value, producers: dict[Value, Node]) -> list[Value]:
    """The non-movement values from which a chain of movement nodes makes `value`."""
    node = producers.get(value)
    if node is None or not is_movement(node):
        return [value]
    return [source for given in node.inputs for source in direct_sources(given, producers)]


@dataclass
class _Fusion:
    """State of the greedy pass over the nodes."""

    producers: dict[Value, Node]
    home: dict[Value, Region] = field(default_factory=dict)
    regions: list[Region] = field(default_factory=list)

    def region_of(self, value: Value) -> Region | None:
        """The region that computes `value`; None for inputs."""
        region = self.home.get(value)
        return None if region is None else region.find()

    def depends(self, start: Region, goal: Region, *, skip_direct: bool) -> bool:
        """Whether a path of reads leads from `start` to `goal` (through another region)."""
        seen: set[int] = set()
        stack = [read.find() for read in start.reads]
        if skip_direct:
            stack = [read for read in stack if read is not goal]
        while stack:
            region = stack.pop()
            if region is goal:
                return True
            if id(region) not in seen:
                seen.add(id(region))
                stack.extend(read.find() for read in region.reads)
        return False

    def add_nest(self, node: Node, nest: Nest) -> None:
        region = Region([], node.outputs[0].type.shape, nest)
        for value in node.inputs:
            for source in direct_sources(value, self.producers):
                self._read(region, source)
        self._append(region, node)

    def add_assembly(self, node: Node) -> None:
        region = Region([], node.outputs[0].type.shape, assembly=True)
        for value in node.inputs:
            for source in direct_sources(value, self.producers):
                self._read(region, source)
        self._append(region, node)

    def add_pointwise(self, node: Node) -> None:
        region = Region([], node.outputs[0].type.shape)
        joined: list[Region] = []
        for value in dict.fromkeys(node.inputs):
            producer = self.producers.get(value)
            if producer is not None and is_movement(producer):
                for source in direct_sources(value, self.producers):
                    self._read(region, source)
                continue
            self._read(region, value)
            candidate = self.region_of(value)
            if candidate is not None and candidate.is_pointwise and candidate.shape == region.shape:
                joined.append(candidate)
        moved = self._moved_sources(node)
        for candidate in dict.fromkeys(joined):
            if candidate in moved:
                continue
            if not self.depends(region, candidate, skip_direct=True) and not self.depends(
                candidate, region, skip_direct=True
            ):
                region = self._merge(candidate, region)
        self._append(region, node)

    def _moved_sources(self, node: Node) -> set[Region]:
        """Regions whose values the node reads at other places than its own."""
        found: set[Region] = set()
        for value in node.inputs:
            producer = self.producers.get(value)
            if producer is not None and is_movement(producer):
                for source in direct_sources(value, self.producers):
                    home = self.region_of(source)
                    if home is not None:
                        found.add(home)
        return found

    def _merge(self, into: Region, other: Region) -> Region:
        into.nodes.extend(other.nodes)
        into.reads |= other.reads
        into.reads.discard(into)
        other.merged_into = into
        return into

    def _read(self, region: Region, source: Value) -> None:
        home = self.region_of(source)
        if home is not None:
            region.reads.add(home)

    def _append(self, region: Region, node: Node) -> None:
        region.nodes.append(node)
        if region not in self.regions:
            self.regions.append(region)
        for value in node.outputs:
            self.home[value] = region


def find_regions(graph: Graph) -> list[Region]:
    """The regions of a graph, each node in one, in no particular order yet."""
    fusion = _Fusion(graph.producers())
    for node in graph.nodes:
        record = records.get(node.op)
        if record.nest is not None:
            types = tuple(value.type for value in node.inputs)
            fusion.add_nest(node, record.nest(node.attrs, types))
        elif record.scalar is not None:
            fusion.add_pointwise(node)
        elif record.pieces is not None:
            fusion.add_assembly(node)
    regions = [region for region in fusion.regions if region.merged_into is None]
    _pull_into_reductions(graph, fusion, regions)
    position = {id(node): number for number, node in enumerate(graph.nodes)}
    kept = [region for region in regions if region.nodes]
    for region in kept:
        region.nodes.sort(key=lambda node: position[id(node)])
        region.reads = {read.find() for read in region.reads} - {region}
    return kept


def _pull_into_reductions(graph: Graph, fusion: _Fusion, regions: list[Region]) -> None:
    """Let a reduction compute its operand itself when nobody else needs it."""
    consumers = graph.consumers()
    wanted = set(graph.outputs)
    for region in regions:
        if not isinstance(region.nest, Reduction):
            continue
        operand = region.nodes[-1].inputs[0]
        source = fusion.region_of(operand)
        if source is None or not source.is_pointwise or source is region:
            continue
        made = [value for node in source.nodes for value in node.outputs]
        inside = set(source.nodes)
        leaves = [
            value
            for value in made
            if value in wanted or any(user not in inside for user in consumers[value])
        ]
        if leaves == [operand] and len(consumers[operand]) == 1:
            region.nodes = [*source.nodes, *region.nodes]
            region.reads = (region.reads | source.reads) - {region, source}
            source.merged_into = region
            source.nodes = []


def in_order(regions: list[Region], before: dict[Region, set[Region]]) -> list[Region] | None:
    """Topological order with extra edges `before[r]`: regions that must run before r.

    Ties keep the given order, so the result is stable. None where the extra edges close a cycle.
    """
    done: list[Region] = []
    state: dict[int, int] = {}

    def visit(region: Region) -> bool:
        mark = state.get(id(region), 0)
        if mark == 2:  # noqa: PLR2004  (finished)
            return True
        if mark == 1:
            return False
        state[id(region)] = 1
        needed = {read.find() for read in region.reads} | before.get(region, set())
        ok = all(visit(other) for other in regions if other in needed and other is not region)
        state[id(region)] = 2
        done.append(region)
        return ok

    return done if all(visit(region) for region in regions) else None
