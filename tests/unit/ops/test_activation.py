import math

import numpy as np
import pytest

from constnet import ops
from constnet.autodiff import gradients
from constnet.interpreter import run
from constnet.testing import gradcheck, trace
from constnet.testing.gradcheck import type_of

X = np.linspace(-4.1, 4.3, 43)
TAIL = np.exp(-np.abs(X))
SOFTPLUS = np.maximum(X, 0) + np.log1p(TAIL)
CDF = np.array([0.5 * (1 + math.erf(x / math.sqrt(2))) for x in X])
ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805
EXPECTED = {
    "relu": np.maximum(X, 0),
    "relu6": np.clip(X, 0, 6),
    "leaky_relu": np.where(X > 0, X, 0.01 * X),
    "elu": np.where(X > 0, X, np.expm1(X)),
    "selu": SCALE * np.where(X > 0, X, ALPHA * np.expm1(X)),
    "gelu": X * CDF,
    "silu": X / (1 + np.exp(-X)),
    "softplus": SOFTPLUS,
    "log_sigmoid": X - SOFTPLUS,
    "softsign": X / (1 + np.abs(X)),
    "hard_sigmoid": np.clip(X / 6 + 0.5, 0, 1),
    "mish": X * np.tanh(SOFTPLUS),
    "square": X * X,
    "reciprocal": 1 / X,
}


@pytest.mark.parametrize("name", EXPECTED)
def test_formula_and_gradient(name):
    function = getattr(ops, name)
    np.testing.assert_allclose(function(X), EXPECTED[name], rtol=1e-12, atol=1e-15)
    gradcheck(function, X)


def test_rsqrt_and_gelu_by_tanh():
    np.testing.assert_allclose(ops.rsqrt(X**2), 1 / np.abs(X), rtol=1e-15)
    inner = math.sqrt(2 / math.pi) * (X + 0.044715 * X**3)
    np.testing.assert_allclose(
        ops.gelu(X, approximate=True), 0.5 * X * (1 + np.tanh(inner)), rtol=1e-12, atol=1e-15
    )


def test_rounding():
    x = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, -2.6])
    np.testing.assert_array_equal(ops.round(x), np.round(x))
    np.testing.assert_array_equal(ops.ceil(x), np.ceil(x))


def test_relu_at_zero_and_nan():
    x = np.array([0.0, -0.0, np.nan, 1.0])
    graph = trace(lambda t: gradients(ops.sum(ops.relu(t)), [t]), type_of(x))
    np.testing.assert_array_equal(run(graph, [x])[0], [0, 0, 1, 1])
    np.testing.assert_array_equal(ops.relu(x), [0, 0, np.nan, 1])


def test_nothing_overflows_far_out():
    far = np.array([-1e4, 1e4])
    np.testing.assert_array_equal(ops.softplus(far), [0, 1e4])
    np.testing.assert_array_equal(ops.elu(far), [-1, 1e4])
