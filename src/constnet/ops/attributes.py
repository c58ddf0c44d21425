"""Attributes that more than one family of operations uses."""

from __future__ import annotations

from dataclasses import dataclass

from constnet.dtypes import DType  # noqa: TC001  (dataclass field, read at run time)
from constnet.ir.graph import Attrs


@dataclass(frozen=True, slots=True)
class ToShape(Attrs):
    """The shape of the output (`reshape`, `broadcast_to`, ...)."""

    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ToDType(Attrs):
    """The dtype of the output."""

    dtype: DType


@dataclass(frozen=True, slots=True)
class Axes(Attrs):
    """Axes, in ascending order unless the operation says otherwise; never negative."""

    axes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Axis(Attrs):
    """One axis; never negative."""

    axis: int


@dataclass(frozen=True, slots=True)
class Convolution(Attrs):
    """How a window moves: its steps, the distance of its taps, and groups of channels."""

    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int = 1
