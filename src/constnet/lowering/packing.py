"""Copying a block of a matrix into panels, in the order in which register tiles read it.

    panel p: for each k, `size` neighbours along the outer side; the last panel has what is left

A matrix whose outer side is contiguous is copied run by run; one whose k is contiguous is
transposed in registers; any other is copied element by element.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from constnet.loopir.types import Binary, Expr, Load, Stmt, Store, constant, index
from constnet.lowering.contraction import times
from constnet.lowering.scope import Scope, Scratch
from constnet.lowering.transposition import transposed
from constnet.lowering.vectors import NotVectorizableError, chunks

if TYPE_CHECKING:
    from constnet.ir.graph import Value
    from constnet.lowering.scope import Pointer
    from constnet.lowering.storage import Place, Storage


@dataclass(frozen=True, slots=True)
class Operand:
    """A matrix in memory: where it begins and how far apart neighbours along each side are."""

    value: Value
    place: Place
    outer_stride: int
    k_stride: int


@dataclass(frozen=True, slots=True)
class Block:
    """All of the outer side and `depth` of k from `begin` on, in panels of `size`."""

    operand: Operand
    outer: int
    size: int
    begin: int
    depth: int


def pack_kernel(storage: Storage, block: Block, into: Scratch, lanes: int) -> Scope:
    """A kernel that copies a block into panels; threads share the panels."""
    scope, operand = Scope(storage), block.operand
    dtype = operand.value.type.dtype
    start = operand.place.start + block.begin * operand.k_stride
    reach = (block.outer - 1) * operand.outer_stride + (block.depth - 1) * operand.k_stride + 1
    source = scope.pointer(operand.place.root, start, dtype, reach)
    source.is_read = True
    target = scope.pointer(into, 0, dtype, block.outer * block.depth)
    target.is_written = True
    panels = _Panels(scope, block, source, target, lanes)
    full, rest = divmod(block.outer, block.size)
    if full:
        number = scope.loop_variable(max(full, 2))
        body = panels.statements(times(number, block.size), block.size)
        scope.body.append(scope.loop(number, full, body, "parallel"))
    if rest:
        only = scope.loop_variable(1)
        body = panels.statements(constant(full * block.size, index), rest)
        scope.body.append(scope.loop(only, 1, body, "parallel"))
    return scope


@dataclass
class _Panels:
    """Builds the copy of one panel."""

    scope: Scope
    block: Block
    source: Pointer
    target: Pointer
    lanes: int

    def statements(self, first: Expr, size: int) -> list[Stmt]:
        """Copy `size` rows of the outer side from `first` on, over all k of the block."""
        operand, depth = self.block.operand, self.block.depth

        def read(k: Expr, row: Expr, width: int) -> tuple[list[Stmt], Expr]:
            if width > 1 and operand.k_stride != 1:
                raise NotVectorizableError
            at = times(Binary("add", first, row), operand.outer_stride)
            return [], self._load(Binary("add", at, times(k, operand.k_stride)), width)

        def write(k: Expr, row: Expr) -> tuple[str, Expr]:
            at = Binary("add", times(first, depth), times(k, size))
            return self.target.name, Binary("add", at, row)

        if operand.outer_stride != 1:
            return transposed(self.scope, read, write, (depth, size), self.lanes)
        k = self.scope.loop_variable(max(depth, 2))
        body: list[Stmt] = []
        offset = 0
        for width in chunks(size, self.lanes):
            row = constant(offset, index)
            at = Binary("add", Binary("add", first, times(k, operand.k_stride)), row)
            param, place = write(k, row)
            body.append(Store(param, place, self._load(at, width)))
            offset += width
        return [self.scope.loop(k, depth, body)]

    def _load(self, at: Expr, width: int) -> Load:
        return Load(self.source.name, at, self.source.dtype, width)
