"""Operands that lie across the lanes, copied so that lanes are neighbours.

weight (kh, kw, ci, co), turned round for the gradient by the image: lanes along ci, co apart
                 →     panel (kh, kw, co, ci), made once before the tiles run
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from constnet.loopir.types import Expr, Load, Stmt, constant, index
from constnet.lowering.products import PANEL_GROWTH, Access, Products
from constnet.lowering.scope import Scope
from constnet.lowering.transposition import transposed
from constnet.lowering.vectors import NotVectorizableError

if TYPE_CHECKING:
    from constnet.ir.graph import Value


def with_panels(
    scope: Scope, plain: Products, out: Value, panels: list[Scope], lanes: int
) -> Products:
    """Copy an operand that lies across the lanes into a panel in which they are neighbours."""
    if not plain.outer or plain.result.lane != 1:
        raise NotVectorizableError
    lhs, rhs = plain.lhs, plain.rhs
    if lhs.lane not in (0, 1):
        lhs = _panel(scope, plain, lhs, f"panel of {out.name} lhs", panels, lanes)
    if rhs.lane not in (0, 1):
        rhs = _panel(scope, plain, rhs, f"panel of {out.name} rhs", panels, lanes)
    return replace(plain, lhs=lhs, rhs=rhs)


def _panel(
    scope: Scope, plain: Products, access: Access, name: str, panels: list[Scope], lanes: int
) -> Access:
    """Append the kernel that makes the panel; returns how the panel is read."""
    source = next(p for p in scope.pointers.values() if p.name == access.param)
    outer = [n for n, step in enumerate(access.outer[:-1]) if step]
    depth = [n for n, step in enumerate(access.depth) if step]
    columns = plain.outer[-1].extent
    extents = [plain.outer[n].extent for n in outer] + [plain.depth[n].extent for n in depth]
    size = math.prod(extents) * columns
    if not depth or size > PANEL_GROWTH * source.extent:
        raise NotVectorizableError
    copier = Scope(scope.storage)
    origin = copier.pointer(source.root, source.start, source.dtype, source.extent)
    origin.is_read = True
    into = copier.scratch(name, source.dtype, size)
    *others, inner = [access.outer[n] for n in outer] + [access.depth[n] for n in depth]
    loops = [copier.loop_variable(extent) for extent in extents[:-1]]
    base, place = constant(access.constant, index), constant(0, index)
    stride = size
    for loop, step, extent in zip(loops, others, extents[:-1], strict=True):
        stride //= extent
        base = base + loop * step
        place = place + loop * stride

    def read(k: Expr, column: Expr, width: int) -> tuple[list[Stmt], Expr]:
        if width > 1 and inner != 1:
            raise NotVectorizableError
        at = base + k * inner + column * access.lane
        return [], Load(origin.name, at, source.dtype, width)

    def write(k: Expr, column: Expr) -> tuple[str, Expr]:
        return into.name, place + k * columns + column

    body: list[Stmt] = transposed(copier, read, write, (extents[-1], columns), lanes)
    for loop, extent in zip(reversed(loops), reversed(extents[:-1]), strict=True):
        body = [copier.loop(loop, extent, body)]
    copier.body.extend(body)
    panels.append(copier)
    into_here = scope.scratch(name, source.dtype, size)
    return _dense(access, into_here.name, plain, outer, depth)


def _dense(
    access: Access, param: str, plain: Products, outer: list[int], depth: list[int]
) -> Access:
    """How the panel is read: row-major over the loops its source depends on, lanes last."""
    steps_outer, steps_depth = [0] * len(access.outer), [0] * len(access.depth)
    steps_outer[-1] = 1
    stride = plain.outer[-1].extent
    for number in reversed(depth):
        steps_depth[number] = stride
        stride *= plain.depth[number].extent
    for number in reversed(outer):
        steps_outer[number] = stride
        stride *= plain.outer[number].extent
    return Access(param, 0, tuple(steps_outer), tuple(steps_depth))
