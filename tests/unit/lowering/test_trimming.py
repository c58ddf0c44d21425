import numpy as np
import pytest

from constnet import ops
from constnet.dtypes import float32
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.loopir.types import For
from constnet.lowering.lower import lower
from constnet.ops.input_gradient import input_gradient
from constnet.ops.tensor import Trace, tracing
from constnet.passes import pipeline
from tests.lowered import arrays_for, outputs_of, target_of


def graph_of(function, *shapes):
    trace = Trace(GraphBuilder("g"))
    with tracing(trace):
        given = [trace.input(f"x{n}", TensorType(s, float32)) for n, s in enumerate(shapes)]
        result = function(*given)
    return pipeline.run(trace.builder.build([result.value]))


def varying_loops(program):
    """Loops whose bounds depend on the place of the window."""

    def inside(body):
        for statement in body:
            if isinstance(statement, For):
                yield from inside(statement.body)
                if type(statement.start).__name__ != "Const":
                    yield statement

    return [loop for kernel in program.kernels for loop in inside(kernel.body)]


def scattered(ct, weight, extent):
    """The gradient by the image, added window by window."""
    kernel = weight.shape[:2]
    image = np.zeros((ct.shape[0], *extent, weight.shape[2]))
    for y in range(ct.shape[1]):
        for x in range(ct.shape[2]):
            window = np.einsum("no,hwio->nhwi", ct[:, y, x], weight)
            image[:, y : y + kernel[0], x : x + kernel[1]] += window
    return image


@pytest.mark.parametrize("vector_bytes", [0, 16, 64])
def test_gradient_of_a_large_window_leaves_the_padding_out(vector_bytes):
    graph = graph_of(
        lambda ct, weight: input_gradient(ct, weight, (8, 7), (1, 1), (1, 1), 1),
        (6, 4, 3, 5), (5, 5, 2, 5),
    )  # fmt: skip
    program = lower(graph, target_of(vector_bytes, cores=2), "fma")
    assert varying_loops(program)
    ct, weight = arrays_for(graph)
    (found,) = outputs_of(program, graph, [ct, weight])
    expected = scattered(ct.astype(np.float64), weight.astype(np.float64), (8, 7))
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)


def test_little_padding_stays_part_of_the_image():
    graph = graph_of(
        lambda x, w: ops.convolution(x, w, padding="same"), (4, 32, 32, 3), (3, 3, 3, 4)
    )
    assert not varying_loops(lower(graph, target_of(64), "fma"))


def test_few_samples_keep_their_padding():
    graph = graph_of(lambda x, w: ops.convolution(x, w, padding="same"), (1, 4, 4, 3), (3, 3, 3, 4))
    assert not varying_loops(lower(graph, target_of(64), "fma"))


def test_padding_with_another_number_is_not_left_out():
    def function(x, w):
        return ops.convolution(ops.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), 1.0), w)

    graph = graph_of(function, (5, 3, 3, 2), (3, 3, 2, 4))
    program = lower(graph, target_of(64), "fma")
    assert not varying_loops(program)
    x, w = arrays_for(graph)
    (found,) = outputs_of(program, graph, [x, w])
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), constant_values=1.0).astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))
    expected = np.einsum("nyxihw,hwio->nyxo", windows, w.astype(np.float64))
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)


def test_threads_do_not_change_a_bit():
    graph = graph_of(
        lambda ct, weight: input_gradient(ct, weight, (12, 12), (1, 1), (1, 1), 1),
        (8, 8, 8, 10), (5, 5, 20, 10),
    )  # fmt: skip
    arrays = arrays_for(graph)
    program = lower(graph, target_of(64, cores=2), "exact")
    one = outputs_of(program, graph, arrays)
    two = outputs_of(program, graph, arrays, threads=2)
    assert one[0].tobytes() == two[0].tobytes()
