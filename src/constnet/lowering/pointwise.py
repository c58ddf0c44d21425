"""Kernels of pointwise regions, concatenations and copies.

    t = mul %a, %b         for i0 in range(128):
    u = add %t, %bias  →       for i1 in range(512) by vectors:
                                   p3[i0 * 512 + i1] = p0[...] * p1[...] + p2[i1]

All values of a region are computed in one nest of loops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.loopir.types import Store
from constnet.lowering.affine import linear
from constnet.lowering.loops import collapse
from constnet.lowering.scope import Scope
from constnet.ops import op as records

if TYPE_CHECKING:
    from constnet.ir.graph import Node, Value
    from constnet.lowering.regions import Region
    from constnet.lowering.scope import Position
    from constnet.lowering.storage import Storage


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


def assembly_kernel(storage: Storage, node: Node, parts: list[int], lanes: int = 1) -> Scope:
    """A kernel that copies the given inputs of a concatenation into it."""
    whole = node.outputs[0]
    pieces = records.get(node.op).pieces
    assert pieces is not None
    origins = pieces(node.attrs, tuple(value.type for value in node.inputs))
    scope = Scope(storage, local=set(), written=_roots(storage, [whole]), lanes=lanes)
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
