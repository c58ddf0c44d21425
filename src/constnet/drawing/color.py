"""Colors that stay apart for people who see them differently, in light and in dark surroundings.

Series are of Okabe and Ito's palette; maps of values are a single blue for amounts, and blue, white
and orange-brown for signed values. Lightness rises or falls without turning back in each.

Source:
    M. Okabe, K. Ito, "Color Universal Design", 2008; ColorBrewer 2.0 (C. Brewer), PuOr and Blues.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

SERIES_LIGHT = ("#0072b2", "#d55e00", "#00855f", "#a6558a", "#8a6d00", "#3d8fc4")
SERIES_DARK = ("#5cb3ea", "#ff9a56", "#3fcf9f", "#e3a3c9", "#e8c547", "#9ad0f5")

_AMOUNT = ("#f7fbff", "#deebf7", "#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#084594")
_SIGNED = (
    "#7f3b08",
    "#b35806",
    "#e08214",
    "#fdb863",
    "#fee0b6",
    "#f7f7f7",
    "#d1e5f0",
    "#92c5de",
    "#4393c3",
    "#2166ac",
    "#053061",
)


def _stops(colors: tuple[str, ...]) -> Array:
    return np.array([[int(text[i : i + 2], 16) for i in (1, 3, 5)] for text in colors], np.float64)


def map_amounts(values: Array) -> Array:
    """Values in [0, 1] as `(..., 3)` uint8, from white to dark blue."""
    return _interpolate(values, _stops(_AMOUNT))


def map_signed(values: Array, limit: float | None = None) -> Array:
    """Signed values as `(..., 3)` uint8: brown below 0, white at 0, blue above.

    Args:
        values: any; NaN is drawn as 0.
        limit: the magnitude of the darkest color; the largest one's if left out.
    """
    plain = np.nan_to_num(np.asarray(values, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    scale = limit if limit is not None else float(np.abs(plain).max(initial=0.0))
    return _interpolate(plain / (2.0 * scale or 1.0) + 0.5, _stops(_SIGNED))


def map_gray(values: Array) -> Array:
    """Values in [0, 1] as `(..., 3)` uint8, from black to white."""
    return _interpolate(values, np.array([[0.0] * 3, [255.0] * 3]))


def hexadecimal(color: Array) -> str:
    """Three bytes as `#rrggbb`."""
    return "#" + "".join(f"{int(part):02x}" for part in color)


def is_dark(color: Array) -> bool:
    """Whether white text reads better on it than black."""
    red, green, blue = (float(part) for part in color)
    return 0.299 * red + 0.587 * green + 0.114 * blue < 140


def _interpolate(values: Array, stops: Array) -> Array:
    clean = np.nan_to_num(np.asarray(values, np.float64), nan=0.0)
    place = np.clip(clean, 0.0, 1.0) * (len(stops) - 1)
    low = np.minimum(place.astype(np.int64), len(stops) - 2)
    share = (place - low)[..., np.newaxis]
    return np.rint(stops[low] * (1 - share) + stops[low + 1] * share).astype(np.uint8)
