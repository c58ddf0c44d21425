"""Loops around a statement for every position of a shape: cut, collapsed and in vectors.

one flat loop     where every access is affine in the element number
cut               where a choice depends on a loop variable: a padded image is a loop over its
                  first rows, one over the inner rows, one over the last (`folding`)
collapsed         neighbouring axes along which every access moves alike are one loop
in vectors        the innermost loop, where what it reads and writes are neighbours; a short
                  one is written out, so that what it reads alone stays in registers
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from constnet.loopir.types import (
    Binary,
    Expr,
    For,
    Load,
    Local,
    Stmt,
    Store,
    constant,
    index,
)
from constnet.loopir.walk import operands
from constnet.lowering.affine import affine
from constnet.lowering.folding import cuts, pruned
from constnet.lowering.vectors import NotVectorizableError, Widening, chunks
from constnet.ops.indexing import plus

if TYPE_CHECKING:
    from collections.abc import Callable

    from constnet.loopir.types import LoopMode
    from constnet.lowering.scope import Position, Scope

PARALLEL_ELEMENTS = 16_384
"""Work below this many elements stays on one thread: a barrier costs about as much."""
MOST_PIECES = 8
"""A loop is not cut into more pieces than this."""
WRITTEN_OUT = 4
"""An innermost loop of at most so many vectors is no loop."""


def delinearized(flat: Expr, shape: tuple[int, ...]) -> Position:
    """The position of element number `flat` in an array of `shape`, one index per axis."""
    position: list[Expr] = []
    rest = flat
    for axis in range(len(shape) - 1, 0, -1):
        extent = constant(shape[axis], index)
        position.append(Binary("rem", rest, extent))
        rest = Binary("div", rest, extent)
    return tuple(reversed([*position, rest] if shape else []))


def collapse(
    scope: Scope,
    shape: tuple[int, ...],
    statement: Callable[[Position], None],
    *,
    share: bool = True,
) -> None:
    """Loops over `shape` around what `statement` appends: one flat loop if every access allows it.

    With `share`, threads share the outermost loop where the work is worth a barrier.
    """
    total = math.prod(shape)
    share = share and total >= PARALLEL_ELEMENTS
    if total == 1:
        statement(tuple(constant(0, index) for _ in shape))
        return
    nest = _Nest(scope, shape, (0,) * len(shape), statement)
    kept = _Kept(scope)
    (flat,), body = nest.trial([], [tuple(range(len(shape)))])
    if all(_is_affine(access, scope) for access in accesses(body)):
        scope.body.extend(_flat_loops(scope, flat, total, body, share=share))
        return
    kept.restore()
    scope.body.extend(nest.loops([], share=share))


class _Kept:
    """Parameters and loop variables of a scope before a trial."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.pointers, self.extents = dict(scope.pointers), dict(scope.extents)
        self.used = {key: (p.is_read, p.is_written) for key, p in scope.pointers.items()}

    def restore(self) -> None:
        """Forget what was met since."""
        scope = self.scope
        scope.pointers, scope.extents = dict(self.pointers), dict(self.extents)
        for key, (is_read, is_written) in self.used.items():
            scope.pointers[key].is_read, scope.pointers[key].is_written = is_read, is_written


Groups = list[tuple[int, ...]]
"""Axes that one loop runs over together."""


