"""A table of counts as colored cells: right answers in blue, wrong ones in orange-brown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from constnet.drawing.color import hexadecimal, is_dark, map_signed
from constnet.drawing.markup import Markup, element, join, number
from constnet.drawing.svg import Svg, label
from constnet.drawing.text import fit, width

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = np.ndarray[Any, np.dtype[Any]]
_SMALL = 11.0
_ROOM, _LEAST, _MOST = 330.0, 6.0, 40.0
_NAME_ROOM = 104.0
_ANGLE = 40.0
_LINE = 21.0


def confusion(counts: Array, names: Sequence[str]) -> Svg:
    """True classes by row, predicted by column; color says which share of its row a cell is.

    Numbers stand in cells that have room for them, and in the tooltip of every cell.
    """
    size = len(names)
    cell = max(_LEAST, min(_MOST, _ROOM / size))
    stride = max(1, math.ceil(_LINE / cell))  # slanted names need more room than their height
    shown = [fit(name, _NAME_ROOM, _SMALL) for name in names[::stride]]
    longest = max(width(text, _SMALL) for text in shown)
    slope = math.radians(_ANGLE)
    left = 22 + max(longest + 8, longest * math.cos(slope) - cell / 2)
    side = cell * size
    below = longest * math.sin(slope) + 34
    parts = _cells(counts, names, cell, left)
    parts += _names(shown, stride, cell, left, side)
    middle = number(side / 2)
    parts += [
        element("text", "true class", class_="cn-muted", font_size=_SMALL, text_anchor="middle",
                transform=f"translate(12 {middle}) rotate(-90)"),
        label(left + side / 2, side + below - 4, "predicted class", anchor="middle"),
    ]  # fmt: skip
    right = int(np.trace(counts))
    title = f"Confusion matrix: {right:,} of {int(counts.sum()):,} right"
    wide = max(left + side, left + side / 2 + width("predicted class", _SMALL) / 2) + 4
    return Svg(wide, side + below, join(parts), title)


def _cells(counts: Array, names: Sequence[str], cell: float, left: float) -> list[Markup]:
    rows = counts.sum(axis=1)
    parts: list[Markup] = []
    for i, j in np.ndindex(*counts.shape):
        count, total = int(counts[i, j]), int(rows[i])
        share = count / total if total else 0.0
        x, y = left + j * cell, i * cell
        text = f"{names[i]} taken for {names[j]}: {count:,} of {total:,}"
        fill = _fill(share, is_right=i == j)
        known = {"fill": hexadecimal(fill)} if count else {"class_": "cn-raised"}
        gap = 1.0 if cell > 12 else 0.0
        parts.append(
            element("rect", element("title", text), x=x, y=y, width=cell - gap, height=cell - gap,
                    **known)
        )  # fmt: skip
        written = _short(count, cell - 4)
        if written and (count or cell >= 24):
            parts.append(_count(x + (cell - gap) / 2, y + cell / 2 + 3.5, written, count, fill))
    return parts


def _count(x: float, y: float, text: str, count: int, fill: Array) -> Markup:
    if not count:
        return label(x, y, text, size=10, anchor="middle")
    color = "#ffffff" if is_dark(fill) else "#1b1f24"
    return element("text", text, x=x, y=y, font_size=10, text_anchor="middle", fill=color)


def _fill(share: float, *, is_right: bool) -> Array:
    """Errors get a steeper scale, since a tenth of a class going wrong should be seen."""
    signed = 0.12 + 0.78 * share if is_right else -(0.18 + 0.72 * math.sqrt(share))
    return map_signed(np.array(signed), limit=1.0)


def _names(
    shown: Sequence[str], stride: int, cell: float, left: float, side: float
) -> list[Markup]:
    parts: list[Markup] = []
    for place, text in enumerate(shown):
        middle = (place * stride + 0.5) * cell
        parts.append(label(left - 7, middle + 3.5, text, color="ink", anchor="end"))
        at = f"translate({number(left + middle + 3)} {number(side + 12)}) rotate(-{_ANGLE:g})"
        parts.append(
            element(
                "text", text, class_="cn-ink", font_size=_SMALL, text_anchor="end", transform=at
            )
        )
    return parts


def _short(count: int, room: float) -> str:
    """A count that fits: whole, in thousands or millions, or nothing."""
    forms = (f"{count}", f"{count / 1e3:.1f}k", f"{count / 1e3:.0f}k", f"{count / 1e6:.1f}M")
    return next((text for text in forms if width(text, 10) <= room), "")
