"""A network as a drawing: boxes for layers, frames for layers made of others, arrows between.

Each frame is laid out on its own and then is a box of the layer around it, so frames never overlap
what is outside of them, at any depth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from constnet.drawing.layered import arrange
from constnet.drawing.markup import Markup, element, join, number
from constnet.drawing.svg import Svg, label
from constnet.drawing.text import fit, width
from constnet.nn.diagram import INPUT, Diagram, Unit, diagram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.drawing.layered import Point
    from constnet.nn.diagram import Kind
    from constnet.nn.layer import Layer

_MARGIN, _PAD, _BAR = 4.0, 12.0, 4.0
_NAME, _SMALL = 12.0, 11.0
_LEAST, _MOST = 132.0, 272.0
_ONE_ROW, _TWO_ROWS, _PILL = 27.0, 43.0, 23.0
_FRAME_PAD, _TITLE = 14.0, 19.0
_LEGEND: dict[Kind, str] = {
    "weights": "has parameters",
    "join": "joins values",
    "shape": "changes the shape",
    "plain": "keeps the shape",
}
_COLORS: dict[Kind, str] = {"weights": "s0", "join": "s1", "shape": "s2", "plain": "line"}
_SIGNS = {"add": "+", "sub": "\u2212", "mul": "\u00d7", "div": "\u00f7", "concatenate": "concat"}


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A box with its corner at (0, 0), and where values come in and leave along its sides."""

    width: float
    height: float
    body: Markup
    entries: tuple[float, ...] = ()
    exits: tuple[float, ...] = ()


def draw(net: Layer[Any, Any]) -> Svg:
    """Draw a built network from top to bottom, with shapes and parameter counts.

    Layers made of others are frames around them, and branches run side by side. A notebook shows
    what is returned; `save(path)` writes an `.svg` file.

    Raises:
        UsageError: `net` is not built.

    Example:
        >>> from constnet import nn
        >>> net = nn.Sequential(nn.Dense(2, 8), nn.ReLU(), nn.Dense(1))
        >>> net.build(2)
        >>> nn.draw(net).title
        'Network of 3 layers, 33 parameters'
    """
    found = diagram(net)
    units = _flat(found)
    wide = min(_MOST, max([_LEAST, *(_natural_width(unit) for unit in units)]))
    pills = [f"input \u00b7 {_shape(shape)}" for shape in found.input_shapes]
    ends = ["output"] * len(found.outputs)
    if len(pills) > 1:
        pills = [
            f"input {idx} \u00b7 {_shape(shape)}" for idx, shape in enumerate(found.input_shapes)
        ]
    if len(ends) > 1:
        ends = [f"output {idx}" for idx in range(len(ends))]
    drawn = _inside(found, wide, [_pill(text) for text in pills], [_pill(text) for text in ends])
    legend = _legend({unit.kind for unit in units}, max(drawn.width, 220.0))
    total = max(drawn.width, legend.width)
    parts = [
        _moved(drawn.body, _MARGIN + (total - drawn.width) / 2, _MARGIN),
        _moved(legend.body, _MARGIN, _MARGIN + drawn.height + 18),
    ]
    height = drawn.height + 2 * _MARGIN + (18 + legend.height if legend.height else 0)
    count = sum(found.size for found in net.parameters().values())
    layers = len({unit.path for unit in units})
    title = f"Network of {layers} layers, {count:,} parameters"
    return Svg(total + 2 * _MARGIN, height, join(parts), title)


def _flat(found: Diagram) -> list[Unit]:
    """Every unit that is drawn as a box."""
    units: list[Unit] = []
    for unit in found.units:
        units += [unit] if unit.inside is None else _flat(unit.inside)
    return units


