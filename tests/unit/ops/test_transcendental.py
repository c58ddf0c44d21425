import math

import numpy as np
import pytest

from constnet import ops
from constnet.testing import trace
from constnet.testing.gradcheck import type_of

X = np.linspace(0.05, 0.95, 19)


@pytest.mark.parametrize("name", ["exp", "log", "expm1", "log1p", "tanh", "sin", "cos"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_as_numpy_within_four_ulp(name, dtype):
    x = X.astype(dtype)
    np.testing.assert_array_max_ulp(getattr(ops, name)(x), getattr(np, name)(x), 4)


def test_sigmoid_and_erf_as_math():
    np.testing.assert_allclose(ops.sigmoid(X), 1 / (1 + np.exp(-X)), rtol=1e-15)
    np.testing.assert_allclose(ops.erf(X), [math.erf(x) for x in X], rtol=1e-15)


@pytest.mark.parametrize("exponent", [1, 2, 3, 7, 16, -1, -2, 0.5, 0.3, -1.7, 17, 0])
def test_powers(exponent):
    np.testing.assert_allclose(ops.power(X, exponent), X**exponent, rtol=1e-14)


def test_whole_powers_are_products():
    graph = trace(lambda x: x**3, type_of(X))
    assert [node.op for node in graph.nodes] == ["mul", "mul"]
    assert [node.op for node in trace(lambda x: x**0.5, type_of(X)).nodes] == ["sqrt"]


def test_a_number_to_the_power_of_a_tensor():
    np.testing.assert_allclose(ops.power(0.9, X), 0.9**X, rtol=1e-14)


def test_limits():
    np.testing.assert_array_equal(ops.exp(np.array([-np.inf, np.inf])), [0, np.inf])
    np.testing.assert_array_equal(ops.log(np.array([0.0, -1.0])), [-np.inf, np.nan])
