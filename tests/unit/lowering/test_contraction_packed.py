import numpy as np
import pytest

from constnet import dtypes, interpreter, ops
from constnet.ir.types import TensorType
from constnet.lowering.contraction_packed import plan
from constnet.lowering.lower import lower
from constnet.lowering.regions import UNCUT_DEPTH, find_regions
from constnet.lowering.storage import plan_storage
from constnet.ops import op as records
from constnet.ops.contraction import Matmul
from constnet.ops.tensor import apply
from constnet.testing import trace
from tests.lowered import arrays_for, assert_same_bits, interpreted, outputs_of, target_of


def floats(*shape):
    return TensorType(shape, dtypes.float32)


def planned(function, *types, vector_bytes=32):
    graph = trace(function, *types)
    regions = find_regions(graph)
    storage = plan_storage(graph, regions, {}, set())
    (region,) = [each for each in regions if each.root is not None and each.root.op == "matmul"]
    node = region.root
    nest = records.get("matmul").nest(node.attrs, tuple(value.type for value in node.inputs))
    return plan(storage, region, nest, target_of(vector_bytes))


def test_strides_follow_how_an_operand_lies():
    flags = Matmul(transpose_lhs=True, transpose_rhs=True)
    packed = planned(lambda x, y: [apply("matmul", flags, x, y)], floats(30, 20), floats(40, 30))
    assert (packed.lhs.outer_stride, packed.lhs.k_stride) == (1, 20)
    assert (packed.rhs.outer_stride, packed.rhs.k_stride) == (30, 1)
    assert (packed.rows, packed.columns, packed.depth) == (20, 40, 30)


def test_slice_of_rows_begins_further_on():
    packed = planned(lambda x, y: [x[4:] @ y], floats(20, 30), floats(30, 40))
    assert packed.lhs.place.start == 120
    assert packed.rows == 16


@pytest.mark.parametrize(
    ("function", "types", "vector_bytes"),
    [
        (lambda x, y: [x @ y], [floats(2, 20, 30), floats(2, 30, 40)], 32),
        (lambda x, y: [x @ y], [floats(20, 30), floats(30, 40)], 0),
        (lambda x, y: [ops.flip(x, 0) @ y], [floats(20, 30), floats(30, 40)], 32),
    ],
    ids=["batch", "no vectors", "computed operand"],
)
def test_where_it_does_not_apply(function, types, vector_bytes):
    assert planned(function, *types, vector_bytes=vector_bytes) is None


def test_blocks_go_on_from_the_sum_so_far():
    depth = 2 * UNCUT_DEPTH + 5
    graph = trace(lambda x, y: [x @ y], floats(9, depth), floats(depth, 70))
    program = lower(graph, target_of(64), "exact")
    assert len(program.calls) == 3 * 3  # three blocks: two packs and a multiplication each
    arrays = arrays_for(graph)
    found = outputs_of(program, graph, arrays, interpreted)
    assert_same_bits(found, interpreter.run(graph, arrays))


def test_sum_is_in_ascending_order_across_blocks():
    depth = 2 * UNCUT_DEPTH
    x = np.zeros((9, depth), np.float32)
    x[:, [0, UNCUT_DEPTH - 1, UNCUT_DEPTH, depth - 1]] = [1e8, 1.0, -1e8, 1.0]
    graph = trace(lambda a, b: [a @ b], floats(9, depth), floats(depth, 64))
    program = lower(graph, target_of(64), "exact")
    (found,) = outputs_of(program, graph, [x, np.ones((depth, 64), np.float32)], interpreted)
    np.testing.assert_array_equal(found, np.ones((9, 64)))
