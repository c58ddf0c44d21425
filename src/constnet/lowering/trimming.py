"""Leaving out products with padding: where a window hangs far over the edge of an image.

    input gradient of a 5 x 5 convolution over 12 x 12, from a cotangent of 8 x 8 padded by 4:
    12 * 12 * 25 products an output channel, of which 8 * 8 * 25 are not with zeros

The image is read where it lies, without its padding; for each place of the window only the taps
that see the image are visited, and a register tile spans samples, which all see the same taps. A
product with a zero of the padding adds nothing to a sum, so the bits are those of the whole sum
wherever the other factor is finite.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from constnet.loopir.types import Local, constant, index
from constnet.lowering.affine import Affine, affine
from constnet.lowering.products import Products, Trim, plain_products
from constnet.ops.window import Pad

if TYPE_CHECKING:
    from constnet.ir.graph import Value
    from constnet.lowering.scope import Position, Scope
    from constnet.ops.nest import SumOfProducts

WORTH = 0.85
"""Padding is left out where at most this share of the products is with the image."""
FEWEST_SAMPLES = 4


def trimmed_products(
    scope: Scope, nest: SumOfProducts, lhs: Value, rhs: Value, out: Value
) -> Products | None:
    """The accesses with the padding of the lhs left out, or None where that does not pay or fit.

    Raises:
        NotVectorizableError: an operand is computed, or does not lie at constant steps.
    """
    node = scope.storage.producers.get(lhs)
    if node is None or not isinstance(node.attrs, Pad):
        return None
    pad, image = node.attrs, node.inputs[0]
    if pad.value or any(pad.interior) or scope.storage.place(image) is None:
        return None
    trims = _trims(nest, pad, image)
    if not trims or _share(nest, trims) > WORTH or nest.outer[0] < FEWEST_SAMPLES:
        return None

    def unpadded(outer: Position, depth: Position) -> Position:
        zero = constant(0, index)
        free_outer, free_depth = list(outer), list(depth)
        for trim in trims:
            free_outer[trim.outer] = free_depth[trim.depth] = zero
        return nest.lhs(tuple(free_outer), tuple(free_depth))

    plain = plain_products(scope, replace(nest, lhs=unpadded), image, rhs, out)
    return replace(plain, nest=nest, trims=trims)


def _trims(nest: SumOfProducts, pad: Pad, image: Value) -> tuple[Trim, ...]:
    """One trim for each padded axis; none if an axis does not move by one place and one tap."""
    outer = tuple(Local(f"o{n}", index) for n in range(len(nest.outer)))
    depth = tuple(Local(f"k{n}", index) for n in range(len(nest.depth)))
    extents = {each.name: n for each, n in zip(outer, nest.outer, strict=True)}
    extents |= {each.name: n for each, n in zip(depth, nest.depth, strict=True)}
    trims: list[Trim] = []
    step = 1
    for axis in reversed(range(image.type.rank)):
        extent = image.type.shape[axis]
        if pad.low[axis] or pad.high[axis]:
            pair = _pair(affine(nest.lhs(outer, depth)[axis], extents), outer, depth)
            if pair is None:
                return ()
            trims.append(Trim(*pair, pad.low[axis], extent, step))
        step *= extent
    is_first_free = all(trim.outer != 0 for trim in trims)
    return tuple(reversed(trims)) if is_first_free else ()


def _pair(
    form: Affine, outer: tuple[Local, ...], depth: tuple[Local, ...]
) -> tuple[int, int] | None:
    """The outer and the depth loop whose sum a coordinate is."""
    places = [n for n, each in enumerate(outer) if form.coefficient(each.name)]
    taps = [n for n, each in enumerate(depth) if form.coefficient(each.name)]
    if len(places) != 1 or len(taps) != 1 or form.constant or len(form.terms) != 2:
        return None
    by_one = form.coefficient(outer[places[0]].name) == form.coefficient(depth[taps[0]].name) == 1
    return (places[0], taps[0]) if by_one else None


def _share(nest: SumOfProducts, trims: tuple[Trim, ...]) -> float:
    """The share of the products that are not with padding."""
    share = 1.0
    for trim in trims:
        places, taps = nest.outer[trim.outer], nest.depth[trim.depth]
        inside = sum(
            1 for p in range(places) for t in range(taps) if 0 <= p + t - trim.low < trim.extent
        )
        share *= inside / (places * taps)
    return share
