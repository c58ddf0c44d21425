"""log, log1p, softplus: bounds in ulp and limits."""

import mpmath as mp
import numpy as np
import pytest

BOUNDS = [("log", 0.9), ("log1p", 1.5), ("softplus", 1.8)]


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
        ("log", mp.log, 0.8, 5e-324, 1.7e308),
        ("log1p", mp.log1p, 1.3, -1 + 2.0**-53, 1.7e308),
        ("softplus", lambda x: mp.log1p(mp.exp(x)), 1.7, -745.0, 60.0),
    ],
)
def test_float64_against_mpmath(check_float64, samples, name, oracle, bound, low, high):
    check_float64(name, oracle, bound, samples(low, high))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_limits(value, dtype):
    x = np.array([np.inf, -np.inf, 0.0, -0.0, np.nan, -1.0, 1.0], dtype)
    inf, nan = np.inf, np.nan
    np.testing.assert_array_equal(value("log", x), [inf, nan, -inf, -inf, nan, nan, 0])
    np.testing.assert_array_equal(value("log1p", x)[:6], [inf, nan, 0, 0, nan, -inf])
    np.testing.assert_array_equal(value("softplus", x)[[0, 1, 4]], [inf, 0, nan])
    assert np.signbit(value("log1p", x))[3]
