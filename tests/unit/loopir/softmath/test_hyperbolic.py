"""tanh: bounds in ulp, symmetry and limits."""

import mpmath as mp
import numpy as np
import pytest


def test_every_float32_in_strides(check_float32):
    check_float32("tanh", 1.7, stride=16411)


@pytest.mark.slow
def test_every_seventh_float32(check_float32):
    check_float32("tanh", 1.7, stride=7)


@pytest.mark.exhaustive
def test_every_float32(check_float32):
    check_float32("tanh", 1.7, stride=1)


def test_float64_against_mpmath(check_float64, samples):
    check_float64("tanh", mp.tanh, 1.6, samples(-21.0, 21.0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_limits_and_symmetry(value, dtype):
    x = np.array([np.inf, -np.inf, 0.0, -0.0, np.nan, 1e4, -1e4], dtype)
    found = value("tanh", x)
    np.testing.assert_array_equal(found, [1, -1, 0, 0, np.nan, 1, -1])
    assert np.signbit(found)[3]
    many = np.linspace(-10, 10, 1000, dtype=dtype)
    np.testing.assert_array_equal(value("tanh", many), -value("tanh", -many))
