"""exp, expm1, sigmoid: bounds in ulp and limits."""

import mpmath as mp
import numpy as np
import pytest

BOUNDS = [("exp", 1.1), ("expm1", 1.8), ("sigmoid", 2.0)]


@pytest.mark.parametrize(("name", "bound"), BOUNDS)
def test_every_float32_in_strides(check_float32, name, bound):
    check_float32(name, bound, stride=16411)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bound"), BOUNDS)
def test_every_seventh_float32(check_float32, name, bound):
    check_float32(name, bound, stride=7)


@pytest.mark.exhaustive
@pytest.mark.parametrize(("name", "bound"), BOUNDS)
def test_every_float32(check_float32, name, bound):
    check_float32(name, bound, stride=1)


@pytest.mark.parametrize(
    ("name", "oracle", "bound", "low", "high"),
    [
        ("exp", mp.exp, 1.1, -745.0, 709.7),
        ("expm1", mp.expm1, 1.6, -60.0, 709.7),
        ("sigmoid", lambda x: 1 / (1 + mp.exp(-x)), 2.0, -745.0, 60.0),
    ],
)
def test_float64_against_mpmath(check_float64, samples, name, oracle, bound, low, high):
    check_float64(name, oracle, bound, samples(low, high))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_limits(value, dtype):
    x = np.array([np.inf, -np.inf, 0.0, -0.0, np.nan, 1e4, -1e4], dtype)
    np.testing.assert_array_equal(value("exp", x), [np.inf, 0, 1, 1, np.nan, np.inf, 0])
    np.testing.assert_array_equal(value("expm1", x), [np.inf, -1, 0, 0, np.nan, np.inf, -1])
    np.testing.assert_array_equal(value("sigmoid", x), [1, 0, 0.5, 0.5, np.nan, 1, 0])
    assert np.signbit(value("expm1", x))[3]


def test_denormal_results_are_rounded_gradually(value):
    x = np.linspace(-104, -88, 500, dtype=np.float32)
    wanted = np.exp(x.astype(np.float64))
    assert np.abs(value("exp", x) - wanted).max() <= 0.6 * 2.0**-149