@dataclass
class _Nest:
    """Loops around a statement, over `shape` positions from `starts` on."""

    scope: Scope
    shape: tuple[int, ...]
    starts: tuple[int, ...]
    statement: Callable[[Position], None]

    def trial(self, outer: list[Expr], groups: Groups) -> tuple[list[Local], list[Stmt]]:
        """A fresh variable for each group, and the statements for one value of each."""
        variables = [self.scope.loop_variable(self._extent(group)) for group in groups]
        return variables, self.body(outer, groups, list(variables))

    def _extent(self, group: tuple[int, ...]) -> int:
        return math.prod(self.shape[axis] for axis in group)

    def body(self, outer: list[Expr], groups: Groups, values: list[Expr]) -> list[Stmt]:
        """The statements at one position: `outer` for the first axes, then a value per group."""
        starts = self.starts[len(outer) :]
        position = [*outer, *(constant(start, index) for start in starts)]
        for group, value in zip(groups, values, strict=True):
            extents = tuple(self.shape[axis] for axis in group)
            for axis, part in zip(group, delinearized(value, extents), strict=True):
                place = plus(part, self.starts[axis])
                position[axis] = affine(place, self.scope.extents).expr()
        before = self.scope.nested()
        self.statement(tuple(position))
        body = pruned(self.scope.body)
        self.scope.resume(before)
        return body

    def loops(self, outer: list[Expr], *, share: bool) -> list[Stmt]:
        """Loops over all axes after those of `outer`."""
        turns = self._cuts(outer)
        if not turns:
            return self._uncut(outer, share=share)
        axis = len(outer)
        if axis in turns:
            ends = [0, *turns[axis], self.shape[axis]]
            pieces = [self._piece(axis, start, stop) for start, stop in pairwise(ends)]
            return [each for piece in pieces for each in piece.loops(outer, share=share)]
        if self.shape[axis] == 1:
            return self.loops([*outer, constant(self.starts[axis], index)], share=share)
        var = self.scope.loop_variable(self.shape[axis])
        body = self.loops([*outer, plus(var, self.starts[axis])], share=False)
        return [self.scope.loop(var, self.shape[axis], body, _mode(share=share))]

    def _piece(self, axis: int, start: int, stop: int) -> _Nest:
        """The same between two indices of an axis."""
        shape, starts = list(self.shape), list(self.starts)
        shape[axis], starts[axis] = stop - start, starts[axis] + start
        return _Nest(self.scope, tuple(shape), tuple(starts), self.statement)

    def _axes(self, outer: list[Expr]) -> Groups:
        """The axes after those of `outer` that need a loop, each by itself."""
        return [(axis,) for axis in range(len(outer), len(self.shape)) if self.shape[axis] > 1]

    def _cuts(self, outer: list[Expr]) -> dict[int, list[int]]:
        """For each axis after those of `outer`: where choices turn."""
        kept = _Kept(self.scope)
        axes = self._axes(outer)
        variables, body = self.trial(outer, axes)
        found = cuts(body, self.scope.extents)
        kept.restore()
        return {
            axis: sorted(found[var.name])
            for (axis,), var in zip(axes, variables, strict=True)
            if var.name in found and len(found[var.name]) < MOST_PIECES
        }

    def _uncut(self, outer: list[Expr], *, share: bool) -> list[Stmt]:
        """Loops over axes along which nothing turns: as few as accesses allow."""
        groups = self._axes(outer)
        if not groups:
            once = self.body(outer, [], [])
            if not share:
                return once
            return [self.scope.loop(self.scope.loop_variable(2), 1, once, "parallel")]
        groups = self._merged(outer, groups)
        variables = [self.scope.loop_variable(self._extent(group)) for group in groups]
        body: list[Stmt] = self._innermost(outer, groups, variables, share=share)
        for depth in range(len(groups) - 2, -1, -1):
            mode = _mode(share=share and depth == 0)
            body = [self.scope.loop(variables[depth], self._extent(groups[depth]), body, mode)]
        return body

    def _merged(self, outer: list[Expr], groups: Groups) -> Groups:
        """Neighbouring axes as one wherever accesses stay as simple."""
        simple = self._irregular(outer, groups)
        for at in range(len(groups) - 2, -1, -1):
            merged = [*groups[:at], (*groups[at], *groups[at + 1]), *groups[at + 2 :]]
            if self._irregular(outer, merged) <= simple:
                groups = merged
        return groups

    def _irregular(self, outer: list[Expr], groups: Groups) -> int:
        """How many accesses are not affine in the loop variables."""
        kept = _Kept(self.scope)
        _, body = self.trial(outer, groups)
        count = sum(not _is_affine(access, self.scope) for access in accesses(body))
        kept.restore()
        return count

    def _innermost(
        self, outer: list[Expr], groups: Groups, variables: list[Local], *, share: bool
    ) -> list[Stmt]:
        """The last loop: written out in vectors if it is short, else by vectors if it can be."""
        *around, last = variables
        extent, alone = self._extent(groups[-1]), share and not around
        try:
            if (
                (around or outer)
                and not alone
                and len(chunks(extent, self.scope.lanes)) <= WRITTEN_OUT
            ):
                return self._written_out(outer, groups, variables)
            body = self.body(outer, groups, list(variables))
            return _vector_loops(self.scope, last, extent, body, _mode(share=alone))
        except NotVectorizableError:
            body = self.body(outer, groups, list(variables))
            return [self.scope.loop(last, extent, body, "parallel" if alone else "vectorize")]

    def _written_out(self, outer: list[Expr], groups: Groups, variables: list[Local]) -> list[Stmt]:
        """Every vector of the last loop, one after another."""
        if self.scope.lanes == 1:
            raise NotVectorizableError
        *around, last = variables
        statements: list[Stmt] = []
        start = 0
        for width in chunks(self._extent(groups[-1]), self.scope.lanes):
            base = constant(start, index)
            if width == 1:
                statements += self.body(outer, groups, [*around, base])
            else:
                body = self.body(outer, groups, [*around, last])
                statements += _widened(self.scope, last, width, base, body)
            start += width
        return statements


