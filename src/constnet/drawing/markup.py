"""Markup: text that was escaped once, and the only way to make it.

Everything a user named (layers, classes, files) reaches a page through `escape`, because `element`
escapes whatever is not `Markup` already.
"""

from __future__ import annotations

import re
from html import escape as escape_html

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Markup(str):
    """Text that may be put into a page as it is."""

    __slots__ = ()


def escape(text: str) -> Markup:
    """`text` as markup that reads the same; characters that XML forbids become U+FFFD."""
    if isinstance(text, Markup):
        return text
    return Markup(escape_html(_NOT_XML.sub("\ufffd", text), quote=True))


def element(name: str, *children: str | float, **attributes: str | float | None) -> Markup:
    """One element.

    Args:
        name: of the element.
        children: markup, or text and numbers, which are escaped.
        attributes: `_` in a name stands for `-`, a last one is dropped (`class_`); None is left
            out.

    Example:
        >>> element("text", "a < b", x=1.50, text_anchor="end")
        '<text x="1.5" text-anchor="end">a &lt; b</text>'
    """
    parts = [name]
    for key, value in attributes.items():
        if value is not None:
            parts.append(f'{key.removesuffix("_").replace("_", "-")}="{escape(_plain(value))}"')
    inside = "".join(escape(_plain(child)) for child in children)
    return Markup(f"<{' '.join(parts)}>{inside}</{name}>")


def join(parts: list[Markup]) -> Markup:
    """Several pieces one after another, each on its own line."""
    return Markup("\n".join(parts))


def number(value: float) -> str:
    """A coordinate: at most two decimals, no trailing zeros, no minus zero.

    Example:
        >>> number(-0.001), number(2.50), number(10)
        ('0', '2.5', '10')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _plain(value: str | float) -> str:
    return value if isinstance(value, str) else number(value)