def _inside(
    found: Diagram, wide: float, starts: Sequence[_Drawn], ends: Sequence[_Drawn]
) -> _Drawn:
    """The units of a diagram between what it is given and what it gives."""
    boxes = [*starts, *(_unit(unit, wide) for unit in found.units), *ends]
    first, first_end = len(starts), len(starts) + len(found.units)
    edges: list[tuple[int, int]] = []
    fixed: dict[tuple[int, int], float] = {}
    links = [
        (source, first + idx, place)
        for idx, unit in enumerate(found.units)
        for place, source in enumerate(unit.sources)
    ]
    links += [(source, first_end + idx, 0) for idx, source in enumerate(found.outputs)]
    for source, target, place in links:
        start = source.output if source.unit == INPUT else first + source.unit
        if boxes[start].exits:
            middle = boxes[start].width / 2
            fixed[len(edges), 0] = boxes[start].exits[source.output] - middle
        if boxes[target].entries:
            entries = boxes[target].entries
            fixed[len(edges), 1] = entries[min(place, len(entries) - 1)] - boxes[target].width / 2
        edges.append((start, target))
    sizes = [(box.width, box.height) for box in boxes]
    layout = arrange(sizes, edges, last=range(first_end, len(boxes)), fixed=fixed)
    parts = [
        _arrow(route, has_head=not boxes[target].entries and boxes[target].height > 0)
        for route, (_, target) in zip(layout.routes, edges, strict=True)
    ]
    parts += [
        _moved(box.body, x - box.width / 2, y)
        for box, x, y in zip(boxes, layout.centers, layout.tops, strict=True)
    ]
    ports = layout.centers[:first], layout.centers[first_end:]
    return _Drawn(layout.width, layout.height, join(parts), *ports)


def _unit(unit: Unit, wide: float) -> _Drawn:
    if unit.inside is not None:
        return _frame(unit, unit.inside, wide)
    if unit.kind == "join" and not unit.arguments and unit.name in _SIGNS:
        return _pill(_SIGNS[unit.name], "s1", unit.path)
    return _box(unit, wide)


def _box(unit: Unit, wide: float) -> _Drawn:
    """A layer: name and output shape; below, how it was made and how many parameters."""
    count = _count(unit)
    height = _TWO_ROWS if unit.arguments or count else _ONE_ROW
    left, right = _BAR + _PAD - 4, wide - _PAD
    room = right - left
    shape = fit(_shapes(unit), room * 0.6, _SMALL)
    name = fit(unit.name, room - width(shape, _SMALL) - 10, _NAME, bold=True)
    rest = room - (width(count, _SMALL) + 10 if count else 0)
    tooltip = f"{unit.path}: {unit.name}({unit.arguments})" if unit.path else unit.name
    parts = [
        element("title", tooltip),
        element("rect", x=0.5, y=0.5, width=wide - 1, height=height - 1, rx=5,
                class_="cn-raised cn-rule-stroke"),
        element("path", d=f"M{_BAR + 1} 1H5.5a4.5 4.5 0 0 0-4.5 4.5V{number(height - 5.5)}a4.5 4.5 "
                f"0 0 0 4.5 4.5H{_BAR + 1}z", class_=f"cn-{_COLORS[unit.kind]}"),
        label(left, 18, name, size=_NAME, color="ink", bold=True),
        label(right, 18, shape, size=_SMALL, color="ink", anchor="end"),
    ]  # fmt: skip
    if unit.arguments:
        parts.append(label(left, 34, fit(unit.arguments, rest, _SMALL), size=_SMALL))
    if count:
        parts.append(label(right, 34, count, size=_SMALL, anchor="end"))
    return _Drawn(wide, height, element("g", *parts))


