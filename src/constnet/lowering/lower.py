"""Graph to loop program: regions, storage, one kernel each, order, memory, barriers.

    graph ─regions─▶ ─storage─▶ ─schedule─▶ kernels ─lifetimes─▶ arena ─barriers─▶ Program

The order of calls respects every read, and runs a kernel that writes over an input (a parameter
updated in place) after all that still read it; where that is impossible the kernel writes elsewhere
and a copy at the end moves the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.lowering.builder import Kernels, Numerics, ProgramBuilder
from constnet.lowering.regions import Region, find_regions, in_order
from constnet.lowering.scan import add_scan, body_graph, donations_of
from constnet.lowering.storage import Storage, plan_storage, reads_only_directly
from constnet.ops.scan_attributes import Scan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constnet.ir.graph import Graph
    from constnet.loopir.types import Program
    from constnet.lowering.target import Target


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
    builder = _put_together(graph, target, donations or {}, Kernels(), "r")
    return builder.program(name or graph.name, numerics)


def _put_together(
    graph: Graph, target: Target, donations: Mapping[int, int], kernels: Kernels, repeats: str
) -> ProgramBuilder:
    """The calls of a graph, those of the bodies in it first put together in the same way."""
    regions = find_regions(graph)
    copied: set[int] = set()
    while True:
        storage = plan_storage(graph, regions, donations, copied)
        unsafe, ordered = _order(storage, regions)
        if not unsafe:
            break
        copied |= unsafe
    builder = ProgramBuilder(storage, target, kernels, repeats)
    for region in ordered:
        if region.root is None or not isinstance(region.root.attrs, Scan):
            builder.add_region(region)
            continue
        attrs, name = region.root.attrs, builder.new_repeat()
        inside = _put_together(body_graph(attrs), target, donations_of(attrs), kernels, f"{name}_")
        add_scan(builder, region, inside, name)
    builder.add_copies()
    return builder


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
