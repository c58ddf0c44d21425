from constnet import dtypes, ops
from constnet.ir.types import TensorType
from constnet.loopir.types import Param
from constnet.lowering.cost import count_bytes, count_flops
from constnet.lowering.lower import lower
from constnet.testing import trace
from tests.lowered import target_of


def kernels(function, *shapes, vector_bytes=0):
    graph = trace(function, *(TensorType(shape, dtypes.float32) for shape in shapes))
    return lower(graph, target_of(vector_bytes), "fma").kernels


def test_product_counts_two_for_each_multiply_add():
    for vector_bytes in (0, 16, 64):
        found = kernels(lambda x, y: [x @ y], (7, 11), (11, 19), vector_bytes=vector_bytes)
        assert sum(kernel.flops for kernel in found) == 2 * 7 * 11 * 19


def test_pointwise_counts_operations_not_indices():
    (kernel,) = kernels(lambda x, y: [x * y + x], (5, 6), (6,))
    assert kernel.flops == 2 * 30
    assert kernel.bytes == 4 * (30 + 6 + 30)


def test_function_counts_what_is_inside():
    (kernel,) = kernels(lambda x: [ops.tanh(x)], (10,))
    assert kernel.flops > 10 * 5
    assert kernel.flops == count_flops(kernel.body)


def test_memory_read_and_written_counts_twice():
    params = [
        Param("a", dtypes.float64, 3, "read"),
        Param("b", dtypes.uint8, 5, "write"),
        Param("c", dtypes.float32, 7, "update"),
    ]
    assert count_bytes(params) == 24 + 5 + 56
