"""Loops for pointwise regions, concatenations and reductions.

    t = mul %a, %b         for i0 in range(128):
    u = add %t, %bias  →       for i1 in range(512) vectorize:
                                   p3[i0 * 512 + i1] = p0[...] * p1[...] + p2[i1]

All values of a region are computed in one nest of loops. Where every access is affine in a single
flat index the nest is one loop over it.
"""

from __future__ import annotations

import math
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
from constnet.lowering.affine import affine, linear
from constnet.lowering.scope import Scope
from constnet.lowering.vectors import NotVectorizableError, Widening, chunks
from constnet.ops import op as records

if TYPE_CHECKING:
    from collections.abc import Callable

    from constnet.ir.graph import Node, Value
    from constnet.loopir.types import LoopMode
    from constnet.lowering.regions import Region
    from constnet.lowering.scope import Position
    from constnet.lowering.storage import Storage

PARALLEL_ELEMENTS = 16_384
"""Work below this many elements stays on one thread: a barrier costs about as much."""


def delinearized(flat: Expr, shape: tuple[int, ...]) -> Position:
    """The position of element number `flat` in an array of `shape`, one index per axis."""
    position: list[Expr] = []
    stride = 1
    for axis in range(len(shape) - 1, -1, -1):
        part = flat if stride == 1 else Binary("div", flat, constant(stride, index))
        if axis > 0:
            part = Binary("rem", part, constant(shape[axis], index))
        position.append(part)
        stride *= shape[axis]
    return tuple(reversed(position))


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
    keep = (dict(scope.pointers), scope.body, dict(scope.extents))
    reads = {key: (p.is_read, p.is_written) for key, p in scope.pointers.items()}
    outer = scope.nested()
    flat = scope.loop_variable(total)
    statement(tuple(_normal(scope, part) for part in delinearized(flat, shape)))
    if all(_is_flat(access, scope) for access in accesses(scope.body)):
        outer.extend(_flat_loops(scope, flat, total, share=share))
        scope.resume(outer)
        return
    scope.pointers, scope.body, scope.extents = keep
    for key, (is_read, is_written) in reads.items():
        scope.pointers[key].is_read, scope.pointers[key].is_written = is_read, is_written
    _nested_loops(scope, shape, statement, share=share)


def _flat_loops(scope: Scope, flat: Local, total: int, *, share: bool) -> list[Stmt]:
    """The open statements for every value of `flat`: whole vectors, then what is left."""
    body, mode = scope.body, "parallel" if share else "serial"
    try:
        return _vector_loops(scope, flat, total, body, mode)
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


def _normal(scope: Scope, part: Expr) -> Expr:
    return affine(part, scope.extents).expr()


def _nested_loops(
    scope: Scope,
    shape: tuple[int, ...],
    statement: Callable[[Position], None],
    *,
    share: bool,
) -> None:
    """One loop per axis longer than one; the innermost is the vector loop."""
    variables = [scope.loop_variable(extent) if extent > 1 else None for extent in shape]
    outer = scope.nested()
    statement(tuple(constant(0, index) if var is None else var for var in variables))
    body: list[Stmt] = scope.body
    loops = [(var, extent) for var, extent in zip(variables, shape, strict=True) if var is not None]
    for depth, (var, extent) in enumerate(reversed(loops)):
        mode: LoopMode = "vectorize" if depth == 0 else "serial"
        if share and depth == len(loops) - 1:
            mode = "parallel"
        body = [scope.loop(var, extent, body, mode)]
    outer.extend(body)
    scope.resume(outer)


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


def _is_flat(access: Expr, scope: Scope) -> bool:
    return affine(access, scope.extents).is_affine_in(scope.extents)


def pointwise_kernel(storage: Storage, region: Region, lanes: int = 1) -> Scope:
    """A kernel that computes every stored value of a pointwise region."""
    made = [value for node in region.nodes for value in node.outputs]
    stored = [value for value in made if storage.place(value) is not None]
    scope = Scope(storage, local=set(made), written=_roots(storage, stored), lanes=lanes)

    def statement(position: Position) -> None:
        results = [scope.read(value, position) for value in stored]
        for value, result in zip(stored, results, strict=True):
            scope.store(value, position, result)

    collapse(scope, region.shape, statement)
    return scope


def _roots(storage: Storage, values: list[Value]) -> set[Value]:
    places = [storage.place(value) for value in values]
    return {place.root for place in places if place is not None}


def assembly_kernel(storage: Storage, node: Node, parts: list[int]) -> Scope:
    """A kernel that copies the given inputs of a concatenation into it."""
    whole = node.outputs[0]
    pieces = records.get(node.op).pieces
    assert pieces is not None
    origins = pieces(node.attrs, tuple(value.type for value in node.inputs))
    scope = Scope(storage, local=set(), written=_roots(storage, [whole]))
    for number in parts:
        value, origin = node.inputs[number], origins[number]

        def statement(
            position: Position, value: Value = value, origin: tuple[int, ...] = origin
        ) -> None:
            moved = tuple(at + start for at, start in zip(position, origin, strict=True))
            scope.store(whole, moved, scope.read(value, position))

        collapse(scope, value.type.shape, statement, share=len(parts) == 1)
    return scope


def copy_kernel(storage: Storage, source: Value, target: Value) -> Scope:
    """A kernel that copies a value into the memory of an output."""
    scope = Scope(storage, written={target})

    def statement(position: Position) -> None:
        result = scope.read(source, position)
        flat = linear(position, source.type.shape, scope.extents).expr()
        pointer = scope.pointer(target, 0, scope.dtype_of(target), target.type.size)
        pointer.is_written = True
        scope.body.append(Store(pointer.name, flat, scope.as_stored(result, target)))

    collapse(scope, source.type.shape, statement)
    return scope
