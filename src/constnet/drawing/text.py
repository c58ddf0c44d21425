"""How wide text is, so that none runs into another: an upper bound that holds for any sans-serif.

A drawing is shown in a font that is not known when it is made. The widths here are those of a wide
one (DejaVu Sans, the default where nothing else is installed), in parts of the font's size; Arial,
Segoe UI, Roboto and San Francisco are narrower.
"""

from __future__ import annotations

import unicodedata

FAMILY = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_BOLD = 1.13
_EMS = {
    **dict.fromkeys(" ijl.,:;'|I", 0.36),
    **dict.fromkeys("()[]frt/\\-!", 0.44),
    **dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ&w+=<>~^#_", 0.86),
    **dict.fromkeys("MW@%m", 1.0),
}


def width(text: str, size: float, *, bold: bool = False) -> float:
    """At most this many pixels wide, at a font of `size` pixels."""
    ems = sum(_EMS.get(char, _of_other(char)) for char in text)
    return ems * size * (_BOLD if bold else 1.0)


def fit(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """`text`, or its beginning and an ellipsis where it is wider than `room` pixels.

    Example:
        >>> fit("a quiet place", 200, 12), fit("a quiet place", 60, 12)
        ('a quiet place', 'a quiet…')
    """
    if width(text, size, bold=bold) <= room:
        return text
    kept = text
    while kept and width(f"{kept}\u2026", size, bold=bold) > room:
        kept = kept[:-1]
    return f"{kept.rstrip(' ,(')}\u2026" if kept else ""


def _of_other(char: str) -> float:
    if ord(char) < 0x7F:
        return 0.65
    if unicodedata.combining(char):
        return 0.0
    return 1.35 if unicodedata.east_asian_width(char) in "WF" else 1.0
