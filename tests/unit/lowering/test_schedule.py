import pytest

from constnet import dtypes, ops
from constnet.ir.types import TensorType
from constnet.lowering.lower import lower
from constnet.lowering.schedule import PACK_BYTES, PACK_ROWS
from constnet.ops import random
from constnet.testing import trace
from tests.lowered import target_of


def program(function, *types, vector_bytes=32):
    return lower(trace(function, *types), target_of(vector_bytes), "exact")


def floats(*shape):
    return TensorType(shape, dtypes.float32)


@pytest.mark.parametrize(
    ("function", "types", "tag"),
    [
        (lambda x: [x * 2.0], [floats(8)], "pointwise"),
        (lambda x: [ops.sum(x)], [floats(8)], "reduction"),
        (lambda x: [ops.argmax(x)], [floats(8)], "reduction"),
        (lambda x: [x @ x], [floats(8, 8)], "contraction"),
        (lambda x: [ops.concatenate([x, x])], [floats(8)], "pointwise"),
        (
            lambda x, i: [ops.scatter_add(x, i, 3)],
            [floats(4, 2), TensorType((4,), dtypes.int32)],
            "scatter",
        ),
        (
            lambda s, t: [random.bits(s, t, 1, (9,))],
            [TensorType((2,), dtypes.uint32), TensorType((), dtypes.uint32)],
            "pointwise",
        ),
    ],
)
def test_kernel_says_what_kind_of_work_it_does(function, types, tag):
    made = program(function, *types)
    assert [kernel.tag for kernel in made.kernels] == [tag]


def packs(rows, depth, columns, vector_bytes=32):
    """Whether a product is packed: panels of both operands lie in the arena."""
    made = program(
        lambda x, y: [x @ y], floats(rows, depth), floats(depth, columns), vector_bytes=vector_bytes
    )
    return sum("panels" in buffer.name for buffer in made.buffers) == 2


def test_large_operands_are_packed():
    side = int((PACK_BYTES / 4) ** 0.5) + 2
    assert packs(side, side, side)
    assert not packs(side // 2, side // 2, side // 2)
    assert not packs(PACK_ROWS - 1, side, side)
    assert not packs(side, side, side, vector_bytes=0)


def test_concatenation_in_place_has_no_kernel():
    made = program(lambda x: [ops.concatenate([x * 2.0, x + 1.0])], floats(8))
    assert len(made.calls) == 2
