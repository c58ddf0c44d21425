"""Which schedule a region gets: the only decision that looks at sizes and the target together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.lowering.contraction import tile_kernels
from constnet.lowering.contraction_packed import packed_kernels, plan
from constnet.lowering.direct import direct_kernels
from constnet.lowering.other_nests import argmax_kernel, random_kernel, scatter_kernel
from constnet.lowering.pointwise import assembly_kernel, pointwise_kernel
from constnet.lowering.reduction import reduction_kernel
from constnet.lowering.storage import part_in_place
from constnet.lowering.window import window_kernel
from constnet.ops.nest import (
    ArgMax,
    Contraction,
    RandomBits,
    Reduction,
    Scan,
    ScatterAdd,
    SumOfProducts,
    Window,
)

if TYPE_CHECKING:
    from constnet.loopir.types import Tag
    from constnet.lowering.regions import Region
    from constnet.lowering.scope import Scope
    from constnet.lowering.storage import Storage
    from constnet.lowering.target import Target

PACK_BYTES = 72 * 1024
"""An operand larger than this is packed: where it lies it would not stay in the first cache."""
PACK_ROWS = 8
"""With fewer rows, packing costs more than it saves."""


def kernels_of(storage: Storage, region: Region, target: Target) -> tuple[Tag, list[Scope]]:
    """The kernels of a region, in order, and what kind of work they do."""
    nest, last = region.nest, region.root
    lanes = target.vector_bytes // 4 or 1
    if last is None:
        return "pointwise", [pointwise_kernel(storage, region, lanes)]
    match nest:
        case None:
            missing = [n for n in range(len(last.inputs)) if not part_in_place(storage, last, n)]
            return "pointwise", [assembly_kernel(storage, last, missing, lanes)] if missing else []
        case Reduction():
            return "reduction", [reduction_kernel(storage, region, nest, target)]
        case Contraction():
            return "contraction", _contraction(storage, region, nest, target)
        case SumOfProducts():
            return "contraction", direct_kernels(storage, region, nest, target)
        case ArgMax():
            return "reduction", [argmax_kernel(storage, last, nest)]
        case ScatterAdd():
            return "scatter", [scatter_kernel(storage, last)]
        case RandomBits():
            return "pointwise", [random_kernel(storage, last, nest)]
        case Window():
            return "window", [window_kernel(storage, region, nest, target)]
        case Scan():
            message = f"{last.op} is no kernel: `lower` puts its body together, call by call"
            raise AssertionError(message)


def _contraction(
    storage: Storage, region: Region, nest: Contraction, target: Target
) -> list[Scope]:
    assert region.root is not None
    size = region.root.outputs[0].type.dtype.bytes
    largest = max(nest.depth * nest.columns, nest.depth * nest.rows) * size
    if largest > PACK_BYTES and nest.rows >= PACK_ROWS and nest.columns > 1:
        packed = plan(storage, region, nest, target)
        if packed is not None:
            return packed_kernels(storage, packed)
    return tile_kernels(storage, region, nest, target)
