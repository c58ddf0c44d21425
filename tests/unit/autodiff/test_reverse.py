import numpy as np
import pytest

from constnet import dtypes, ops
from constnet.autodiff import gradients
from constnet.errors import ShapeError, UsageError
from constnet.interpreter import run
from constnet.ir.location import layer_scope
from constnet.ir.types import TensorType
from constnet.ops.samples import spread
from constnet.testing import gradcheck, trace
from constnet.testing.gradcheck import type_of

X = spread(4, 3, dtype="float64")
W1, W2 = spread(3, 5, phase=0.1, dtype="float64"), spread(5, 2, phase=0.6, dtype="float64")


def loss(x, first, second):
    hidden = ops.tanh(x @ first)
    return -ops.mean(ops.log_softmax(hidden @ second)[:, 0] * x[:, 1])


def test_a_network_by_differences():
    gradcheck(loss, X, W1, W2)


def test_values_read_twice_add_up():
    gradcheck(lambda x: x * x + ops.exp(x) * x - x, X)


def test_second_order():
    def slope(x):
        (first,) = gradients(ops.sum(ops.exp(x) * x), [x])
        return first

    gradcheck(slope, X)


def test_no_flow_gives_zeros():
    graph = trace(lambda x, y: gradients(ops.sum(x), [x, y]), type_of(X), type_of(W1))
    by_x, by_y = run(graph, [X, W1])
    np.testing.assert_array_equal(by_x, np.ones_like(X))
    np.testing.assert_array_equal(by_y, np.zeros_like(W1))


def test_flow_through_integers_stops():
    graph = trace(
        lambda x: gradients(ops.sum(x.astype("int32").astype("float64")), [x]), type_of(X)
    )
    np.testing.assert_array_equal(run(graph, [X])[0], np.zeros_like(X))


def test_the_output_itself_and_a_seed():
    def function(x):
        y = x * 2.0
        return gradients(y, [y, x], x)

    by_y, by_x = run(trace(function, type_of(X)), [X])
    np.testing.assert_array_equal(by_y, X)
    np.testing.assert_array_equal(by_x, 2 * X)


def test_gradient_nodes_belong_to_the_layer():
    def function(x):
        with layer_scope("layers.3"):
            y = ops.exp(x)
        return gradients(ops.sum(y), [x])

    graph = trace(function, type_of(X))
    (mul,) = [node for node in graph.nodes if node.op == "mul"]
    assert mul.location.layer == "layers.3"


def test_what_is_refused():
    count = TensorType((), dtypes.int32)
    with pytest.raises(ShapeError, match=r"is float64\[4, 3\], not a scalar"):
        trace(lambda x: gradients(x, [x]), type_of(X))
    with pytest.raises(ShapeError, match=r"the seed is float64\[\] and the output float64\[4, 3\]"):
        trace(lambda x: gradients(x, [x], ops.sum(x)), type_of(X))
    with pytest.raises(UsageError, match=r"%x1 is int32\[\]; only floats"):
        trace(lambda x, n: gradients(ops.sum(x), [n]), type_of(X), count)
    kept = []
    trace(lambda x: kept.append(x) or x, type_of(X))
    with pytest.raises(UsageError, match=r"%x0 \(float64\[4, 3\]\) belongs to another trace"):
        trace(lambda x: gradients(ops.sum(x), kept), type_of(X))
