"""A contraction over several axes as the schedule sees it: its loops, and how operands lie on them.

    convolution           outer (n, oh, ow, co), depth (kh, kw, ci)
                     →    outer (n, oh, ow, co), depth (kh, kw*ci)     kw and ci are one run in both
    1 x 1 convolution →   outer (n*oh*ow, co), depth (ci)              a matrix product

Axes of extent 1 go, neighbours along which every access steps alike become one. An operand that
lies across the lanes is first copied into a panel in which lanes are neighbours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from constnet.loopir.types import Const, Let, Load, Local, index
from constnet.lowering.affine import Affine, affine
from constnet.lowering.loops import delinearized
from constnet.lowering.vectors import NotVectorizableError

if TYPE_CHECKING:
    from constnet.ir.graph import Value
    from constnet.loopir.types import Expr
    from constnet.lowering.scope import Position, Scope
    from constnet.ops.nest import SumOfProducts

PANEL_GROWTH = 2
"""A panel may hold so many times the elements of what it copies; more would be windows unrolled."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One loop: the original axes it runs over, outermost first, and their extents."""

    members: tuple[int, ...]
    extents: tuple[int, ...]

    @property
    def extent(self) -> int:
        """How many values the loop takes."""
        return math.prod(self.extents)


@dataclass(frozen=True, slots=True)
class Access:
    """Elements of a parameter: `constant + sum(step * loop)`; `literal` where it is no memory."""

    param: str
    constant: int
    outer: tuple[int, ...]
    depth: tuple[int, ...]
    literal: Const | None = None

    @property
    def lane(self) -> int:
        """Step along the lanes, the last outer loop."""
        return self.outer[-1] if self.outer else 0


@dataclass(frozen=True, slots=True)
class Trim:
    """Products with padding left out: depth loop `depth` runs where the image has elements.

    The image's coordinate `outer + depth - low` is in [0, extent); `step` elements apart.
    """

    outer: int
    depth: int
    low: int
    extent: int
    step: int


@dataclass(frozen=True, slots=True)
class Products:
    """The loops of one contraction, and its three accesses along them.

    A loop with a trim stands alone, and the lhs moves along it by the trim's coordinate only.
    """

    nest: SumOfProducts
    outer: tuple[Axis, ...]
    depth: tuple[Axis, ...]
    lhs: Access
    rhs: Access
    result: Access
    trims: tuple[Trim, ...] = ()

    @property
    def multiply_adds(self) -> int:
        """Of the whole contraction."""
        return math.prod(self.nest.outer) * math.prod(self.nest.depth)

    @property
    def length(self) -> int:
        """Terms of one sum."""
        return math.prod(self.nest.depth)

    def index(self, values: dict[int, Expr], scope: Scope) -> Position:
        """The nest's own outer index from the values of the loops (absent: 0)."""
        found: list[Expr] = [Affine(0).expr()] * len(self.nest.outer)
        for number, value in values.items():
            axis = self.outer[number]
            parts = delinearized(value, axis.extents)
            for member, part in zip(axis.members, parts, strict=True):
                found[member] = affine(part, scope.extents).expr()
        return tuple(found)


def plain_products(
    scope: Scope, nest: SumOfProducts, lhs: Value, rhs: Value, out: Value
) -> Products:
    """The accesses along the original axes.

    Raises:
        NotVectorizableError: an operand is computed, or does not lie at constant steps.
    """
    outer = tuple(Local(f"o{number}", index) for number in range(len(nest.outer)))
    depth = tuple(Local(f"k{number}", index) for number in range(len(nest.depth)))
    extents = {each.name: n for each, n in zip(outer, nest.outer, strict=True)}
    extents |= {each.name: n for each, n in zip(depth, nest.depth, strict=True)}
    before = scope.extents
    scope.extents = {**before, **extents}
    try:
        left = _operand(scope, lhs, nest.lhs(outer, depth), outer, depth)
        right = _operand(scope, rhs, nest.rhs(outer, depth), outer, depth)
        place = scope.storage.place(out)
        assert place is not None
        pointer, form = scope.element(place, out, nest.result(outer))
        result = _access(pointer.name, form, outer, depth)
    finally:
        scope.extents = before
    axes = tuple(Axis((number,), (extent,)) for number, extent in enumerate(nest.outer))
    sums = tuple(Axis((number,), (extent,)) for number, extent in enumerate(nest.depth))
    return Products(nest, axes, sums, left, right, result)


