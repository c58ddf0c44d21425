"""Loops for `ops.nest.Window`: channels in lanes, the pairs of each output in order.

    for n: for each segment of rows: for each segment of columns:
        total = 0                          one vector for each 16 channels, say
        total = total + x[n, 2*i + 0, 2*j + 0, :]
        total = total + x[n, 2*i + 0, 2*j + 1, :]   ...
        y[n, i, j, :] = total

Few pairs are written out, many are loops. `sweeps` cuts each axis so that the ends of an image are
compared with nothing in the interior.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from constnet.loopir.types import (
    Assign,
    Binary,
    Const,
    Declare,
    Expr,
    For,
    Local,
    MulAdd,
    Select,
    Splat,
    Stmt,
    Store,
    constant,
    index,
    maximum,
    minimum,
)
from constnet.lowering.affine import affine
from constnet.lowering.loops import PARALLEL_ELEMENTS
from constnet.lowering.scope import Scope
from constnet.lowering.sweeps import Phase, segments_of
from constnet.lowering.vectors import NotVectorizableError, chunks, compute_lanes
from constnet.ops.indexing import literal, number_of, plus, times

if TYPE_CHECKING:
    from collections.abc import Callable

    from constnet.ir.graph import Node, Value
    from constnet.loopir.types import LoopMode
    from constnet.lowering.regions import Region
    from constnet.lowering.scope import Position
    from constnet.lowering.storage import Storage
    from constnet.lowering.target import Target
    from constnet.ops.nest import Window

UNROLLED_PAIRS = 32
"""More pairs than this in an output are loops."""
VECTORS = 4
"""Accumulators in use at a time."""
ZERO = literal(0)


@dataclass(frozen=True, slots=True)
class _Along:
    """One axis at one place of the loops: which pairs the output there has."""

    phase: Phase
    base: Expr
    """Source of pair 0, which may not exist."""
    r: Expr

    @property
    def pairs(self) -> int:
        """How many there are, at most."""
        phase = self.phase
        return phase.taps if phase.first is None else phase.end - phase.first

    def position(self, pair: Expr) -> Expr:
        """Where in the window a pair is."""
        return times(pair, self.phase.w_step) + self.phase.w_first + self.r

    def ends(self) -> tuple[Expr, Expr]:
        """First source and end of those that exist, where that is looked up."""
        last = minimum(self.base + self.phase.taps, self.phase.sources)
        return maximum(self.base, 0), last


Emit = "Callable[[list[Expr], list[Expr]], list[Stmt]]"


@dataclass
class _Build:
    """One kernel being built."""

    scope: Scope
    node: Node
    nest: Window
    lanes: int
    share: bool
    result: Value = field(init=False)
    _blocks: int = 0

    def __post_init__(self) -> None:
        self.result = self.node.outputs[0]
        self.segments = [
            segments_of(sweep, transposed=self.nest.transposed) for sweep in self.nest.sweeps
        ]

    def kernel(self) -> list[Stmt]:
        """Everything: images outermost."""
        images = self.result.type.shape[0]
        if images == 1:
            return self._places(0, [ZERO], [], share=self.share)
        image = self.scope.loop_variable(images)
        body = self._places(0, [image], [], share=False)
        return [self.scope.loop(image, images, body, _mode(share=self.share))]

    def _places(
        self, axis: int, output: list[Expr], along: list[_Along], *, share: bool
    ) -> list[Stmt]:
        """Loops over the outputs along this axis and the next ones."""
        if axis == len(self.segments):
            return self._channels(output, along)
        statements: list[Stmt] = []
        for segment in self.segments[axis]:
            var = self.scope.loop_variable(segment.count) if segment.count > 1 else None
            q = literal(segment.first) if var is None else plus(var, segment.first)
            body: list[Stmt] = []
            for phase in segment.phases:
                body.extend(self._phase(axis, q, phase, output, along))
            if var is None and share:
                var = self.scope.loop_variable(2)
            if var is not None:
                body = [self.scope.loop(var, segment.count, body, _mode(share=share))]
            statements.extend(body)
        return statements

    def _phase(
        self, axis: int, q: Expr, phase: Phase, output: list[Expr], along: list[_Along]
    ) -> list[Stmt]:
        """The outputs of one phase at q."""
        var = self.scope.loop_variable(phase.count) if phase.count > 1 else None
        r = ZERO if var is None else var
        place = self._simple(times(q, phase.scale) + phase.shift + r)
        base = self._simple(times(q, phase.step) + phase.base)
        body = self._places(
            axis + 1, [*output, place], [*along, _Along(phase, base, r)], share=False
        )
        return body if var is None else [self.scope.loop(var, phase.count, body)]

    def _simple(self, expr: Expr) -> Expr:
        return affine(expr, self.scope.extents).expr()

    def _channels(self, output: list[Expr], along: list[_Along]) -> list[Stmt]:
        """Neighbouring channels in lanes, four vectors at a time."""
        channels, lanes = self.result.type.shape[-1], self.lanes
        step = VECTORS * lanes if lanes > 1 else 1
        body: list[Stmt] = []
        whole = channels // step
        if whole > 1:
            column = self.scope.loop_variable(whole)
            widths = [lanes] * (step // lanes)
            block = self._block(output, along, times(column, step), widths)
            body.append(self.scope.loop(column, whole, block))
        start = whole * step if whole > 1 else 0
        widths = chunks(channels - start, lanes) if channels > start else []
        for at in range(0, len(widths), VECTORS):
            group = widths[at : at + VECTORS]
            body.extend(self._block(output, along, literal(start), group))
            start += sum(group)
        return body

    def _block(
        self, output: list[Expr], along: list[_Along], base: Expr, widths: list[int]
    ) -> list[Stmt]:
        """Declare, combine and store neighbouring channels, `widths` lanes each."""
        starts = [plus(base, sum(widths[:number])) for number in range(len(widths))]
        blocks = [
            _Block(self, f"{self._blocks + number}", (*output, start), width)
            for number, (start, width) in enumerate(zip(starts, widths, strict=True))
        ]
        self._blocks += len(widths)

        def emit(sources: list[Expr], w: list[Expr]) -> list[Stmt]:
            position = tuple(map(self._simple, w))
            return [each for block in blocks for each in block.combine(sources, position)]

        first = tuple(map(self._simple, _first_position(along)))
        declares = [each for block in blocks for each in block.declare(first)]
        stores = [block.store() for block in blocks]
        return [*declares, *self._pairs(along, [output[0]], [], emit), *stores]

    def _pairs(
        self,
        along: list[_Along],
        sources: list[Expr],
        w: list[Expr],
        emit: Callable[[list[Expr], list[Expr]], list[Stmt]],
    ) -> list[Stmt]:
        """Statements for every pair, ascending by source."""
        if not along:
            return emit(sources, w)
        axis, rest = along[0], along[1:]
        phase = axis.phase

        def pair(source: Expr, number: Expr) -> list[Stmt]:
            where = [*w, axis.position(number)]
            return self._pairs(rest, [*sources, self._simple(source)], where, emit)

        if phase.first is None:
            source = self.scope.loop_variable(phase.sources)
            start, stop = axis.ends()
            return [For(source.name, start, stop, 1, tuple(pair(source, source - axis.base)))]
        if math.prod(each.pairs for each in along) > UNROLLED_PAIRS and axis.pairs > 1:
            var = self.scope.loop_variable(axis.pairs)
            number = plus(var, phase.first)
            return [self.scope.loop(var, axis.pairs, pair(axis.base + number, number))]
        numbers = [literal(number) for number in range(phase.first, phase.end)]
        return [each for number in numbers for each in pair(axis.base + number, number)]


def _first_position(along: list[_Along]) -> list[Expr]:
    """The position in its window of an output's first pair."""
    positions: list[Expr] = []
    for axis in along:
        first = axis.phase.first
        number = axis.ends()[0] - axis.base if first is None else literal(first)
        positions.append(axis.position(number))
    return positions


