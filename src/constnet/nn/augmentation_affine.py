"""Images turned and scaled at random while training, by linear interpolation between pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from constnet import ops
from constnet.errors import UsageError
from constnet.nn import argument, random
from constnet.nn.augmentation import ImageAugmentation
from constnet.nn.augmentation_pixels import Fill, each, grid
from constnet.nn.preprocessing import as_float

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.ops.tensor import Tensor

_SMALLEST_ZOOM = 1e-3
_LARGEST_ZOOM = 1e3


class RandomRotation(ImageAugmentation):
    """Turns each image about its middle, in training.

    Args:
        degrees: the largest angle in either direction, or (lowest, highest); counterclockwise
            angles are positive.
        fill: what comes in at corners: "constant", "edge", or "reflect".
        value: of a constant fill.
    """

    def __init__(
        self,
        degrees: float | tuple[float, float],
        fill: str = "constant",
        value: float = 0.0,
    ) -> None:
        self.degrees = _span("RandomRotation", "degrees", degrees, -360.0, 360.0)
        self.fill = Fill("RandomRotation", fill, value)

    def call(self, x: Tensor) -> Tensor:
        """Rotate in training; in the network's dtype always."""
        return super().call(as_float(x))

    def augment(self, x: Tensor) -> Tensor:
        """Draw an angle for each image and turn it."""
        low, high = (math.radians(angle) for angle in self.degrees)
        return rotate(x, random.uniform(x.shape[:1], low, high, x.dtype), self.fill)


class RandomZoom(ImageAugmentation):
    """Scales each image about its middle, in training.

    Args:
        factor: (lowest, highest); above 1 things grow, below 1 they shrink and the fill comes in.
            One number f stands for (1 - f, 1 + f).
        fill: "constant", "edge", or "reflect".
        value: of a constant fill.
    """

    def __init__(
        self,
        factor: float | tuple[float, float],
        fill: str = "constant",
        value: float = 0.0,
    ) -> None:
        if not isinstance(factor, (tuple, list)):
            share = argument.number("RandomZoom", "factor", factor, 0.0, 1.0 - _SMALLEST_ZOOM)
            factor = (1.0 - share, 1.0 + share)
        self.factor = _span("RandomZoom", "factor", factor, _SMALLEST_ZOOM, _LARGEST_ZOOM)
        self.fill = Fill("RandomZoom", fill, value)

    def call(self, x: Tensor) -> Tensor:
        """Zoom in training; in the network's dtype always."""
        return super().call(as_float(x))

    def augment(self, x: Tensor) -> Tensor:
        """Draw a factor for each image and scale it."""
        return zoom(x, random.uniform(x.shape[:1], *self.factor, x.dtype), self.fill)


def rotate(x: Tensor, radians: Tensor, fill: Fill) -> Tensor:
    """Images turned counterclockwise about their middle by an angle each, `(N,)`."""
    down, right = _from_middle(x)
    cosine, sine = each(ops.cos(radians)), each(ops.sin(radians))
    rows = down * cosine + right * sine
    columns = right * cosine - down * sine
    return _at(x, rows, columns, fill)


def zoom(x: Tensor, factors: Tensor, fill: Fill) -> Tensor:
    """Images scaled about their middle by a factor each, `(N,)`."""
    down, right = _from_middle(x)
    shrink = 1.0 / each(factors)
    return _at(x, down * shrink, right * shrink, fill)


def _from_middle(x: Tensor) -> tuple[Tensor, Tensor]:
    """Rows and columns counted from the middle of the image, in the dtype of `x`."""
    rows, columns = grid(*x.shape[1:3])
    return (
        ops.cast(rows, x.dtype) - (x.shape[1] - 1) / 2,
        ops.cast(columns, x.dtype) - (x.shape[2] - 1) / 2,
    )


def _at(x: Tensor, rows: Tensor, columns: Tensor, fill: Fill) -> Tensor:
    """Pixels at places counted from the middle."""
    return fill.read_between(x, rows + (x.shape[1] - 1) / 2, columns + (x.shape[2] - 1) / 2)


def _span(owner: str, name: str, given: object, low: float, high: float) -> tuple[float, float]:
    """(lowest, highest) of what is drawn; one number stands for both directions."""
    if not isinstance(given, (tuple, list)):
        most = argument.number(owner, name, given, 0.0, high)
        return -most, most
    items = cast("Sequence[object]", given)
    if len(items) != 2:
        message = f"{owner}: {name} is {given!r}; expected a number, or (lowest, highest)."
        raise UsageError(message)
    first, last = (argument.number(owner, name, item, low, high) for item in items)
    if first > last:
        message = f"{owner}: {name} is {given!r}, the lowest above the highest. Exchange them."
        raise UsageError(message)
    return first, last
