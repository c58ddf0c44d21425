import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

X = np.random.default_rng(0).normal(size=(5, 2))


def network():
    return nn.Sequential(nn.Dense(2, 4), nn.Tanh(), nn.Dense(4, 3))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_by_hand(dtype):
    net, x = network(), X.astype(dtype)
    y = net.forward(x)
    dy = np.ones_like(y)
    dx = net.backward(dy)
    first, tanh, last = net.layers
    w0, b0, w1, b1 = (np.asarray(found) for found in net.parameters().values())
    hidden = np.tanh(x @ w0 + b0)
    tolerance = {"float32": 1e-5, "float64": 1e-12}[dtype]

    def same(found, expected):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)

    same(y, hidden @ w1 + b1)
    same(last.weight_grad, hidden.T @ dy)
    same(last.bias_grad, dy.sum(0))
    inner = dy @ w1.T * (1 - hidden**2)
    same(first.weight_grad, x.T @ inner)
    same(first.bias_grad, inner.sum(0))
    same(dx, inner @ w0.T)
    same(tanh.last_input, x @ w0 + b0)
    same(last.last_input, hidden)
    same(net.last_input, x)
    same(net.last_output, y)


def test_a_sublayer_goes_backward_alone():
    net = network()
    net.forward(X)
    whole = net.backward(np.ones((5, 3)))
    gradient = np.ones((5, 3))
    for layer in reversed(net.layers):
        gradient = layer.backward(gradient)
    np.testing.assert_allclose(gradient, whole, rtol=1e-12)


def test_backward_uses_the_weights_of_its_forward():
    layer = nn.Dense(2, 3)
    layer.forward(X)
    before = layer.backward(np.ones((5, 3)))
    layer.weight[...] = 0.0
    np.testing.assert_array_equal(layer.backward(np.ones((5, 3))), before)


def test_values_set_before_the_first_forward_stay():
    layer = nn.Dense(2, 1)
    layer.build(2)
    layer.weight.data = np.array([[1.0], [2.0]])
    np.testing.assert_array_equal(layer.forward(np.array([[3.0, 4.0]])), [[11.0]])


def test_a_gradient_step_by_hand_lowers_the_loss():
    net, target = network(), np.sin(X[:, :1])

    def loss():
        return float(np.mean((net.forward(X) - target) ** 2))

    start = loss()
    for _ in range(20):
        error = net.forward(X) - target
        net.backward(2 * error / error.size)
        for found in net.parameters().values():
            found.data -= 0.3 * found.grad
    assert loss() < 0.5 * start


def test_integers_and_lists_are_taken():
    y = nn.Rescaling(0.5).forward(np.array([[2, 4]], np.uint8))
    np.testing.assert_array_equal(y, np.float32([[1.0, 2.0]]))
    np.testing.assert_array_equal(nn.ReLU().forward([[-1.0, 1.0]]), [[0.0, 1.0]])


def test_order_of_calls_and_shapes():
    layer = nn.Dense(2, 3)
    with pytest.raises(UsageError, match=r"Dense\(2, 3\) has not run: `forward` comes before"):
        layer.backward(np.ones((5, 3)))
    with pytest.raises(UsageError, match=r"Call `layer\.forward"):
        _ = layer.last_input
    layer.forward(X)
    with pytest.raises(UsageError, match=r"no gradient of 'weight' yet.*`backward\(dy\)`"):
        _ = layer.weight_grad
    with pytest.raises(ShapeError, match=r"gradient of shape \(5, 2\).* shape \(5, 3\)"):
        layer.backward(np.ones((5, 2)))
    with pytest.raises(ShapeError, match="was given 2 gradients; the layer has 1 outputs"):
        layer.backward(np.ones((5, 3)), np.ones((5, 3)))
    with pytest.raises(ShapeError, match=r"was given the number 1\.0"):
        layer.forward(1.0)


def test_several_inputs_have_a_gradient_each():
    layer = nn.Concatenate()
    layer.forward(X, X[:, :1])
    with pytest.raises(UsageError, match=r"no gradient of its inputs yet.*`backward\(dy\)`"):
        _ = layer.input_grads
    dy = np.arange(15.0).reshape(5, 3)
    layer.backward(dy)
    first, second = layer.input_grads
    np.testing.assert_array_equal(first, dy[:, :2])
    np.testing.assert_array_equal(second, dy[:, 2:])
    hot = nn.OneHot(3)
    hot.forward(np.array([1, 2]))
    np.testing.assert_array_equal(hot.backward(np.ones((2, 3))), [0, 0])


def test_several_outputs_add_their_gradients():
    a = nn.Input(2)
    shared = nn.Dense(3)
    hidden = shared(a)
    net = nn.Network(inputs=a, outputs=(nn.Tanh()(hidden), nn.Sigmoid()(hidden)))
    net.forward(X)
    both = net.backward(np.ones((5, 3)), np.full((5, 3), 2.0))
    z = X @ np.asarray(shared.weight)
    s = 1 / (1 + np.exp(-z))
    slope = 1 - np.tanh(z) ** 2 + 2 * s * (1 - s)
    np.testing.assert_allclose(both, slope @ np.asarray(shared.weight).T, rtol=1e-10)
