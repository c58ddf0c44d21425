import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError
from constnet.ir.graph import GraphBuilder
from constnet.nn.init import Constant
from constnet.nn.parameter import Parameter
from constnet.ops.tensor import Tensor, Trace, tracing


@pytest.fixture
def weight():
    made = Parameter("weight", (2, 3), Constant(2.0))
    made.initialize(0, "weight", np.dtype("float64"))
    return made


def test_it_reads_as_an_array(weight):
    np.testing.assert_array_equal(np.asarray(weight), np.full((2, 3), 2.0))
    assert np.asarray(weight, np.float32).dtype == np.float32
    assert np.sum(weight) == 12.0
    assert weight.size == 6


def test_arithmetic_outside_a_trace(weight):
    ones = np.ones((2, 3))
    for found, expected in [
        (weight + 1, 3.0), (1 + weight, 3.0), (weight - 1, 1.0), (ones - weight, -1.0),
        (weight * 3, 6.0), (ones * weight, 2.0), (weight / 4, 0.5), (1 / weight, 0.5),
        (weight**2, 4.0), (-weight, -2.0), (weight @ ones.T, 6.0), (ones.T @ weight, 4.0),
        (weight[0], 2.0),
    ]:  # fmt: skip
        assert isinstance(found, np.ndarray)
        np.testing.assert_array_equal(found, expected)


def test_arithmetic_in_a_trace_makes_nodes(weight):
    trace = Trace(GraphBuilder("t"), extras={"bind_missing": True})
    with tracing(trace):
        results = weight + 1, 2 * weight, np.ones((2, 3), np.float32) - weight, -weight, weight[0]
        assert all(isinstance(result, Tensor) for result in results)
        with pytest.raises(UsageError, match="NumPy was called on parameter 'weight'"):
            np.asarray(weight)


def test_values_are_replaced_in_shape_and_dtype(weight):
    weight.data = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert weight.data.dtype == np.float64
    weight[0] = 9.0
    np.testing.assert_array_equal(weight.data, [[9, 9, 9], [3, 4, 5]])
    with pytest.raises(ShapeError, match=r"shape \(2, 3\) and was given an array of shape \(3,\)"):
        weight.data = np.ones(3)


def test_without_values():
    made = Parameter("bias", (2,), Constant(0.0))
    assert not made.has_data
    with pytest.raises(UsageError, match=r"'bias' of shape \(2,\) has no values yet"):
        _ = made.data


def test_outside_its_trace(weight):
    with pytest.raises(UsageError, match=r"'weight' of shape \(2, 3\) is not part of the network"):
        weight.as_tensor(Trace(GraphBuilder("t")))


def test_assigned_states_must_fit():
    class Counter(nn.Layer):
        def build(self, _):
            self.count = self.state_variable("count", (1,), "zeros")

        def call(self, x):
            self.count.assign(self.count + 1.0 if self.width == 1 else x)
            return x

    layer = Counter()
    layer.width = 1
    layer.forward(np.ones((2, 3)), training=True)
    layer.forward(np.ones((2, 3)))
    np.testing.assert_array_equal(layer.count.data, [1.0])
    layer.width = 3
    with pytest.raises(ShapeError, match=r"'count' has shape \(1,\) and was assigned a float64"):
        layer.forward(np.ones((2, 3)), training=True)
