"""Sizes written as types: `Dense[L[2], L[8]]()` is `Dense(2, 8)`, and checkers see both sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast, get_args, get_origin

if TYPE_CHECKING:
    from collections.abc import Callable

_TWO = 2


class Sized:
    """A class with its sizes; calling it makes a layer of them.

    Args:
        alias: what `Generic` made of the class and the types.
        make: given the two sizes and the options of the call.
        sizes: extents of the last axis of input and output.
    """

    def __init__(self, alias: Any, make: Callable[..., Any], sizes: tuple[int, int]) -> None:
        self._alias, self._make, self._sizes = alias, make, sizes

    def __call__(self, **options: Any) -> Any:
        """Make a layer."""
        return self._make(*self._sizes, **options)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return cast("tuple[type, ...]", self._alias.__mro_entries__(bases))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._alias, name)

    def __repr__(self) -> str:
        return repr(self._alias)


def sized(alias: Any, make: Callable[..., Any], types: object) -> Any:
    """`alias`, able to make layers if `types` are two literal integers."""
    sizes = _literals(types)
    return alias if sizes is None else Sized(alias, make, sizes)


def _literals(types: object) -> tuple[int, int] | None:
    """The two integers of `(Literal[2], Literal[8])`; None for anything else."""
    items = cast("tuple[object, ...]", types) if isinstance(types, tuple) else (types,)
    values = [get_args(item) for item in items if get_origin(item) is Literal]
    flat = [value[0] for value in values if len(value) == 1 and isinstance(value[0], int)]
    return (flat[0], flat[1]) if len(items) == len(flat) == _TWO else None
