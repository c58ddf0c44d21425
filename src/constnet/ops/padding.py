"""How much a window operation pads each spatial axis: `valid`, `same`, `causal` or explicit widths.

`same` is the rule of Keras and TensorFlow: as many windows as elements divided by the stride,
rounded up; where the padding is odd, the larger half comes after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from constnet.errors import ShapeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

Padding: TypeAlias = "str | Sequence[Sequence[int]]"
Widths = tuple[tuple[int, int], ...]
_WORDS = ("valid", "same")


def per_axis(op: str, name: str, given: int | Sequence[int], count: int) -> tuple[int, ...]:
    """One number of at least 1 for each of `count` spatial axes; a number alone is for all."""
    numbers = (given,) * count if isinstance(given, int) else tuple(given)
    if len(numbers) != count or min(numbers, default=0) < 1:
        message = (
            f"[{op}] {name} is {given!r} for {count} spatial axes. Give one whole number of at "
            f"least 1, or {count} of them."
        )
        raise ShapeError(message)
    return numbers


def same_width(extent: int, reach: int, stride: int) -> tuple[int, int]:
    """Before and after an axis, for windows of `reach` elements under `same`.

    >>> same_width(5, 3, 2), same_width(4, 3, 2)
    ((1, 1), (0, 1))
    """
    total = max((-(-extent // stride) - 1) * stride + reach - extent, 0)
    return total // 2, total - total // 2


def widths(
    op: str,
    padding: Padding,
    extents: Sequence[int],
    reach: Sequence[int],
    strides: Sequence[int],
    *,
    words: tuple[str, ...] = _WORDS,
) -> Widths:
    """(before, after) of each spatial axis.

    Args:
        op: Named in messages.
        padding: One of `words`, or (before, after) for each axis.
        extents: Of the spatial axes, without padding.
        reach: Elements from a window's first to its last, along each axis.
        strides: Distance between windows, along each axis.
        words: Which words the operation takes, of `valid`, `same` and `causal`.

    Raises:
        UsageError: another word.
        ShapeError: not a pair of numbers of at least 0 for each axis.
    """
    if isinstance(padding, str):
        return _by_word(op, padding, list(zip(extents, reach, strides, strict=True)), words)
    pairs = tuple(tuple(pair) for pair in padding)
    if len(pairs) != len(extents) or any(len(p) != 2 or min(p) < 0 for p in pairs):
        message = (
            f"[{op}] padding is {padding!r} for {len(extents)} spatial axes. Give (before, after), "
            "both at least 0, for each of them."
        )
        raise ShapeError(message)
    return tuple((before, after) for before, after in pairs)


def _by_word(
    op: str, word: str, axes: list[tuple[int, int, int]], words: tuple[str, ...]
) -> Widths:
    if word not in words:
        known = ", ".join(map(repr, words))
        message = f"[{op}] padding is {word!r}. Use {known}, or (before, after) for each axis."
        raise UsageError(message)
    if word == "valid":
        return ((0, 0),) * len(axes)
    if word == "causal":
        return tuple((reach - 1, 0) for _, reach, _ in axes)
    return tuple(same_width(*axis) for axis in axes)
