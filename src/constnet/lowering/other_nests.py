"""Loops for the nests that are neither a sum nor a contraction: search, scatter, random words."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from constnet import dtypes
from constnet.loopir.softmath.philox import philox_words
from constnet.loopir.types import (
    Assign,
    Binary,
    Declare,
    Expr,
    For,
    Load,
    Local,
    Select,
    Stmt,
    Store,
    cast,
    constant,
    index,
    select,
)
from constnet.lowering.loops import delinearized
from constnet.lowering.scope import Scope
from constnet.lowering.vectors import read_lanes

if TYPE_CHECKING:
    from constnet.ir.graph import Node, Value
    from constnet.lowering.scope import Pointer
    from constnet.lowering.storage import Storage
    from constnet.ops.nest import ArgMax, RandomBits

ZERO = constant(0, index)
WORDS = 4


def _scope(storage: Storage, node: Node) -> Scope:
    place = storage.place(node.outputs[0])
    assert place is not None
    return Scope(storage, local=set(node.outputs), written={place.root})


def _output(scope: Scope, value: Value, position: tuple[Expr, ...]) -> tuple[Pointer, Expr]:
    place = scope.storage.place(value)
    assert place is not None
    pointer, at = scope.element(place, value, position)
    pointer.is_written = True
    return pointer, at.expr()


def argmax_kernel(storage: Storage, node: Node, nest: ArgMax) -> Scope:
    """Position of the largest element along an axis, the first of equals."""
    scope, operand, result = _scope(storage, node), node.inputs[0], node.outputs[0]
    shape = operand.type.shape
    loops = {a: scope.loop_variable(e) for a, e in enumerate(shape) if e > 1}

    def position(along: Expr) -> tuple[Expr, ...]:
        return tuple(along if a == nest.axis else loops.get(a, ZERO) for a in range(len(shape)))

    before, first = read_lanes(scope, operand, position, ZERO, 1)
    along = loops.get(nest.axis, ZERO)
    inner, element = read_lanes(scope, operand, position, along, 1)
    best, where = Local("best", operand.type.dtype), Local("where", result.type.dtype)
    better = element > best
    if element.dtype.is_float:  # the first NaN counts as the largest, as in NumPy
        better = Binary("or", better, Binary("and", element.ne(element), best.eq(best)))
    number = cast(along, result.type.dtype)
    inner += [
        Assign("where", Select(better, number, where)),
        Assign("best", Select(better, element, best)),
    ]
    kept = tuple(p for a, p in enumerate(position(ZERO)) if a != nest.axis)
    if result.type.rank == operand.type.rank:
        kept = position(ZERO)
    pointer, at = _output(scope, result, kept)
    body: list[Stmt] = [
        *before,
        Declare("best", first),
        Declare("where", constant(0, result.type.dtype)),
    ]
    if nest.axis in loops:
        body.append(scope.loop(loops[nest.axis], shape[nest.axis], inner))
    body.append(Store(pointer.name, at, where))
    for axis in reversed([a for a in loops if a != nest.axis]):
        body = [scope.loop(loops[axis], shape[axis], body)]
    scope.body.extend(body)
    return scope


def scatter_kernel(storage: Storage, node: Node) -> Scope:
    """Zero the output, then add row after row at its index; an index out of range is left out."""
    scope = _scope(storage, node)
    rows, indices, result = node.inputs[0], node.inputs[1], node.outputs[0]
    extent, width = result.type.shape[0], result.type.size // max(1, result.type.shape[0])
    pointer, _ = _output(scope, result, tuple(ZERO for _ in result.type.shape))
    pointer.is_read = True
    place = storage.place(result)
    assert place is not None
    base = constant(place.start, index)
    dtype = result.type.dtype
    clear = scope.loop_variable(result.type.size)
    at = Binary("add", base, clear)
    zero: list[Stmt] = [Store(pointer.name, at, constant(0, dtype))]
    scope.body.append(scope.loop(clear, result.type.size, zero, "vectorize"))
    row, column = scope.loop_variable(rows.type.shape[0]), scope.loop_variable(width)
    body, given = read_lanes(scope, indices, lambda r: (r,), row, 1)
    inside = Binary("and", given >= 0, given < extent)
    target = cast(select(inside, given, 0), index)
    tail = delinearized(column, rows.type.shape[1:])
    statements, element = read_lanes(scope, rows, lambda r: (r, *tail), row, 1)
    cell = Binary("add", base, Binary("add", Binary("mul", target, constant(width, index)), column))
    before = Load(pointer.name, cell, dtype)
    added = Select(inside, Binary("add", before, element), before)
    inner: list[Stmt] = [*statements, Store(pointer.name, cell, added)]
    body.append(scope.loop(column, width, inner, "vectorize"))
    scope.body.append(scope.loop(row, rows.type.shape[0], body))
    return scope


def random_kernel(storage: Storage, node: Node, nest: RandomBits) -> Scope:
    """Philox words, one block of counters at a time, words in planes.

    Where the size is not a multiple of four the last plane is shorter: a second loop makes the
    words of the counters that the last plane lacks.
    """
    scope, result = _scope(storage, node), node.outputs[0]
    size, shape = result.type.size, result.type.shape
    blocks = -(-size // WORDS)
    word = dtypes.uint32
    scalars: list[Expr] = []
    seed, step = node.inputs
    for value, position in ((seed, (ZERO,)), (seed, (constant(1, index),)), (step, ())):
        statements, read = read_lanes(scope, value, lambda _, at=position: at, ZERO, 1)
        scope.body.extend(statements)
        scalars.append(read)
    block = scope.loop_variable(max(blocks, 2))
    counter = (cast(block, word), scalars[2], constant(nest.stream, word), constant(0, word))
    lets, words = philox_words(counter, (scalars[0], scalars[1]))
    pointer, first = _output(scope, result, tuple(ZERO for _ in shape))
    ends = sorted({min(blocks, max(0, size - plane * blocks)) for plane in range(WORDS)} | {0})
    for begin, end in itertools.pairwise(ends):
        stores = [
            Store(pointer.name, first + (block + plane * blocks), value)
            for plane, value in enumerate(words)
            if plane * blocks + begin < size
        ]
        start, stop = constant(begin, index), constant(end, index)
        scope.body.append(For(block.name, start, stop, 1, (*lets, *stores), "vectorize"))
    return scope
