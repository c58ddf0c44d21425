import numpy as np
import pytest

from constnet.dtypes import float32
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.lowering.lower import lower
from constnet.ops.attributes import Convolution
from constnet.ops.tensor import Trace, apply, tracing
from constnet.passes import pipeline
from tests.lowered import arrays_for, outputs_of, target_of


def graph_of(weight_shape, order):
    """A convolution whose weight is stored in another order of axes."""
    trace = Trace(GraphBuilder("g"))
    with tracing(trace):
        x = trace.input("x", TensorType((2, 6, 6, weight_shape[order[2]]), float32))
        w = trace.input("w", TensorType(weight_shape, float32))
        result = apply("convolution", Convolution((1, 1), (1, 1)), x, w.transpose(order))
    return pipeline.run(trace.builder.build([result.value]))


@pytest.mark.parametrize("vector_bytes", [0, 16, 64])
@pytest.mark.parametrize("channels", [(3, 5), (16, 16), (7, 33)])
def test_weight_across_the_lanes_is_copied_first(vector_bytes, channels):
    taken, made = channels
    graph = graph_of((3, 3, made, taken), (0, 1, 3, 2))
    program = lower(graph, target_of(vector_bytes), "fma")
    assert len(program.kernels) == (1 if vector_bytes == 0 else 2)
    x, w = arrays_for(graph)
    (found,) = outputs_of(program, graph, [x, w])
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), (3, 3), (1, 2))
    expected = np.einsum("nyxihw,hwoi->nyxo", windows, w.astype(np.float64))
    np.testing.assert_allclose(found, expected, rtol=0, atol=5e-5)


def test_weight_with_neighbours_in_lanes_is_read_in_place():
    graph = graph_of((3, 3, 4, 16), (0, 1, 2, 3))
    assert len(lower(graph, target_of(64), "fma").kernels) == 1
