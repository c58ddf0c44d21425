"""Operators and methods of `Tensor`, declared in `ops.tensor` and installed here."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from constnet.errors import ShapeError, UsageError
from constnet.ops import arithmetic, comparison, composite, conversion, integer, movement
from constnet.ops.contraction import matmul
from constnet.ops.tensor import Tensor, TensorLike, apply
from constnet.ops.transcendental import power
from constnet.ops.window import Slice, is_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import EllipsisType

    Key = int | slice | None | EllipsisType | TensorLike

Binary = Callable[[TensorLike, TensorLike], Tensor]


def _swapped(function: Binary) -> Binary:
    def reflected(x: TensorLike, y: TensorLike) -> Tensor:
        return function(y, x)

    return reflected


def _by_kind(for_bools: Binary, for_bits: Binary) -> Binary:
    def choose(x: TensorLike, y: TensorLike) -> Tensor:
        is_bool = isinstance(x, Tensor) and x.dtype.kind == "bool"
        return (for_bools if is_bool else for_bits)(x, y)

    return choose


def _shape_arguments(given: tuple[Any, ...]) -> Any:
    return given[0] if len(given) == 1 and not isinstance(given[0], int) else given


def _reshape(x: Tensor, *shape: int | tuple[int, ...]) -> Tensor:
    return movement.reshape(x, _shape_arguments(shape))


def _transpose(x: Tensor, *axes: int | tuple[int, ...]) -> Tensor:
    return movement.transpose(x, _shape_arguments(axes) if axes else None)


def _length(x: Tensor) -> int:
    if not x.shape:
        message = f"{x.value} is a scalar ({x.type}) and has no length"
        raise UsageError(message)
    return x.shape[0]


def _iterate(x: Tensor) -> Iterator[Tensor]:
    return (_getitem(x, number) for number in range(_length(x)))


def _listed(key: Any) -> list[Any]:
    return list(cast("tuple[Any, ...]", key)) if isinstance(key, tuple) else [key]


def _full_key(x: Tensor, key: Any) -> list[Any]:
    """One entry for each axis of x, besides None for new axes."""
    entries = _listed(key)
    used = sum(1 for entry in entries if entry is not None and entry is not Ellipsis)
    if used > x.rank:
        message = f"[getitem] {used} indices for {x.type}, which has {x.rank} axes. Leave some out."
        raise ShapeError(message)
    rest: list[Any] = [slice(None)] * (x.rank - used)
    places = [place for place, entry in enumerate(entries) if entry is Ellipsis]
    if not places:
        return entries + rest
    return [*entries[: places[0]], *rest, *entries[places[0] + 1 :]]


def _slice_or_index(entry: Any) -> slice | int:
    return cast("slice", entry) if isinstance(entry, slice) else operator.index(entry)


def _bounds(x: Tensor, axis: int, entry: slice | int) -> tuple[int, int, int, bool]:
    """Start, stop, positive step, and whether the part is then reversed."""
    extent = x.shape[axis]
    if isinstance(entry, int):
        start = entry + extent if entry < 0 else entry
        if not 0 <= start < extent:
            message = (
                f"[getitem] index {entry} is outside axis {axis} of {x.type}. "
                f"Use 0 to {extent - 1}."
            )
            raise ShapeError(message)
        return start, start + 1, 1, False
    reached = range(*entry.indices(extent))
    if not reached:
        message = f"[getitem] {entry} takes nothing from axis {axis} of {x.type}. Widen it."
        raise ShapeError(message)
    if reached.step > 0:
        return reached.start, reached.stop, reached.step, False
    return reached[-1], reached.start + 1, -reached.step, True


def _getitem(x: Tensor, key: Any) -> Tensor:
    if isinstance(key, Tensor):
        return composite.take(x, key)
    bounds: list[tuple[int, int, int, bool]] = []
    shape: list[int] = []
    for entry in _full_key(x, key):
        if entry is None:
            shape.append(1)
            continue
        if not isinstance(entry, slice) and not hasattr(entry, "__index__"):
            message = (
                f"[getitem] {entry!r} is no index of {x.type}. Use integers, slices, or ops.take."
            )
            raise UsageError(message)
        place = _slice_or_index(entry)
        start, stop, step, is_reversed = _bounds(x, len(bounds), place)
        bounds.append((start, stop, step, is_reversed))
        if isinstance(place, slice):
            shape.append(-(-(stop - start) // step))
    return movement.reshape(_part(x, bounds), shape)


def _part(x: Tensor, bounds: list[tuple[int, int, int, bool]]) -> Tensor:
    attrs = Slice(
        tuple(start for start, _, _, _ in bounds),
        tuple(stop for _, stop, _, _ in bounds),
        tuple(step for _, _, step, _ in bounds),
    )
    part = x if is_whole(attrs, x.shape) else apply("slice", attrs, x)
    flipped = [axis for axis, (_, _, _, is_reversed) in enumerate(bounds) if is_reversed]
    return movement.flip(part, flipped) if flipped else part


_BINARY: dict[str, Binary] = {
    "add": arithmetic.add,
    "sub": arithmetic.subtract,
    "mul": arithmetic.multiply,
    "truediv": arithmetic.divide,
    "floordiv": integer.floor_divide,
    "mod": integer.remainder,
    "pow": power,
    "matmul": matmul,
    "and": _by_kind(comparison.logical_and, integer.bitwise_and),
    "or": _by_kind(comparison.logical_or, integer.bitwise_or),
    "xor": _by_kind(comparison.not_equal, integer.bitwise_xor),
    "lshift": integer.left_shift,
    "rshift": integer.right_shift,
}
_OTHERS: dict[str, Callable[..., Any]] = {
    "__lt__": comparison.less,
    "__le__": comparison.less_equal,
    "__gt__": comparison.greater,
    "__ge__": comparison.greater_equal,
    "__neg__": arithmetic.negative,
    "__abs__": arithmetic.absolute,
    "__invert__": comparison.logical_not,
    "__getitem__": _getitem,
    "__len__": _length,
    "__iter__": _iterate,
    "reshape": _reshape,
    "transpose": _transpose,
    "astype": conversion.cast,
    "sum": composite.sum,
    "mean": composite.mean,
    "max": composite.max,
    "min": composite.min,
}


def install() -> None:
    """Put the operators and methods on `Tensor`."""
    for name, function in _BINARY.items():
        setattr(Tensor, f"__{name}__", function)
        setattr(Tensor, f"__r{name}__", _swapped(function))
    for name, function in _OTHERS.items():
        setattr(Tensor, name, function)
    setattr(Tensor, "T", property(movement.transpose))  # noqa: B010  (declared, not assignable)


install()
