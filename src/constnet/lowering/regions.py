"""Which nodes share a kernel: the fusion decision.

    %t = mul %a, %b          region 0 (pointwise float32[8, 16]):  t = a * b; u = t + c
    %u = add %t, %c     →    region 1 (reduction):                 s = sum(u)
    %s = reduce_sum %u

Enters a graph; leaves regions. A pointwise node joins the regions that read it when they have its
shape and no path leads out of them and back: so what is needed late is computed late, from values
that are kept anyway, and is not kept itself.
Movement nodes (index maps) join no region: whoever reads them applies the map; only a movement that
is an output and no view of its input is computed like a pointwise node. A nest (a sum, a
contraction, ...) is a region of its own, into which a pointwise producer read by nobody else is
pulled when the nest is a reduction. So is a concatenation: its parts are written or copied into it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from constnet.loopir.types import Expr, Load, Local, index
from constnet.lowering.affine import Affine, affine, linear
from constnet.ops import op as records
from constnet.ops.nest import Contraction, Nest, Reduction, SumOfProducts
from constnet.ops.tensor import Constant

if TYPE_CHECKING:
    from constnet.ir.graph import Graph, Node, Value

UNCUT_DEPTH = 256
"""Longest sum that a contraction never cuts into blocks, so that its result is at hand whole."""


@dataclass(eq=False)
class Region:
    """Nodes that become one kernel: a nest, an assembly of parts, or else pointwise nodes.

    `root` is the node of the nest or the assembly; the others are pointwise: before the root they
    compute its operand (of a reduction), after it they use its result (of a contraction).
    """

    nodes: list[Node] = field(default_factory=list["Node"])
    shape: tuple[int, ...] = ()
    nest: Nest | None = None
    root: Node | None = None
    reads: set[Region] = field(default_factory=set["Region"])
    merged_into: Region | None = None

    @property
    def is_pointwise(self) -> bool:
        """Whether every node computes an element from elements at the same place."""
        return self.root is None

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


def view_shift(node: Node) -> int | None:
    """By how many elements a movement shifts its input, or None where it reorders or adds."""
    given, made = node.inputs[0].type, node.outputs[0].type
    if made.size > given.size or made.dtype != given.dtype:
        return None
    position = tuple(Local(f"v{axis}", index) for axis in range(made.rank))
    extents = {f"v{axis}": extent for axis, extent in enumerate(made.shape)}
    reads: list[Affine] = []

    def read(number: int, at: tuple[Expr, ...]) -> Expr:
        element = linear(at, node.inputs[number].type.shape, extents)
        reads.append(element)
        return Load("source", element.expr(), given.dtype)

    record = records.get(node.op)
    assert record.element is not None
    types = tuple(value.type for value in node.inputs)
    result = record.element(node.attrs, types, position, read)
    if len(reads) != 1 or not isinstance(result, Load):
        return None
    difference = reads[0].plus(linear(position, made.shape, extents), -1)
    return difference.constant if not difference.terms else None


@dataclass
class _Fusion:
    """State of the greedy pass over the nodes, last node first."""

    graph: Graph
    home: dict[Node, Region] = field(default_factory=dict["Node", "Region"])
    regions: list[Region] = field(default_factory=list["Region"])

    def __post_init__(self) -> None:
        self.consumers = self.graph.consumers()
        self.position = {node: number for number, node in enumerate(self.graph.nodes)}

    def place(self, node: Node, region: Region) -> None:
        """Put a node into a region of its own, then join it with those that read it."""
        region.nodes.append(node)
        self.regions.append(region)
        self.home[node] = region
        direct, moved = self._users(node)
        for user in (*direct, *moved):
            user.find().reads.add(region)
        if not region.is_pointwise:
            return
        apart = {user.find() for user in moved}
        for user in direct:
            candidate, mine = user.find(), self.home[node].find()
            fits = candidate.is_pointwise and candidate.shape == region.shape
            if fits and candidate is not mine and candidate not in apart and mine not in apart:
                self._join(candidate, mine)

    def _users(self, node: Node) -> tuple[list[Region], list[Region]]:
        """Regions that read the node's outputs in place, and those that read them elsewhere."""
        direct: dict[Region, None] = {}
        moved: dict[Region, None] = {}
        for value in node.outputs:
            for user in sorted(self.consumers[value], key=self.position.__getitem__):
                if is_movement(user):
                    moved.update(dict.fromkeys(self._behind(user)))
                else:
                    direct[self.home[user].find()] = None
        return list(direct), list(moved)

    def _behind(self, movement: Node) -> list[Region]:
        """Regions that read through a movement."""
        found = [self.home[movement].find()] if movement in self.home else []
        for value in movement.outputs:
            for user in self.consumers[value]:
                found += self._behind(user) if is_movement(user) else [self.home[user].find()]
        return found

    def _join(self, region: Region, other: Region) -> None:
        """Merge two regions unless a path leads from one to the other through a third."""
        if self._depends(region, other) or self._depends(other, region):
            return
        region.nodes.extend(other.nodes)
        region.reads |= other.reads
        other.merged_into = region
        region.reads = {read.find() for read in region.reads} - {region}

    def _depends(self, start: Region, goal: Region) -> bool:
        """Whether `start` reads `goal` through another region."""
        seen: set[int] = set()
        stack = [found for read in start.reads if (found := read.find()) is not goal]
        while stack:
            region = stack.pop()
            if region is goal:
                return True
            if id(region) not in seen:
                seen.add(id(region))
                stack.extend(read.find() for read in region.reads)
        return False

    def pull_into_reductions(self) -> None:
        """Let a reduction compute its operand itself when nobody else needs it."""
        wanted = set(self.graph.outputs)
        producers = self.graph.producers()
        for region in self.regions:
            if region.root is None or not isinstance(region.nest, Reduction):
                continue
            operand = region.root.inputs[0]
            node = producers.get(operand)
            if node is None or node not in self.home:
                continue
            source = self.home[node].find()
            if not source.is_pointwise or source.shape != operand.type.shape:
                continue
            inside = set(source.nodes)
            leaves = [
                value
                for each in source.nodes
                for value in each.outputs
                if value in wanted or any(user not in inside for user in self.consumers[value])
            ]
            is_read_once = len(self.consumers[operand]) == 1 and operand not in wanted
            if leaves == [operand] and is_read_once:
                region.nodes = [*source.nodes, *region.nodes]
                region.reads = (region.reads | source.reads) - {region, source}
                source.merged_into = region

    def take_epilogues(self) -> None:
        """Let a contraction apply the pointwise work on its result while that is in registers."""
        wanted = set(self.graph.outputs)
        for region in self.regions:
            if region.root is None or not isinstance(region.nest, (Contraction, SumOfProducts)):
                continue
            result = region.root.outputs[0]
            direct, moved = self._users(region.root)
            users = {user.find() for user in direct}
            if moved or len(users) != 1 or result in wanted or _length(region.nest) > UNCUT_DEPTH:
                continue
            user = users.pop()
            if user.is_pointwise and user.shape == region.shape and not self._depends(user, region):
                region.nodes.extend(user.nodes)
                region.reads = {read.find() for read in region.reads | user.reads} - {region, user}
                user.merged_into = region


