"""The transpose of a convolution: from what it made back to the image, as convolutions.

stride 1:  dx = convolution(pad(dy, (taps - 1) * dilation), weight turned round)
stride s:  the elements y = s * q + p of phase p meet only the taps p, p + s, ...:
           dx_p = convolution(pad(dy), those taps turned round), and the phases are interleaved
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from constnet.ops.attributes import Convolution
from constnet.ops.composite import concatenate, part_of
from constnet.ops.lifting import expand
from constnet.ops.movement import flip, reshape, transpose
from constnet.ops.tensor import Tensor, apply, constant
from constnet.ops.window import Pad, Slice

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class _Along:
    """One spatial axis of one phase: its taps, and how far the cotangent is padded."""

    first: int
    step: int
    taps: int
    low: int
    high: int
    gap: int
    interior: int

    @property
    def is_empty(self) -> bool:
        """Whether no tap reaches the elements of this phase."""
        return self.taps == 0


def input_gradient(
    ct: Tensor,
    weight: Tensor,
    spatial: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    groups: int,
) -> Tensor:
    """Cotangent of a padded image of extents `spatial`, from that of its convolution."""
    turned = _turned(weight, groups)
    sizes = list(zip(spatial, ct.shape[1:-1], weight.shape[:-2], strides, dilation, strict=True))
    phases = [_phases_along(*size) for size in sizes]
    counts = [len(each) for each in phases]
    extents = [-(-n // c) for n, c in zip(spatial, counts, strict=True)]
    made = [_phase(ct, turned, choice, extents, groups) for choice in itertools.product(*phases)]
    return _interleaved(made, counts, spatial)


def _turned(weight: Tensor, groups: int) -> Tensor:
    """The weight with its taps reversed, inputs and outputs of each group exchanged."""
    *kernel, channels, filters = weight.shape
    rank = len(kernel)
    reversed_taps = flip(weight, tuple(range(rank)))
    if groups == 1:
        return transpose(reversed_taps, (*range(rank), rank + 1, rank))
    apart = reshape(reversed_taps, (*kernel, channels, groups, filters // groups))
    swapped = transpose(apart, (*range(rank), rank + 2, rank + 1, rank))
    return reshape(swapped, (*kernel, filters // groups, groups * channels))


def _phases_along(extent: int, places: int, taps: int, step: int, gap: int) -> list[_Along]:
    """The phases along an axis; one where the stride is 1, or where taps are apart as well."""
    if step == 1 or gap > 1:
        reach = (taps - 1) * gap
        spread = (places - 1) * step + 1
        return [_Along(0, 1, taps, reach, extent - spread, gap, step - 1)]
    found: list[_Along] = []
    for phase in range(step):
        count = max(0, -(-(taps - phase) // step))
        elements = -(-extent // step)
        skipped = (taps - 1 - phase) % step
        found.append(_Along(skipped, step, count, count - 1, elements - places, 1, 0))
    return found


def _phase(
    ct: Tensor, turned: Tensor, along: Sequence[_Along], extents: Sequence[int], groups: int
) -> Tensor:
    """The cotangent of the elements of one phase, `extents` of them."""
    if any(each.is_empty for each in along):
        zero = constant(np.zeros((), ct.dtype.numpy), ct.trace)
        return expand(zero, (ct.shape[0], *extents, turned.shape[-1]))
    widths = [(e.low, e.high, e.interior) for e in along]
    low, high, interior = (tuple(each) for each in zip((0, 0, 0), *widths, (0, 0, 0), strict=True))
    padded = apply("pad", Pad(low, high, interior, 0.0), ct)
    starts, steps = tuple(e.first for e in along), tuple(e.step for e in along)
    taps = Slice((*starts, 0, 0), turned.shape, (*steps, 1, 1))
    attrs = Convolution((1,) * len(along), tuple(e.gap for e in along), groups)
    return apply("convolution", attrs, padded, apply("slice", taps, turned))


def _interleaved(phases: Sequence[Tensor], counts: Sequence[int], spatial: Sequence[int]) -> Tensor:
    """Element s * q + p of each spatial axis is element q of phase p."""
    if math.prod(counts) == 1:
        return phases[0]
    parts = list(phases)
    for axis in range(len(counts), 0, -1):
        count = counts[axis - 1]
        if count == 1:
            continue
        parts = [_woven(parts[at : at + count], axis) for at in range(0, len(parts), count)]
    result = parts[0]
    for axis, extent in enumerate(spatial, start=1):
        if result.shape[axis] != extent:
            result = part_of(result, axis, 0, extent)
    return result


def _woven(parts: Sequence[Tensor], axis: int) -> Tensor:
    """Parts of one shape interleaved along an axis."""
    shape = parts[0].shape
    apart = [reshape(part, (*shape[: axis + 1], 1, *shape[axis + 1 :])) for part in parts]
    joined = concatenate(apart, axis + 1)
    return reshape(joined, (*shape[:axis], shape[axis] * len(parts), *shape[axis + 1 :]))
