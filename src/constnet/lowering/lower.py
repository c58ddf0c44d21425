"""Graph to loop program: regions, storage, one kernel each, order, memory, barriers.

    graph ─regions─▶ ─storage─▶ ─schedule─▶ kernels ─lifetimes─▶ arena ─barriers─▶ Program

The order of calls respects every read, and runs a kernel that writes over an input (a parameter
updated in place) after all that still read it; where that is impossible the kernel writes elsewhere
and a copy at the end moves the result.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from constnet.ir.graph import Graph, Value
from constnet.loopir.types import Buffer, Call, For, Kernel, Program, Slice
from constnet.lowering.barriers import place_barriers
from constnet.lowering.cost import count_bytes, count_flops
from constnet.lowering.memory_plan import Life, plan_memory
from constnet.lowering.pointwise import copy_kernel
from constnet.lowering.regions import Region, find_regions, in_order
from constnet.lowering.schedule import kernels_of
from constnet.lowering.scope import Scope, Scratch, stored_dtype
from constnet.lowering.storage import Place, Storage, plan_storage, reads_only_directly
from constnet.ops.tensor import Constant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constnet.loopir.types import Param, Space, Stmt, Tag
    from constnet.lowering.target import Target

Numerics = Literal["fma", "exact"]


def lower(
    graph: Graph,
    target: Target,
    numerics: Numerics,
    donations: Mapping[int, int] | None = None,
    name: str | None = None,
) -> Program:
    """The loop program of a graph for a target.

    Its buffers that are neither constant nor in the arena are the graph's inputs in order, then the
    outputs that were not donated, named `out.0`, ... by position.

    Args:
        graph: What to compute.
        target: The machine as the schedule sees it.
        numerics: Whether multiply-adds round once (`fma`) or twice (`exact`).
        donations: Output position to the input position whose memory it takes.
        name: Name of the program; the graph's by default.
    """
    regions = find_regions(graph)
    copied: set[int] = set()
    while True:
        storage = plan_storage(graph, regions, donations or {}, copied)
        unsafe, ordered = _order(storage, regions)
        if not unsafe:
            break
        copied |= unsafe
    builder = _Builder(storage, target)
    for region in ordered:
        builder.add_region(region)
    builder.add_copies()
    return builder.program(name or graph.name, numerics)


def _order(storage: Storage, regions: list[Region]) -> tuple[set[int], list[Region]]:
    """Regions in order, and outputs that cannot take an input's memory in any order."""
    reads = {region: storage.roots_read(region) for region in regions}
    writes = {region: storage.roots_written(region) for region in regions}
    before: dict[Region, set[Region]] = {}
    unsafe: set[int] = set()
    ordered = in_order(regions, before) or []
    kept = {source for value, _ in storage.copies for source in storage.sources(value)}
    for position, donor in storage.donations.items():
        root = storage.graph.inputs[donor]
        writers = [region for region in regions if root in writes[region]]
        if writers and root in kept:  # another output is what this input was
            unsafe.add(position)
        for writer in writers:
            if root in reads[writer] and not reads_only_directly(writer, root, storage.producers):
                unsafe.add(position)
            readers = {region for region in regions if root in reads[region]} - {writer}
            trial = {**before, writer: before.get(writer, set()) | readers}
            attempt = in_order(regions, trial)
            if attempt is None:
                unsafe.add(position)
            else:
                before, ordered = trial, attempt
    return unsafe, ordered


