"""Charts: lines over whole numbers, bars of a histogram, points of predictions.

A chart is 360 pixels wide, so that it is read on a telephone as it is and stands beside others on a
wide page. Series differ in color and in dashes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from constnet.drawing import axis
from constnet.drawing.markup import Markup, element, join, number
from constnet.drawing.svg import Svg, label
from constnet.drawing.text import fit, width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.drawing.axis import Axis

WIDTH, HEIGHT = 360.0, 230.0
_SMALL, _TITLE = 11.0, 12.0
_DASHES = (None, "5 4", "1.5 4", "8 3 2 3")
_FEW = 15
_DECADES = 50.0


@dataclass(frozen=True, slots=True)
class Line:
    """One series; None and values that are not finite leave a gap."""

    name: str
    xs: Sequence[int]
    ys: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class _Frame:
    """The room inside the axes."""

    x: Axis
    y: Axis
    left: float
    top: float
    width: float
    height: float

    def across(self, value: float) -> float:
        return self.left + self.x.place(value, self.width)

    def down(self, value: float) -> float:
        return self.top + self.height - self.y.place(value, self.height)


def line_chart(title: str, lines: Sequence[Line], x_label: str) -> Svg:
    """Series over the same whole numbers; by powers of ten where values span more than fifty-fold.

    Args:
        title: what is measured, with its unit if it has one.
        lines: at least one with a finite value.
        x_label: what the whole numbers count.
    """
    values = [y for line in lines for y in line.ys if y is not None and math.isfinite(y)]
    numbers = [x for line in lines for x in line.xs]
    low, high = min(values), max(values)
    is_log = low > 0 and high / low > _DECADES
    y_axis = axis.logarithmic(low, high) if is_log else axis.linear(low, high)
    frame = _frame(axis.whole(min(numbers), max(numbers)), y_axis, has_legend=len(lines) > 1)
    parts = [*_axes(frame, title, x_label)]
    for place, line in enumerate(lines):
        parts += _curve(frame, line, place)
    if len(lines) > 1:
        parts += _legend([line.name for line in lines], frame.left)
    return Svg(WIDTH, HEIGHT, join(parts), f"{title} by {x_label}")


def histogram(title: str, counts: Sequence[int], edges: Sequence[float], x_label: str) -> Svg:
    """Bars of counts between edges, one more than there are counts."""
    frame = _frame(
        axis.linear(edges[0], edges[-1]), axis.linear(0, max(1, *counts), 4, from_zero=True)
    )
    parts = _axes(frame, title, x_label)
    for place, count in enumerate(counts):
        left, right = frame.across(edges[place]), frame.across(edges[place + 1])
        top = frame.down(count)
        text = f"{count:,} from {edges[place]:.4g} to {edges[place + 1]:.4g}"
        if count:
            wide = max(0.5, right - left - 0.75)
            bar = element(
                "rect", element("title", text), x=left, y=top, width=wide,
                height=max(0.75, frame.top + frame.height - top), class_="cn-s0",
            )  # fmt: skip
            parts.append(bar)
    return Svg(WIDTH, HEIGHT, join(parts), f"{title}: {sum(counts):,} values")


def scatter(title: str, xs: Sequence[float], ys: Sequence[float], labels: tuple[str, str]) -> Svg:
    """Points over one range on both axes, with the line where both are equal."""
    both = [*xs, *ys]
    shared = axis.linear(min(both), max(both))
    frame = _frame(shared, shared)
    parts = _axes(frame, f"{title}: {labels[1]}", labels[0])
    ends = [(frame.across(one), frame.down(one)) for one in (shared.low, shared.high)]
    parts.append(
        element(
            "line", x1=ends[0][0], y1=ends[0][1], x2=ends[1][0], y2=ends[1][1],
            class_="cn-line-stroke", stroke_dasharray="4 3",
        )
    )  # fmt: skip
    parts += [
        element("circle", cx=frame.across(x), cy=frame.down(y), r=2.2, class_="cn-s0",
                fill_opacity="0.55")
        for x, y in zip(xs, ys, strict=True)
    ]  # fmt: skip
    return Svg(WIDTH, HEIGHT, join(parts), f"{title}: {labels[1]} by {labels[0]}")


def beside(charts: Sequence[Svg], columns: int, title: str) -> Svg:
    """Drawings of one size in rows of `columns`."""
    wide, high = charts[0].width, charts[0].height
    parts = [
        element("g", one.body, transform=f"translate({number(i % columns * (wide + 16))} "
                f"{number(i // columns * (high + 16))})")
        for i, one in enumerate(charts)
    ]  # fmt: skip
    rows = -(-len(charts) // columns)
    across = min(columns, len(charts))
    size = across * (wide + 16) - 16, rows * (high + 16) - 16
    return Svg(*size, join(parts), title)


def _frame(x: Axis, y: Axis, *, has_legend: bool = False) -> _Frame:
    left = max(width(text, _SMALL) for text in y.texts()) + 12
    top = 46.0 if has_legend else 30.0
    right = max(12.0, width(x.texts()[-1], _SMALL) / 2 + 2)
    return _Frame(x, y, left, top, WIDTH - left - right, HEIGHT - top - 38)


def _axes(frame: _Frame, title: str, x_label: str) -> list[Markup]:
    """Title, grid, marks and their numbers."""
    bottom = frame.top + frame.height
    parts = [
        label(0, 13, fit(title, WIDTH, _TITLE, bold=True), size=_TITLE, color="ink", bold=True)
    ]
    for mark, text in zip(frame.y.marks, frame.y.texts(), strict=True):
        y = frame.down(mark)
        parts += [
            element("line", x1=frame.left, x2=frame.left + frame.width, y1=y, y2=y,
                    class_="cn-rule-stroke"),
            label(frame.left - 6, y + 4, text, anchor="end"),
        ]  # fmt: skip
    last_end = -math.inf
    for mark, text in zip(frame.x.marks, frame.x.texts(), strict=True):
        x, half = frame.across(mark), width(text, _SMALL) / 2
        parts.append(element("line", x1=x, x2=x, y1=bottom, y2=bottom + 4, class_="cn-line-stroke"))
        if x - half > last_end + 4:
            parts.append(label(x, bottom + 16, text, anchor="middle"))
            last_end = x + half
    parts += [
        element("line", x1=frame.left, x2=frame.left + frame.width, y1=bottom, y2=bottom,
                class_="cn-line-stroke"),
        label(frame.left + frame.width / 2, HEIGHT - 4, fit(x_label, frame.width, _SMALL),
              anchor="middle"),
    ]  # fmt: skip
    return parts


def _curve(frame: _Frame, line: Line, place: int) -> list[Markup]:
    """A broken line, with dots where there are few values or one stands alone."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in zip(line.xs, line.ys, strict=True):
        if y is None or not math.isfinite(y):
            runs.append([])
        else:
            runs[-1].append((frame.across(x), frame.down(y)))
    runs = [run for run in runs if run]
    color = f"s{place % 6}"
    path = "".join(
        "M" + "L".join(f"{number(x)} {number(y)}" for x, y in run) for run in runs if len(run) > 1
    )
    parts: list[Markup] = []
    if path:
        parts.append(
            element("path", d=path, class_=f"cn-stroke cn-{color}-stroke", stroke_width=1.8,
                    stroke_dasharray=_DASHES[place % len(_DASHES)])
        )  # fmt: skip
    total = sum(len(run) for run in runs)
    dots = [point for run in runs for point in run if total <= _FEW or len(run) == 1]
    parts += [element("circle", cx=x, cy=y, r=2.4, class_=f"cn-{color}") for x, y in dots]
    return parts


def _legend(names: Sequence[str], left: float) -> list[Markup]:
    """Names beside a piece of their line, in one row under the title."""
    room = (WIDTH - left) / len(names)
    parts: list[Markup] = []
    x = left
    for place, name in enumerate(names):
        text = fit(name, room - 34, _SMALL)
        line = element(
            "line", x1=x, x2=x + 20, y1=29, y2=29, class_=f"cn-s{place % 6}-stroke",
            stroke_width=1.8, stroke_dasharray=_DASHES[place % len(_DASHES)],
        )  # fmt: skip
        parts += [line, label(x + 25, 33, text)]
        x += 25 + width(text, _SMALL) + 14
    return parts
