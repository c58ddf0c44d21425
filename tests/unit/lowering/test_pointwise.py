import pytest

from constnet import dtypes, interpreter, ops
from constnet.ir.types import TensorType
from constnet.loopir.types import For, Load, Store
from constnet.loopir.walk import expressions, statements
from constnet.lowering.lower import lower
from constnet.testing import trace
from tests.lowered import arrays_for, assert_same_bits, outputs_of, target_of


def program_of(function, *shapes, vector_bytes=16):
    graph = trace(function, *(TensorType(shape, dtypes.float32) for shape in shapes))
    return lower(graph, target_of(vector_bytes), "exact")


def everything(x, row, column, mask):
    return [
        x * row + column.reshape(12, 1),
        ops.where(mask, x, row),
        ops.pad(x, ((1, 0), (0, 2)), 3.0) * 2.0,
        (x.T * column).T,
        ops.concatenate([x, x * 2.0, ops.flip(x, 0)], axis=1),
        ops.take(x, ops.arange(5) * 2) + row,
        x[2:9:3, ::-1] * 1.5,
        ~mask,
        ops.reshape(ops.transpose(x), (6, 34)) + 1.0,
    ]


@pytest.mark.parametrize("vector_bytes", [0, 16])
def test_reads_of_every_kind(vector_bytes):
    types = [TensorType(shape, dtypes.float32) for shape in ((12, 17), (17,), (12,))]
    graph = trace(everything, *types, TensorType((12, 17), dtypes.bool_))
    arrays = arrays_for(graph)
    found = outputs_of(lower(graph, target_of(vector_bytes), "exact"), graph, arrays)
    assert_same_bits(found, interpreter.run(graph, arrays))


def test_values_of_a_region_share_loops():
    (kernel,) = program_of(lambda x: [(y := x * 2.0), y + 1.0], (8, 8)).kernels
    assert len([s for s in statements(kernel.body) if isinstance(s, For)]) == 1
    assert len([s for s in statements(kernel.body) if isinstance(s, Store)]) == 2
    assert len([e for e in expressions(kernel.body) if isinstance(e, Load)]) == 1


def test_parts_of_a_concatenation_are_copied_one_after_another():
    (kernel,) = program_of(lambda x, y: [ops.concatenate([x, y])], (2, 8), (3, 8)).kernels
    assert [int(s.stop.value) for s in kernel.body] == [2 * 8 // 4, 3 * 8 // 4]


def test_output_that_is_an_input_is_a_copy():
    (kernel,) = program_of(lambda x: [x], (4, 8)).kernels
    (loop,) = kernel.body
    assert int(loop.stop.value) == 4 * 8