def _length(nest: Contraction | SumOfProducts) -> int:
    """Terms of one sum."""
    return math.prod(nest.depth) if isinstance(nest, SumOfProducts) else nest.depth


def _scattered_operands(graph: Graph) -> set[Value]:
    """Operands of sums of products that a movement makes and that are not at constant steps.

    A padded image, say: it is stored, once for all that read it.
    """
    producers = graph.producers()
    found: set[Value] = set()
    for node in graph.nodes:
        record = records.get(node.op)
        if record.nest is None:
            continue
        nest = record.nest(node.attrs, tuple(value.type for value in node.inputs))
        if not isinstance(nest, SumOfProducts):
            continue
        outer = tuple(Local(f"o{n}", index) for n in range(len(nest.outer)))
        depth = tuple(Local(f"k{n}", index) for n in range(len(nest.depth)))
        extents = {each.name: n for each, n in zip(outer, nest.outer, strict=True)}
        extents |= {each.name: n for each, n in zip(depth, nest.depth, strict=True)}
        reads = (nest.lhs(outer, depth), nest.rhs(outer, depth))
        for value, at in zip(node.inputs, reads, strict=True):
            if not _has_constant_steps(value, at, extents, producers):
                found.add(value)
    return found


def _has_constant_steps(
    value: Value, at: tuple[Expr, ...], extents: dict[str, int], producers: dict[Value, Node]
) -> bool:
    """Whether what a chain of movements reads lies at constant steps along all loops."""
    node = producers.get(value)
    if node is None or not is_movement(node):
        return True
    if not node.inputs:
        return isinstance(node.attrs, Constant)
    record = records.get(node.op)
    assert record.element is not None
    reads: list[tuple[Value, tuple[Expr, ...]]] = []

    def read(number: int, where: tuple[Expr, ...]) -> Expr:
        reads.append((node.inputs[number], tuple(affine(e, extents).expr() for e in where)))
        return Load("source", index_of_nothing, value.type.dtype)

    index_of_nothing = Local("nothing", index)
    types = tuple(given.type for given in node.inputs)
    result = record.element(node.attrs, types, at, read)
    if len(reads) != 1 or not isinstance(result, Load):
        return False
    source, where = reads[0]
    if not linear(where, source.type.shape, extents).is_affine_in(extents):
        return False
    return _has_constant_steps(source, where, extents, producers)


