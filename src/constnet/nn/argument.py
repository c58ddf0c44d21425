"""Checks of constructor arguments; each message names the layer, the argument, what was found."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from constnet.errors import ShapeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_EXTENT = 2**31 - 1


def extent(owner: str, name: str, given: object) -> int:
    """A whole number of elements along an axis, at least 1."""
    whole = integer(owner, name, given)
    if not 1 <= whole <= MAX_EXTENT:
        message = f"{owner}: {name} is {whole}; expected 1 to {MAX_EXTENT}."
        raise UsageError(message)
    return whole


def count(owner: str, name: str, given: object) -> int:
    """A whole number of at least 0."""
    whole = integer(owner, name, given)
    if not 0 <= whole <= MAX_EXTENT:
        message = f"{owner}: {name} is {whole}; expected 0 to {MAX_EXTENT}."
        raise UsageError(message)
    return whole


def integer(owner: str, name: str, given: object) -> int:
    """A whole number; booleans are not numbers here."""
    if isinstance(given, (bool, np.bool_)) or not isinstance(given, (int, np.integer)):
        message = f"{owner}: {name} is {given!r}; expected a whole number."
        raise UsageError(message)
    return int(cast("int", given))


def number(
    owner: str,
    name: str,
    given: object,
    low: float = -math.inf,
    high: float = math.inf,
) -> float:
    """A finite number from `low` to `high`."""
    is_number = isinstance(given, (int, float, np.integer, np.floating))
    if isinstance(given, (bool, np.bool_)) or not is_number:
        message = f"{owner}: {name} is {given!r}; expected a number."
        raise UsageError(message)
    value = float(cast("float", given))
    if not math.isfinite(value) or not low <= value <= high:
        message = f"{owner}: {name} is {value}; expected a finite number from {low} to {high}."
        raise UsageError(message)
    return value


def choice(owner: str, name: str, given: object, choices: tuple[str, ...]) -> str:
    """One of `choices`."""
    if given not in choices:
        listed = ", ".join(map(repr, choices))
        message = f"{owner}: {name} is {given!r}; expected {listed}."
        raise UsageError(message)
    return str(given)


def flag(owner: str, name: str, given: object) -> bool:
    """True or False."""
    if not isinstance(given, (bool, np.bool_)):
        message = f"{owner}: {name} is {given!r}; expected True or False."
        raise UsageError(message)
    return bool(cast("bool", given))


def shape(owner: str, name: str, given: object) -> tuple[int, ...]:
    """A shape without its batch axis: one extent or a sequence of them."""
    if isinstance(given, (int, np.integer)) and not isinstance(given, bool):
        return (extent(owner, name, cast("int", given)),)
    if not isinstance(given, (tuple, list)):
        message = f"{owner}: {name} is {given!r}; expected a shape such as (28, 28) or a size."
        raise UsageError(message)
    items = cast("Sequence[Any]", given)
    return tuple(extent(owner, f"{name}[{idx}]", item) for idx, item in enumerate(items))


def parameter_shape(owner: str, name: str, given: object) -> tuple[int, ...]:
    """The shape of a parameter; its elements can be counted in 31 bits."""
    extents = shape(owner, f"shape of {name}", given)
    size = math.prod(extents)
    if size > MAX_EXTENT:
        message = (
            f"{owner}: {name} of shape {extents} has {size} elements; at most {MAX_EXTENT} are "
            "possible. Use a smaller layer."
        )
        raise ShapeError(message)
    return extents


def texts(owner: str, name: str, given: object) -> tuple[str, ...]:
    """A non-empty sequence of distinct, non-empty texts."""
    items: Sequence[Any] = cast("Sequence[Any]", given) if isinstance(given, (tuple, list)) else ()
    is_text = [isinstance(item, str) and bool(item) for item in items]
    if not items or not all(is_text) or len(set(items)) != len(items):
        message = f"{owner}: {name} is {given!r}; expected a list of distinct texts."
        raise UsageError(message)
    return tuple(items)
