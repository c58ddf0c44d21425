"""pow: bounds in ulp, and every limit of C99 against NumPy's."""

import numpy as np
import pytest

SPECIAL = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 2.5]
SPECIAL += [1e30, -1e30, 1e-30, 1e-45, -1e-45, 16777216.0, 16777217.0]


def pairs(dtype, count=20_000):
    """Bases of all sizes, exponents that lead to all results."""
    generator = np.random.default_rng(11)
    spread = generator.choice([1e-3, 0.1, 3.0, 40.0], count)
    x = np.exp(np.clip(generator.normal(size=count) * spread, -80, 80)).astype(dtype)
    low, high = (-104.0, 88.7) if dtype is np.float32 else (-745.0, 709.7)
    with np.errstate(divide="ignore"):
        y = generator.uniform(low, high, count) / np.log(x.astype(np.float64))
    return x, np.clip(y, -1e15, 1e15).astype(dtype)


def test_float32_against_float64(value):
    x, y = pairs(np.float32)
    wanted = np.power(x.astype(np.float64), y.astype(np.float64))
    ok = wanted < 2.0**127
    found = value("pow", x, y)[ok].astype(np.float64)
    with np.errstate(divide="ignore"):
        ulp = np.exp2(np.maximum(np.floor(np.log2(wanted[ok])), -126) - 23)
    assert (np.abs(found - wanted[ok]) / ulp).max() <= 0.51


def test_float64_against_mpmath(check_float64):
    x, y = pairs(np.float64, 3000)
    check_float64("pow", lambda a, b: a**b, 1.1, x, y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_limits(value, dtype):
    x, y = (
        grid.ravel() for grid in np.meshgrid(np.array(SPECIAL, dtype), np.array(SPECIAL, dtype))
    )
    with np.errstate(all="ignore"):
        wanted = np.power(x.astype(np.float64), y.astype(np.float64)).astype(dtype)
        found = value("pow", x, y)
    np.testing.assert_allclose(found, wanted, rtol=4 * np.finfo(dtype).eps, atol=0)
    numbers = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.signbit(found[numbers]), np.signbit(wanted[numbers]))