def _rearranged_outputs(graph: Graph) -> set[Value]:
    """Outputs that a movement makes of other elements or in another order: no view shows them."""
    producers = graph.producers()
    found: set[Value] = set()
    for output in graph.outputs:
        node = producers.get(output)
        while node is not None and is_movement(node) and node.inputs:
            source, *others = node.inputs
            if others or view_shift(node) is None:
                found.add(output)
                break
            node = producers.get(source)
    return found


def find_regions(graph: Graph) -> list[Region]:
    """The regions of a graph, each node in one, in the order of their last nodes."""
    fusion = _Fusion(graph)
    rearranged = _rearranged_outputs(graph) | _scattered_operands(graph)
    for node in reversed(graph.nodes):
        record = records.get(node.op)
        shape = node.outputs[0].type.shape
        if record.nest is not None:
            types = tuple(value.type for value in node.inputs)
            fusion.place(node, Region([], shape, record.nest(node.attrs, types), node))
        elif record.scalar is not None:
            fusion.place(node, Region([], shape))
        elif record.pieces is not None:
            fusion.place(node, Region([], shape, None, node))
        elif node.outputs[0] in rearranged:
            fusion.place(node, Region([], shape))
    fusion.pull_into_reductions()
    fusion.take_epilogues()
    kept = [region for region in fusion.regions if region.merged_into is None]
    for region in kept:
        region.nodes.sort(key=fusion.position.__getitem__)
        region.reads = {read.find() for read in region.reads} - {region}
    return sorted(kept, key=lambda region: fusion.position[region.nodes[-1]])


def in_order(regions: list[Region], before: dict[Region, set[Region]]) -> list[Region] | None:
    """Topological order with extra edges `before[r]`: regions that must run before r.

    Ties keep the given order, so the result is stable. None where the extra edges close a cycle.
    """
    done: list[Region] = []
    state: dict[int, int] = {}

    def visit(region: Region) -> bool:
        mark = state.get(id(region), 0)
        if mark == 2:
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
