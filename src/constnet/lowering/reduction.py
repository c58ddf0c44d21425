"""Loops for sums and maxima, in the order that `ops.nest.Reduction` fixes.

Three forms: outputs across lanes when the last axis is kept, so no sum crosses a lane; sixteen
partial results along a long contiguous run, folded by the fixed tree; one accumulator otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from constnet.loopir.types import (
    Assign,
    Binary,
    Const,
    Declare,
    Expr,
    Load,
    Local,
    Select,
    Stmt,
    Store,
    constant,
    index,
)
from constnet.lowering.loops import PARALLEL_ELEMENTS, delinearized
from constnet.lowering.scope import Scope
from constnet.lowering.vectors import NotVectorizableError, chunks, read_lanes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.ir.graph import Value
    from constnet.loopir.types import LoopMode
    from constnet.lowering.regions import Region
    from constnet.lowering.scope import Pointer, Position
    from constnet.lowering.storage import Storage
    from constnet.lowering.target import Target
    from constnet.ops.nest import Reduction

PARTIALS = 16
LONG = 32
"""A contiguous run of at least this many elements is added by sixteen partial sums."""
ZERO = constant(0, index)


@dataclass
class _Build:
    """One reduction kernel being built: `kept` and `reduced` map an axis to its index."""

    scope: Scope
    operand: Value
    result: Value
    nest: Reduction
    target: Target
    partials: Pointer | None = None

    def __post_init__(self) -> None:
        shape = self.operand.type.shape
        self.loops = {
            axis: self.scope.loop_variable(extent)
            for axis, extent in enumerate(shape)
            if extent > 1
        }
        self.kept = [axis for axis in range(len(shape)) if axis not in self.nest.axes]

    def first(self, lanes: int = 1) -> Const:
        """The neutral element."""
        dtype = self.operand.type.dtype
        if self.nest.combine == "sum":
            return constant(0, dtype, lanes)
        if dtype.is_float:
            return Const(-math.inf, dtype, lanes)
        return Const(-(2 ** (8 * dtype.bytes - 1)) if dtype.kind == "int" else 0, dtype, lanes)

    def combine(self, lhs: Expr, rhs: Expr) -> Expr:
        if self.nest.combine == "sum":
            return Binary("add", lhs, rhs)
        larger = Binary("max", lhs, rhs)  # rhs where either is NaN
        return Select(lhs.ne(lhs), lhs, larger) if lhs.dtype.is_float else larger

    def position(self, changed: dict[int, Expr] | None = None) -> Position:
        """The operand's index: loop variables, except where `changed` says otherwise."""
        changed = changed or {}
        rank = self.operand.type.rank
        return tuple(changed.get(a, self.loops.get(a, ZERO)) for a in range(rank))

    def store(self, position: Position, value: Expr) -> Store:
        """The statement that writes the output (or a vector of them) that `position` belongs to."""
        if self.result.type.rank != self.operand.type.rank:
            position = tuple(position[axis] for axis in self.kept)
        else:
            position = tuple(p if a in self.kept else ZERO for a, p in enumerate(position))
        place = self.scope.storage.place(self.result)
        assert place is not None
        pointer, element = self.scope.element(place, self.result, position)
        pointer.is_written = True
        return Store(pointer.name, element.expr(), value)

    def wrap(self, axes: Sequence[int], body: list[Stmt], *, share: bool = False) -> list[Stmt]:
        """`body` in loops over `axes`; the outermost is shared by threads where that pays."""
        present = [axis for axis in axes if axis in self.loops]
        share = share and self.operand.type.size >= PARALLEL_ELEMENTS
        for depth, axis in enumerate(reversed(present)):
            mode: LoopMode = "parallel" if share and depth == len(present) - 1 else "serial"
            body = [self.scope.loop(self.loops[axis], self.operand.type.shape[axis], body, mode)]
        return body


def reduction_kernel(storage: Storage, region: Region, nest: Reduction, target: Target) -> Scope:
    """A kernel for a reduction and the pointwise nodes pulled into it."""
    node = region.root
    assert node is not None
    made = {value for each in region.nodes for value in each.outputs}
    place = storage.place(node.outputs[0])
    assert place is not None
    scope = Scope(storage, local=made, written={place.root})
    build = _Build(scope, node.inputs[0], node.outputs[0], nest, target)
    rank = build.operand.type.rank
    run = math.prod(build.operand.type.shape[axis] for axis in nest.axes)
    trailing = tuple(nest.axes) == tuple(range(rank - len(nest.axes), rank))
    if trailing and run >= LONG:
        scope.body.extend(_partial_results(build, run))
    elif build.kept and build.kept[-1] == rank - 1 and rank - 1 in build.loops:
        scope.body.extend(_across_lanes(build))
    else:
        scope.body.extend(_one_accumulator(build))
    return scope


def _one_accumulator(build: _Build) -> list[Stmt]:
    total = Local("total", build.operand.type.dtype)
    statements, element = read_lanes(
        build.scope, build.operand, lambda _: build.position(), ZERO, 1
    )
    inner = [*statements, Assign(total.name, build.combine(total, element))]
    body: list[Stmt] = [
        Declare(total.name, build.first()),
        *build.wrap(build.nest.axes, inner),
        build.store(build.position(), total),
    ]
    return build.wrap(build.kept, body, share=True)


def _across_lanes(build: _Build) -> list[Stmt]:
    """Outputs along the last axis in lanes, four vectors at a time."""
    try:
        return _lanes(build, build.target.lanes(build.operand.type.dtype))
    except NotVectorizableError:
        return _one_accumulator(build)


