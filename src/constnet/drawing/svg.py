"""`Svg`: a finished drawing, alone or as part of a page.

Colors are classes, so that a page and a drawing on its own look alike in light and in dark.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from constnet.drawing.color import SERIES_DARK, SERIES_LIGHT
from constnet.drawing.markup import Markup, element, number
from constnet.drawing.text import FAMILY

if TYPE_CHECKING:
    import os

_MARGIN = 12.0
_LIGHT = {
    "surface": "#ffffff",
    "raised": "#f6f7f9",
    "ink": "#1b1f24",
    "muted": "#5b6570",
    "rule": "#dfe3e8",
    "line": "#8b95a1",
}
_DARK = {
    "surface": "#14171b",
    "raised": "#1d2227",
    "ink": "#eceff2",
    "muted": "#9aa5b1",
    "rule": "#333a42",
    "line": "#6b7682",
}


@dataclass(frozen=True, slots=True)
class Svg:
    """A drawing that a notebook shows by itself.

    `body` is markup in pixels from the top left; `title` says what is seen, for readers who cannot.
    """

    width: float
    height: float
    body: Markup
    title: str

    def inline(self) -> Markup:
        """For a page that has `style()`."""
        return self._element(element("title", self.title), self.body)

    def text(self) -> str:
        """A file of its own, on its own background and with a margin."""
        wide, high = self.width + 2 * _MARGIN, self.height + 2 * _MARGIN
        back = element("rect", x=-_MARGIN, y=-_MARGIN, width=wide, height=high, class_="cn-surface")
        own = element("style", Markup(style()))
        return self._element(own, element("title", self.title), back, self.body, margin=_MARGIN)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an `.svg` file."""
        Path(path).write_text(self.text() + "\n", encoding="utf-8")

    def _element(self, *children: Markup, margin: float = 0.0) -> Markup:
        wide, high = self.width + 2 * margin, self.height + 2 * margin
        return element(
            "svg",
            *children,
            xmlns="http://www.w3.org/2000/svg",
            class_="cn",
            role="img",
            width=wide,
            height=high,
            viewBox=f"{number(-margin)} {number(-margin)} {number(wide)} {number(high)}",
        )

    def _repr_svg_(self) -> str:
        return self.text()


def style() -> str:
    """The rules for every class a drawing uses."""
    dark = "\n".join(_rules(_DARK, SERIES_DARK))
    shared = (
        f".cn text{{font-family:{FAMILY};font-variant-numeric:tabular-nums}}",
        ".cn .cn-stroke{fill:none;stroke-linejoin:round;stroke-linecap:round}",
    )
    light = "\n".join((*shared, *_rules(_LIGHT, SERIES_LIGHT)))
    return f"{light}\n@media (prefers-color-scheme: dark){{\n{dark}\n}}"


def _rules(colors: dict[str, str], series: tuple[str, ...]) -> list[str]:
    named = {**colors, **{f"s{number}": color for number, color in enumerate(series)}}
    fills = [f".cn .cn-{name}{{fill:{color}}}" for name, color in named.items()]
    strokes = [f".cn .cn-{name}-stroke{{stroke:{color}}}" for name, color in named.items()]
    return fills + strokes


def label(
    x: float,
    y: float,
    text: str,
    *,
    size: float = 11,
    color: str = "muted",
    anchor: str = "start",
    bold: bool = False,
) -> Markup:
    """A line of text; `y` is its baseline."""
    weight = "600" if bold else None
    return element(
        "text", text, x=x, y=y, font_size=size, class_=f"cn-{color}", text_anchor=anchor,
        font_weight=weight,
    )  # fmt: skip