def _operand(
    scope: Scope, value: Value, at: Position, outer: tuple[Local, ...], depth: tuple[Local, ...]
) -> Access:
    """How a value in memory is read at `at`."""
    opened = scope.nested()
    try:
        result = scope.read(value, at)
        statements = scope.body
    finally:
        scope.resume(opened)
    if isinstance(result, Const) and not statements:
        zeros = ((0,) * len(outer), (0,) * len(depth))
        return Access("", 0, *zeros, result)
    if len(statements) != 1 or not isinstance(statements[0], Let):
        raise NotVectorizableError
    load = statements[0].value
    if not isinstance(load, Load):
        raise NotVectorizableError
    return _access(load.param, affine(load.index, scope.extents), outer, depth)


def _access(param: str, form: Affine, outer: tuple[Local, ...], depth: tuple[Local, ...]) -> Access:
    names = {each.name: 0 for each in (*outer, *depth)}
    if not form.is_affine_in(names):
        raise NotVectorizableError
    return Access(
        param,
        form.constant,
        tuple(form.coefficient(each.name) for each in outer),
        tuple(form.coefficient(each.name) for each in depth),
    )


def squeezed(plain: Products) -> Products:
    """Without the axes of extent 1; the last outer axis that is left runs along the lanes."""
    trimmed_outer = {trim.outer for trim in plain.trims}
    trimmed_depth = {trim.depth for trim in plain.trims}
    outer = [n for n, axis in enumerate(plain.outer) if axis.extent > 1 or n in trimmed_outer]
    depth = [n for n, axis in enumerate(plain.depth) if axis.extent > 1 or n in trimmed_depth]

    def kept(access: Access) -> Access:
        return replace(
            access,
            outer=tuple(access.outer[number] for number in outer),
            depth=tuple(access.depth[number] for number in depth),
        )

    return Products(
        plain.nest,
        tuple(plain.outer[number] for number in outer),
        tuple(plain.depth[number] for number in depth),
        kept(plain.lhs),
        kept(plain.rhs),
        kept(plain.result),
        tuple(
            replace(trim, outer=outer.index(trim.outer), depth=depth.index(trim.depth))
            for trim in plain.trims
        ),
    )


def merged(plain: Products) -> Products:
    """Neighbouring loops joined where all accesses step alike; the lanes stay by themselves."""
    accesses = (plain.lhs, plain.rhs, plain.result)
    outer_steps = list(zip(*(access.outer for access in accesses), strict=True))
    depth_steps = list(zip(*(access.depth for access in accesses), strict=True))
    alone = {len(plain.outer) - 1, *(trim.outer for trim in plain.trims)}
    outer, along_outer, outer_at = _join(plain.outer, outer_steps, alone)
    trimmed = {trim.depth for trim in plain.trims}
    depth, along_depth, depth_at = _join(plain.depth, depth_steps, trimmed)
    lhs, rhs, result = (
        replace(
            access,
            outer=tuple(steps[number] for steps in along_outer),
            depth=tuple(steps[number] for steps in along_depth),
        )
        for number, access in enumerate(accesses)
    )
    trims = tuple(
        replace(trim, outer=outer_at[trim.outer], depth=depth_at[trim.depth])
        for trim in plain.trims
    )
    return Products(plain.nest, outer, depth, lhs, rhs, result, trims)


def _join(
    axes: tuple[Axis, ...], steps: list[tuple[int, ...]], alone: set[int]
) -> tuple[tuple[Axis, ...], list[tuple[int, ...]], list[int]]:
    """Joined axes, their steps, and which of them each axis became part of."""
    found: list[Axis] = []
    kept: list[tuple[int, ...]] = []
    where: list[int] = []
    for number, (axis, here) in enumerate(zip(axes, steps, strict=True)):
        carried = tuple(step * axis.extent for step in here)
        is_free = number not in alone and number - 1 not in alone
        if found and is_free and kept[-1] == carried:
            last = found[-1]
            found[-1] = Axis((*last.members, *axis.members), (*last.extents, *axis.extents))
            kept[-1] = here
        else:
            found.append(axis)
            kept.append(here)
        where.append(len(found) - 1)
    return tuple(found), kept, where