def _frame(unit: Unit, inside: Diagram, wide: float) -> _Drawn:
    """A layer made of others: their drawing in a frame with a title."""
    port = _Drawn(1.0, 0.0, Markup())
    drawn = _inside(inside, wide, [port] * len(inside.input_shapes), [port] * len(inside.outputs))
    whole, height = drawn.width + 2 * _FRAME_PAD, drawn.height + _TITLE
    entries = tuple(x + _FRAME_PAD for x in drawn.entries)
    exits = tuple(x + _FRAME_PAD for x in drawn.exits)
    room = min(entries, default=whole) - _FRAME_PAD - 8
    title = fit(f"{unit.name} {unit.path}", room, _SMALL, bold=True)
    if title != f"{unit.name} {unit.path}":
        title = fit(unit.name, room, _SMALL, bold=True)
    lines = [
        element("path", d=f"M{number(x)} 0V{number(_TITLE)}", class_="cn-stroke cn-line-stroke")
        for x in entries
    ]
    parts = [
        element("title", f"{unit.path}: {unit.name}, {unit.parameters:,} parameters"),
        element("rect", x=0.5, y=0.5, width=whole - 1, height=height - 1, rx=8,
                class_="cn-stroke cn-line-stroke", stroke_dasharray="4 3"),
        label(_FRAME_PAD - 4, 14, title, size=_SMALL, bold=True),
    ]  # fmt: skip
    body = element("g", element("g", *parts), *lines, _moved(drawn.body, _FRAME_PAD, _TITLE))
    return _Drawn(whole, height, body, entries, exits)


def _pill(text: str, color: str = "line", tooltip: str = "") -> _Drawn:
    wide = max(30.0, width(text, _SMALL) + 22)
    parts = [
        element("rect", x=0.5, y=0.5, width=wide - 1, height=_PILL - 1, rx=_PILL / 2 - 0.5,
                class_=f"cn-surface cn-{color}-stroke"),
        label(wide / 2, 15.5, text, size=_SMALL, color="ink", anchor="middle"),
    ]  # fmt: skip
    return _Drawn(wide, _PILL, element("g", element("title", tooltip or text), *parts))


def _arrow(route: Sequence[Point], *, has_head: bool) -> Markup:
    """A line along a route, bent smoothly between ranks."""
    path = f"M{number(route[0][0])} {number(route[0][1])}"
    x, y = route[0]
    for x_to, y_to in route[1:]:
        if abs(x_to - x) < 0.05:
            path += f"V{number(y_to)}"
        else:
            middle = number((y + y_to) / 2)
            path += f"C{number(x)} {middle} {number(x_to)} {middle} {number(x_to)} {number(y_to)}"
        x, y = x_to, y_to
    line = element("path", d=path, class_="cn-stroke cn-line-stroke")
    if not has_head:
        return line
    head = f"M{number(x)} {number(y)}l-3.5 -6h7z"
    return Markup(line + element("path", d=head, class_="cn-line"))


def _legend(kinds: set[Kind], room: float) -> _Drawn:
    """What the colors mean, in rows that fit; nothing where there is one color only."""
    if len(kinds) < 2:
        return _Drawn(0.0, 0.0, Markup())
    parts: list[Markup] = []
    x = y = widest = 0.0
    for kind, text in _LEGEND.items():
        if kind not in kinds:
            continue
        wide = 15 + width(text, _SMALL)
        if x and x + wide > room:
            x, y = 0.0, y + 18
        swatch = element(
            "rect", x=x, y=y + 3, width=9, height=9, rx=2, class_=f"cn-{_COLORS[kind]}"
        )
        parts += [swatch, label(x + 15, y + 11.5, text, size=_SMALL)]
        widest, x = max(widest, x + wide), x + wide + 18
    return _Drawn(widest, y + 16, join(parts))


def _moved(body: Markup, x: float, y: float) -> Markup:
    return element("g", body, transform=f"translate({number(x)} {number(y)})")


def _natural_width(unit: Unit) -> float:
    first = width(unit.name, _NAME, bold=True) + width(_shapes(unit), _SMALL)
    second = width(unit.arguments, _SMALL) + width(_count(unit), _SMALL)
    return max(first, second) + _BAR + 2 * _PAD + 12


def _count(unit: Unit) -> str:
    if unit.is_repeat and unit.parameters:
        return "shared"
    return f"{unit.parameters:,}" if unit.parameters else ""


def _shapes(unit: Unit) -> str:
    return ", ".join(_shape(shape) for shape in unit.output_shapes)


def _shape(shape: tuple[int, ...]) -> str:
    """`28 x 28 x 1` with thin signs; a value per sample is `1`."""
    return "\u00d7".join(map(str, shape)) or "1"