def _lanes(build: _Build, lanes: int) -> list[Stmt]:
    if lanes == 1:
        return _one_accumulator(build)
    scope, last = build.scope, build.operand.type.rank - 1
    outer = build.kept[:-1]
    share = not any(axis in build.loops for axis in outer)
    large = build.operand.type.size >= PARALLEL_ELEMENTS
    widths = chunks(build.operand.type.shape[last], lanes)
    blocks = [widths[at : at + 4] for at in range(0, len(widths), 4)]
    repeated = sum(1 for block in blocks if block == [lanes] * 4)
    body: list[Stmt] = []
    start = 0
    if repeated > 1:
        column = scope.loop_variable(repeated)
        block = _lane_block(build, Binary("mul", column, constant(4 * lanes, index)), blocks[0])
        blocks = blocks[repeated:]
        mode: LoopMode = "parallel" if share and large and not blocks else "serial"
        body.append(scope.loop(column, repeated, block, mode))
        start = repeated * 4 * lanes
    for block_widths in blocks:
        body.extend(_lane_block(build, constant(start, index), block_widths, start))
        start += sum(block_widths)
    return build.wrap(outer, body, share=True)


def _lane_block(build: _Build, base: Expr, widths: list[int], tag: int = 0) -> list[Stmt]:
    """Declare, accumulate and store neighbouring outputs, `widths` lanes each."""
    last, dtype = build.operand.type.rank - 1, build.operand.type.dtype
    declares: list[Stmt] = []
    stores: list[Stmt] = []
    inner: list[Stmt] = []
    offset = 0
    for number, width in enumerate(widths):
        total = Local(f"total{tag}_{number}", dtype, width)
        start = Binary("add", base, constant(offset, index))
        statements, value = read_lanes(
            build.scope, build.operand, lambda at: build.position({last: at}), start, width
        )
        inner.extend([*statements, Assign(total.name, build.combine(total, value))])
        declares.append(Declare(total.name, build.first(width)))
        stores.append(build.store(build.position({last: start}), total))
        offset += width
    return [*declares, *build.wrap(build.nest.axes, inner), *stores]


def _partial_results(build: _Build, run: int) -> list[Stmt]:
    """Sixteen partial results by position modulo 16 in scratch memory, then the tree."""
    scratch = build.scope.scratch(
        f"partials of {build.result.name}", build.operand.type.dtype, PARTIALS
    )
    try:
        body = _vector_partials(build, run, scratch)
    except NotVectorizableError:
        body = _scalar_partials(build, run, scratch)
    rest = run % PARTIALS
    if rest:
        body.append(_add_row(build, scratch, constant(run - rest, index), rest))
    body.extend(_tree(build, scratch))
    body.append(build.store(build.position(), _partial(build, scratch, ZERO)))
    return build.wrap(build.kept, body)


def _operand_at(build: _Build, flat: Expr) -> Position:
    """The operand's index of element `flat` of the reduced run."""
    axes = build.nest.axes
    shape = tuple(build.operand.type.shape[axis] for axis in axes)
    return build.position(dict(zip(axes, delinearized(flat, shape), strict=True)))


def _partial(build: _Build, scratch: Pointer, at: Expr, lanes: int = 1) -> Load:
    return Load(scratch.name, at, build.operand.type.dtype, lanes)


def _vector_partials(build: _Build, run: int, scratch: Pointer) -> list[Stmt]:
    scope = build.scope
    if build.target.vector_bytes == 0:
        raise NotVectorizableError
    total = Local("total", build.operand.type.dtype, PARTIALS)
    row = scope.loop_variable(run // PARTIALS)
    start = Binary("mul", row, constant(PARTIALS, index))
    statements, value = read_lanes(
        scope, build.operand, lambda at: _operand_at(build, at), start, PARTIALS
    )
    inner = [*statements, Assign(total.name, build.combine(total, value))]
    return [
        Declare(total.name, build.first(PARTIALS)),
        scope.loop(row, run // PARTIALS, inner),
        Store(scratch.name, ZERO, total),
    ]


def _scalar_partials(build: _Build, run: int, scratch: Pointer) -> list[Stmt]:
    scope = build.scope
    place, row = scope.loop_variable(PARTIALS), scope.loop_variable(run // PARTIALS)
    clear: list[Stmt] = [Store(scratch.name, place, build.first())]
    start = Binary("mul", row, constant(PARTIALS, index))
    return [
        scope.loop(place, PARTIALS, clear, "vectorize"),
        scope.loop(row, run // PARTIALS, [_add_row(build, scratch, start, PARTIALS)]),
    ]


def _add_row(build: _Build, scratch: Pointer, start: Expr, count: int) -> Stmt:
    """Combine `count` elements from `start` on into the first partial results."""
    scope = build.scope
    lane = scope.loop_variable(count)
    statements, value = read_lanes(
        scope, build.operand, lambda at: _operand_at(build, at), Binary("add", start, lane), 1
    )
    combined = build.combine(_partial(build, scratch, lane), value)
    body: list[Stmt] = [*statements, Store(scratch.name, lane, combined)]
    return scope.loop(lane, count, body, "vectorize")


def _tree(build: _Build, scratch: Pointer) -> list[Stmt]:
    """Fold the partial results: p[i] += p[i + 8], then 4, 2 and 1."""
    statements: list[Stmt] = []
    half = PARTIALS // 2
    while half:
        lanes = half if build.target.vector_bytes else 1
        for at in range(0, half, lanes):
            low = _partial(build, scratch, constant(at, index), lanes)
            high = _partial(build, scratch, constant(at + half, index), lanes)
            folded = build.combine(low, high)
            statements.append(Store(scratch.name, constant(at, index), folded))
        half //= 2
    return statements
