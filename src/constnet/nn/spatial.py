"""Layers over images: which shapes they take, and the arithmetic of the windows they move.

An image is `(batch, *spatial, channels)` with one spatial axis (a signal), two or three.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, cast

import numpy as np

from constnet.errors import UsageError
from constnet.nn import argument
from constnet.nn.layer import I, Layer, O, SizeKeeping

if TYPE_CHECKING:
    from constnet.errors import ConstnetError

Extents = int | Sequence[int]
Pairs = int | Sequence[int | Sequence[int]]
Padding = str | Pairs
Widths = tuple[tuple[int, int], ...]
_AXIS_NAMES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


class SpatialLayer(Layer[I, O], Generic[I, O]):
    """A layer over images of `spatial_rank` axes beside batch and channels."""

    spatial_rank: ClassVar[int]

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """One image of the right rank, with as many channels as it was built for."""
        if len(input_shapes) != 1 or len(input_shapes[0]) != self.spatial_rank + 1:
            names = ("batch", *_AXIS_NAMES[self.spatial_rank], "channels")
            problem = f"it needs ({', '.join(names)})"
            raise self.shape_error(problem, _rank_advice(self, input_shapes))

    def need_channels(self, expected: int, found: int) -> None:
        """Refuse another number of channels than parameters were made for."""
        if found != expected:
            raise self.shape_error(
                f"it has {expected} input channels",
                f"Give it {expected} channels, or use a second layer there.",
            )


class ChannelKeeping(SizeKeeping, SpatialLayer[Any, Any]):
    """A layer over images that keeps the channels; `>>` keeps their number."""


def _rank_advice(layer: SpatialLayer[Any, Any], shapes: tuple[tuple[int, ...], ...]) -> str:
    if len(shapes) != 1:
        return "Join the inputs first, for example with nn.Concatenate()."
    (shape,) = shapes
    name = type(layer).__name__
    if len(shape) == layer.spatial_rank:
        return f"Use nn.Reshape({(*shape, 1)}) before it."
    if layer.spatial_rank == 2 and len(shape) == 1:
        return f"Use nn.Reshape({_square(shape[0])}) before it."
    family = name.removesuffix(f"{layer.spatial_rank}D")
    if len(shape) - 1 in _AXIS_NAMES and family != name:
        return f"Use nn.{family}{len(shape) - 1}D, or nn.Reshape(...) before it."
    axes = ", ".join((*_AXIS_NAMES[layer.spatial_rank], "channels"))
    return f"Use nn.Reshape(({axes})) before it."


def _square(size: int) -> str:
    """The shape of a square image with one channel or three, if `size` elements make one."""
    for channels in (1, 3):
        side = math.isqrt(size // channels)
        if side * side * channels == size:
            return f"({side}, {side}, {channels})"
    return "(height, width, channels)"


def extents(owner: str, name: str, given: object, count: int) -> tuple[int, ...]:
    """One whole number of at least 1 for each of `count` axes; a number alone is for all."""
    if not isinstance(given, (tuple, list)):
        return (argument.extent(owner, name, given),) * count
    items = cast("Sequence[object]", given)
    if len(items) != count:
        message = (
            f"{owner}: {name} is {given!r}, {len(items)} numbers for {count} spatial "
            f"{'axis' if count == 1 else 'axes'}. Give one number, or {count}."
        )
        raise UsageError(message)
    return tuple(argument.extent(owner, f"{name}[{idx}]", item) for idx, item in enumerate(items))


def pairs(owner: str, name: str, given: object, count: int) -> Widths:
    """(before, after) of each axis, from a number, one for each axis, or pairs."""
    is_number = isinstance(given, (int, np.integer))
    items: Sequence[object] = (cast("int", given),) * count if is_number else ()
    if isinstance(given, (tuple, list)):
        items = cast("Sequence[object]", given)
    if count == 1 and len(items) == 2:
        items = (items,)  # (1, 2) of a signal is (before, after), as in Keras
    if len(items) != count:
        message = (
            f"{owner}: {name} is {given!r}; expected a whole number, or for each of {count} "
            "spatial axes a number or a pair (before, after)."
        )
        raise UsageError(message)
    return tuple(_pair(owner, f"{name}[{idx}]", item) for idx, item in enumerate(items))


def _pair(owner: str, name: str, given: object) -> tuple[int, int]:
    both = cast("Sequence[object]", given) if isinstance(given, (tuple, list)) else (given, given)
    if len(both) != 2:
        message = f"{owner}: {name} is {given!r}; expected a number or a pair (before, after)."
        raise UsageError(message)
    before, after = (argument.integer(owner, name, width) for width in both)
    if min(before, after) < 0 or max(before, after) > argument.MAX_EXTENT:
        message = f"{owner}: {name} is {given!r}; expected 0 to {argument.MAX_EXTENT}."
        raise UsageError(message)
    return before, after


def padding(owner: str, given: object, count: int, words: tuple[str, ...]) -> str | Widths:
    """One of `words`, or (before, after) of each axis."""
    if not isinstance(given, str):
        return pairs(owner, "padding", given, count)
    if given not in words:
        listed = ", ".join(map(repr, words))
        message = f"{owner}: padding is {given!r}; expected {listed}, or widths such as 1."
        raise UsageError(message)
    return given


@dataclass(frozen=True, slots=True)
class Window:
    """A window over the spatial axes: one number for each of them."""

    size: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str | Widths
    dilation: tuple[int, ...]

    @property
    def reach(self) -> tuple[int, ...]:
        """Elements from the window's first to its last."""
        pairs = zip(self.size, self.dilation, strict=True)
        return tuple((size - 1) * step + 1 for size, step in pairs)

    def need_inside(self, owner: str) -> None:
        """Refuse padding as wide as the window: some windows would see nothing else."""
        widths = self.padding if not isinstance(self.padding, str) else ()
        if any(max(both) >= size for both, size in zip(widths, self.size, strict=False)):
            message = (
                f"{owner}: padding {self.padding} is not smaller than the window of {self.size}, "
                "so a window would see padding alone. Use less, or nn.ZeroPad before it."
            )
            raise UsageError(message)

    def padded(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Extents of the input with its padding, for spatial extents `shape`."""
        if self.padding in ("same", "causal"):
            return tuple(map(max, shape, self.reach))  # as much as the window needs, by definition
        widths = self.padding if not isinstance(self.padding, str) else ((0, 0),) * len(shape)
        return tuple(extent + sum(both) for extent, both in zip(shape, widths, strict=True))

    def check(self, layer: SpatialLayer[Any, Any], name: str, shape: tuple[int, ...]) -> None:
        """Refuse images smaller than the window; `name` is the argument that gives its size."""
        found = self.padded(shape)
        if any(reach > extent for reach, extent in zip(self.reach, found, strict=True)):
            raise self._too_large(layer, name, found)

    def _too_large(
        self, layer: SpatialLayer[Any, Any], name: str, found: tuple[int, ...]
    ) -> ConstnetError:
        dilated = f", dilated to {self.reach}," if self.reach != self.size else ""
        return layer.shape_error(
            f"its window of {self.size}{dilated} is larger than the padded input of {found}",
            f"Use a smaller {name}, or padding='same'.",
        )
