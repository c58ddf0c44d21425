"""Axes: round numbers to mark, how to write them, and from values to pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values along a side of `length` pixels; `marks` are inside the range."""

    low: float
    high: float
    marks: tuple[float, ...]
    is_log: bool = False

    def place(self, value: float, length: float) -> float:
        """Pixels from the low end."""
        low, high = self.low, self.high
        if self.is_log:
            low, high, value = math.log10(low), math.log10(high), math.log10(value)
        return (value - low) / (high - low) * length

    def texts(self) -> list[str]:
        """What is written at each mark: as many decimals as tell them apart."""
        return [text.replace("-", "\u2212") for text in self._texts()]

    def _texts(self) -> list[str]:
        if self.is_log or len(self.marks) < 2:
            return [f"{mark:g}".replace("e-0", "e-").replace("e+0", "e") for mark in self.marks]
        step = self.marks[1] - self.marks[0]
        most = max(abs(self.low), abs(self.high))
        unit = math.floor(math.log10(step) + 1e-9)
        is_whole = abs(step / 10.0**unit - round(step / 10.0**unit)) < 1e-6
        last = unit if is_whole else unit - 1  # steps of 2.5 need one digit more
        if most >= 1e5 or step < 1e-4:
            digits = max(0, math.floor(math.log10(most)) - last)
            return [_scientific(mark, digits) for mark in self.marks]
        return [f"{mark:.{max(0, -last)}f}" for mark in self.marks]


def linear(low: float, high: float, count: int = 5, *, from_zero: bool = False) -> Axis:
    """An axis over [low, high], widened to round marks, about `count` of them.

    Example:
        >>> linear(0.03, 0.97).marks
        (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    """
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high <= low:
        spread = abs(low) * 0.5 or 0.5
        low, high = low - spread, high + spread
    step = _step((high - low) / count)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    marks = tuple(round(number * step, 12) + 0.0 for number in range(first, last + 1))
    if step < 1e-9 or abs(first) > 1e9:
        marks = tuple(number * step for number in range(first, last + 1))
    return Axis(marks[0], marks[-1], marks)


def whole(low: int, high: int, count: int = 6) -> Axis:
    """An axis over whole numbers, such as epochs, that ends where they do."""
    if high <= low:
        return Axis(low - 0.5, high + 0.5, (float(low),))
    step = max(1, math.ceil(_step((high - low) / count)))
    marks = tuple(float(mark) for mark in range(-(-low // step) * step, high + 1, step))
    return Axis(low, high, marks)


def logarithmic(low: float, high: float) -> Axis:
    """An axis over powers of ten that holds [low, high]; both are above 0."""
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    last = max(last, first + 1)
    stride = -(-(last - first) // 6)
    marks = tuple(10.0**power for power in range(first, last + 1, stride))
    return Axis(10.0**first, 10.0**last, marks, is_log=True)


def _step(least: float) -> float:
    """The least round number that is not below `least`."""
    unit = 10.0 ** math.floor(math.log10(least))
    return next(unit * factor for factor in _ROUND if unit * factor >= least * (1 - 1e-9))


def _scientific(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    mantissa, _, power = f"{value:.{digits}e}".partition("e")
    return f"{mantissa}e{int(power)}"
