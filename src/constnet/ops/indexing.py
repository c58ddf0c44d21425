"""Index arithmetic in its simplest form: no `* 1`, no `+ 0`, no needless `%`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.loopir.types import Const, Expr, constant, index

if TYPE_CHECKING:
    from collections.abc import Sequence


def literal(value: int) -> Const:
    """An index that is known."""
    return constant(value, index)


def plus(expr: Expr, offset: int) -> Expr:
    """`expr + offset`."""
    return expr + offset if offset else expr


def times(expr: Expr, factor: int) -> Expr:
    """`expr * factor`."""
    return expr * factor if factor != 1 else expr


def linearize(at: Sequence[Expr], extents: Sequence[int]) -> Expr:
    """The row-major position of an index among `extents`."""
    position: Expr | None = None
    stride = 1
    for coordinate, extent in zip(reversed(at), reversed(extents), strict=True):
        if extent == 1:
            continue
        term = times(coordinate, stride)
        position = term if position is None else term + position
        stride *= extent
    return literal(0) if position is None else position


def number_of(at: Sequence[Expr], extents: Sequence[int]) -> Expr:
    """The row-major position of an index among `extents`; a literal where the index is known."""
    known = [int(part.value) for part in at if isinstance(part, Const)]
    if len(known) < len(at):
        return linearize(at, extents)
    total = 0
    for part, extent in zip(known, extents, strict=True):
        total = total * extent + part
    return literal(total)


def delinearize(position: Expr, extents: Sequence[int]) -> tuple[Expr, ...]:
    """The index among `extents` at a row-major position."""
    wide = [axis for axis, extent in enumerate(extents) if extent != 1]
    at: list[Expr] = [literal(0)] * len(extents)
    stride = 1
    for axis in reversed(wide):
        coordinate = position // stride if stride != 1 else position
        at[axis] = coordinate if axis == wide[0] else coordinate % extents[axis]
        stride *= extents[axis]
    return tuple(at)


def regroup(at: Sequence[Expr], extents: Sequence[int], wanted: Sequence[int]) -> tuple[Expr, ...]:
    """The index among `wanted` extents of the element at `at` among `extents`, in row-major order.

    Axes are matched in the smallest groups of equal size, so that only axes that really merge or
    split meet arithmetic: (8, 28, 28) to (8, 784) leaves the first axis alone.
    """
    result: list[Expr] = []
    start, taken = 0, 0
    for end, count in _groups(extents, wanted):
        position = linearize(at[start:end], extents[start:end])
        result.extend(delinearize(position, wanted[taken:count]))
        start, taken = end, count
    return tuple(result)


def _groups(extents: Sequence[int], wanted: Sequence[int]) -> list[tuple[int, int]]:
    """Ends of the smallest runs of both that have the same number of elements."""
    ends: list[tuple[int, int]] = []
    first, second = 0, 0
    while first < len(extents) or second < len(wanted):
        left = right = 1
        if first < len(extents):
            left, first = extents[first], first + 1
        if second < len(wanted):
            right, second = wanted[second], second + 1
        while left != right:
            if left < right:
                left, first = left * extents[first], first + 1
            else:
                right, second = right * wanted[second], second + 1
        ends.append((first, second))
    return ends