def _mode(*, share: bool) -> LoopMode:
    return "parallel" if share else "serial"


def _flat_loops(
    scope: Scope, flat: Local, total: int, body: list[Stmt], *, share: bool
) -> list[Stmt]:
    """The statements for every value of `flat`: whole vectors, then what is left."""
    try:
        return _vector_loops(scope, flat, total, body, _mode(share=share))
    except NotVectorizableError:
        return [scope.loop(flat, total, body, "parallel" if share else "vectorize")]


def _vector_loops(
    scope: Scope, flat: Local, total: int, body: list[Stmt], mode: LoopMode
) -> list[Stmt]:
    if scope.lanes == 1:
        raise NotVectorizableError
    full = total // scope.lanes
    statements: list[Stmt] = []
    if full:
        number = scope.loop_variable(max(full, 2))
        base = Binary("mul", number, constant(scope.lanes, index))
        wide = _widened(scope, flat, scope.lanes, base, body)
        statements.append(scope.loop(number, full, wide, mode))
    start = full * scope.lanes
    for width in chunks(total - start, scope.lanes) if total > start else []:
        if width == 1:
            ends = (constant(start, index), constant(start + 1, index))
            statements.append(For(flat.name, *ends, 1, tuple(body), mode))
        else:
            only = scope.loop_variable(2)
            wide = _widened(scope, flat, width, constant(start, index), body)
            statements.append(scope.loop(only, 1, wide, mode))
        start += width
    return statements


def _widened(scope: Scope, flat: Local, width: int, base: Expr, body: list[Stmt]) -> list[Stmt]:
    return Widening(flat.name, width, scope.extents, set(), base).statements(body)


def accesses(statements: list[Stmt] | tuple[Stmt, ...]) -> list[Expr]:
    """Every element number that is loaded or stored."""
    found: list[Expr] = []
    for statement in statements:
        if isinstance(statement, For):
            found.extend(accesses(statement.body))
            continue
        if isinstance(statement, Store):
            found.append(statement.index)
        value = getattr(statement, "value", None)
        if isinstance(value, Expr):
            _loads(value, found)
    return found


def _loads(expr: Expr, found: list[Expr]) -> None:
    if isinstance(expr, Load):
        found.append(expr.index)
    for part in operands(expr):
        _loads(part, found)


def _is_affine(access: Expr, scope: Scope) -> bool:
    return affine(access, scope.extents).is_affine_in(scope.extents)