@dataclass
class _Builder:
    """Collects kernels and calls, and the lifetimes of what they touch."""

    storage: Storage
    target: Target
    kernels: dict[Kernel, str] = field(default_factory=dict["Kernel", "str"])
    named: dict[str, Kernel] = field(default_factory=dict["str", "Kernel"])
    calls: list[Call] = field(default_factory=list["Call"])
    roots: dict[str, Value | Scratch] = field(default_factory=dict["str", "Value | Scratch"])
    extents: dict[str, tuple[int, Param]] = field(default_factory=dict["str", "tuple[int, Param]"])
    spans: dict[str, tuple[int, int]] = field(default_factory=dict["str", "tuple[int, int]"])
    _names: dict[int, str] = field(default_factory=dict["int", "str"])

    def add_region(self, region: Region) -> None:
        """Schedule a region and append its calls."""
        tag, scopes = kernels_of(self.storage, region, self.target)
        layers = tuple(dict.fromkeys(n.location.layer for n in region.nodes if n.location.layer))
        for scope in scopes:
            self.add(scope, tag, layers, region.nodes[-1].op)

    def add_copies(self) -> None:
        """Move outputs that live elsewhere into place, through a spare where copies cross."""
        storage = self.storage
        targets = {target for _, target in storage.copies}
        moves: list[tuple[Value, Value]] = []
        for value, target in storage.copies:
            place = storage.place(value)
            if place is not None and place.root in targets and place.root is not target:
                spare = Value(f"{target.name}.spare", value.type)
                storage.places[spare] = Place(spare)
                self.add(copy_kernel(storage, value, spare), "pointwise", (), "copy")
                moves.append((spare, target))
            else:
                moves.append((value, target))
        for value, target in moves:
            self.add(copy_kernel(storage, value, target), "pointwise", (), "copy")

    def add(self, scope: Scope, tag: Tag, layers: tuple[str, ...], op: str) -> None:
        """Append a call of the kernel in `scope`, which may be one that is there already."""
        params = tuple(pointer.param() for pointer in scope.pointers.values())
        body = tuple(scope.body)
        kernel = Kernel(
            "", params, body, tag, _is_parallel(body), (), count_flops(body), count_bytes(params)
        )
        if kernel not in self.kernels:
            self.kernels[kernel] = f"{op}_{len(self.kernels)}"
            self.named[self.kernels[kernel]] = replace(
                kernel, name=self.kernels[kernel], origin=layers
            )
        args: list[Slice] = []
        for pointer, param in zip(scope.pointers.values(), params, strict=True):
            name = self._touch(pointer.root, pointer.start, param)
            args.append(Slice(name, pointer.start))
        self.calls.append(Call(self.kernels[kernel], tuple(args)))

    def _touch(self, root: Value | Scratch, start: int, param: Param) -> str:
        """Note that the next call uses `root`; returns the name of its buffer."""
        key = id(root) if isinstance(root, Value) else hash(root)
        if key not in self._names:
            known = isinstance(root, Value) and root in self._outside()
            self._names[key] = root.name if known else f"t.{root.name}"
            self.roots[self._names[key]] = root
        name = self._names[key]
        size = root.type.size if isinstance(root, Value) else start + param.extent
        before = self.extents.get(name, (0, param))[0]
        self.extents[name] = (max(before, size), param)
        now = len(self.calls)
        self.spans[name] = (self.spans.get(name, (now, now))[0], now)
        return name

    def _outside(self) -> set[Value]:
        return {*self.storage.graph.inputs, *self.storage.results}

    def program(self, name: str, numerics: Numerics) -> Program:
        """The finished program."""
        outside = [*self.storage.graph.inputs]
        outside += [value for value in self.storage.results if value not in outside]
        written = {self.storage.graph.inputs[d] for d in self.storage.donations.values()}
        buffers = [self._outer_buffer(value, written) for value in outside]
        names = {buffer.name for buffer in buffers}
        inside = [each for each in self.roots if each not in names]
        constants = [each for each in inside if self._constant(each) is not None]
        temporary = [each for each in inside if each not in constants]
        offsets, total = plan_memory([self._life(each) for each in temporary])
        for each in constants:
            array = self._constant(each)
            assert array is not None
            dtype, extent = self.extents[each][1].dtype, array.array.size
            data = array.array.reshape(-1)
            buffers.append(Buffer(each, dtype, extent, "constant", 0, data))
        for each in temporary:
            extent, param = self.extents[each]
            buffers.append(Buffer(each, param.dtype, extent, "arena", offsets[each]))
        table = {buffer.name: buffer for buffer in buffers}
        calls = place_barriers(self.calls, self.named, table)
        kernels = tuple(self.named.values())
        return Program(name, tuple(buffers), kernels, tuple(calls), total, numerics)

    def _outer_buffer(self, value: Value, written: set[Value]) -> Buffer:
        is_input = value in self.storage.graph.inputs
        space: Space = "output" if not is_input else "state" if value in written else "input"
        return Buffer(value.name, stored_dtype(value.type.dtype), value.type.size, space)

    def _life(self, name: str) -> Life:
        extent, param = self.extents[name]
        first, last = self.spans[name]
        return Life(name, extent * param.dtype.bytes, first, last)

    def _constant(self, name: str) -> Constant | None:
        root = self.roots[name]
        node = self.storage.producers.get(root) if isinstance(root, Value) else None
        attrs = node.attrs if node is not None else None
        return attrs if isinstance(attrs, Constant) else None


def _is_parallel(body: tuple[Stmt, ...]) -> bool:
    return any(
        isinstance(each, For) and (each.mode == "parallel" or _is_parallel(each.body))
        for each in body
    )
