import numpy as np
import pytest

from constnet import dtypes, interpreter, ops
from constnet.ir.types import TensorType
from constnet.loopir.evaluate import evaluate
from constnet.loopir.types import For, Local, index
from constnet.lowering.lower import lower
from constnet.lowering.pointwise import PARALLEL_ELEMENTS, delinearized
from constnet.testing import trace
from tests.lowered import arrays_for, assert_same_bits, outputs_of, target_of


def kernel_of(function, *shapes):
    graph = trace(function, *(TensorType(shape, dtypes.float32) for shape in shapes))
    (kernel,) = lower(graph, target_of(16), "exact").kernels
    return kernel


def loops(body):
    """Modes and extents of nested loops, outermost first."""
    for statement in body:
        if isinstance(statement, For):
            return [(statement.mode, int(statement.stop.value)), *loops(statement.body)]
    return []


def test_position_of_an_element_number():
    at = np.arange(24, dtype=np.int32)
    parts = delinearized(Local("n", index), (2, 3, 4))
    found = [evaluate(part, {"n": at}) for part in parts]
    np.testing.assert_array_equal(found, np.unravel_index(at, (2, 3, 4)))


def test_elements_in_order_are_one_loop():
    kernel = kernel_of(lambda x, y: [x * y + x], (8, 9), (8, 9))  # vectors of four floats
    assert loops(kernel.body) == [("serial", 72 // 4)]


def test_elements_beyond_whole_vectors_take_shorter_ones():
    body = kernel_of(lambda x: [x * 2.0], (5, 3)).body  # 15 = 3 * 4 + 2 + 1
    widths = [statement.body[-1].value.lanes for statement in body]
    assert widths == [4, 2, 1]


def test_broadcast_row_keeps_the_axes_apart():
    kernel = kernel_of(lambda x, y: [x * y], (8, 9), (9,))
    assert loops(kernel.body) == [("serial", 8), ("vectorize", 9)]


def test_large_work_is_shared():
    kernel = kernel_of(lambda x: [x * 2.0], (PARALLEL_ELEMENTS,))
    assert kernel.parallel
    assert not kernel_of(lambda x: [x * 2.0], (PARALLEL_ELEMENTS - 1,)).parallel


def test_one_element_needs_no_loop():
    assert loops(kernel_of(lambda x: [x * 2.0], (1, 1)).body) == []


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