@dataclass
class _Block:
    """The accumulators of some neighbouring outputs."""

    build: _Build
    tag: str
    output: Position
    width: int

    def __post_init__(self) -> None:
        self.nest = self.build.nest
        dtype = self.build.node.inputs[0].type.dtype
        self.total = Local(f"total{self.tag}", dtype, self.width)
        self.where = Local(f"where{self.tag}", index, self.width)

    def declare(self, first: Position) -> list[Stmt]:
        """The accumulators' first values; `first` is the position of the first pair."""
        start = 0.0 if self.nest.combine == "sum" else -math.inf
        declares: list[Stmt] = [
            Declare(self.total.name, constant(start, self.total.dtype, self.width))
        ]
        if self.nest.combine == "first":
            declares.append(Declare(self.where.name, self._number(first)))
        return declares

    def _number(self, w: Position) -> Expr:
        number = number_of(w, [sweep.size for sweep in self.nest.sweeps])
        if isinstance(number, Const):
            return Const(number.value, index, self.width)
        return number if self.width == 1 else Splat(number, self.width)

    def combine(self, sources: list[Expr], w: Position) -> list[Stmt]:
        """One more pair."""
        *place, start = self.output
        scope, node = self.build.scope, self.build.node

        def read(number: int, at: Position) -> Expr:
            return scope.read(node.inputs[number], at)

        def term(channel: Expr) -> Expr:
            return self.nest.term((*place, channel), (*sources, channel), w, read)

        statements, value = compute_lanes(scope, term, start, self.width)
        return [*statements, *self._assign(value, w)]

    def _assign(self, value: Expr, w: Position) -> list[Stmt]:
        total = self.total
        if self.nest.combine == "sum":
            if isinstance(value, Binary) and value.op == "mul":
                return [Assign(total.name, MulAdd(value.lhs, value.rhs, total))]
            return [Assign(total.name, Binary("add", total, value))]
        is_nan, larger = value.ne(value), maximum(value, total)  # total where neither is larger
        best = Assign(total.name, Select(is_nan, value, larger))
        if self.nest.combine == "max":
            return [best]
        is_better = Binary("or", value > total, is_nan)
        return [Assign(self.where.name, Select(is_better, self._number(w), self.where)), best]

    def store(self) -> Store:
        """Write the results."""
        build = self.build
        place = build.scope.storage.place(build.result)
        assert place is not None
        pointer, element = build.scope.element(place, build.result, self.output)
        pointer.is_written = True
        chosen = self.where if self.nest.combine == "first" else self.total
        return Store(pointer.name, element.expr(), chosen)


def _mode(*, share: bool) -> LoopMode:
    return "parallel" if share else "serial"


def window_kernel(storage: Storage, region: Region, nest: Window, target: Target) -> Scope:
    """A kernel for a window nest."""
    node = region.root
    assert node is not None
    place = storage.place(node.outputs[0])
    assert place is not None
    scope = Scope(storage, local=set(node.outputs), written={place.root})
    pairs = math.prod(min(sweep.size, sweep.extent) for sweep in nest.sweeps)
    share = max(node.outputs[0].type.size, node.inputs[0].type.size) * pairs >= PARALLEL_ELEMENTS
    lanes = target.lanes(node.inputs[0].type.dtype)
    try:
        scope.body.extend(_Build(scope, node, nest, lanes, share).kernel())
    except NotVectorizableError:
        scope.body.extend(_Build(scope, node, nest, 1, share).kernel())
    return scope
