"""sin, cos, sinpi, cospi: bounds in ulp within their domain, and beyond."""

import mpmath as mp
import numpy as np
import pytest

BOUNDS = [("sin", 1.6, 2.0**20), ("cos", 1.6, 2.0**20)]
BOUNDS += [("sinpi", 1.7, np.inf), ("cospi", 1.7, np.inf)]


@pytest.mark.parametrize(("name", "bound", "limit"), BOUNDS)
def test_every_float32_in_strides(check_float32, name, bound, limit):
    check_float32(name, bound, stride=16411, limit=limit)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bound", "limit"), BOUNDS)
def test_every_seventh_float32(check_float32, name, bound, limit):
    check_float32(name, bound, stride=7, limit=limit)


@pytest.mark.exhaustive
@pytest.mark.parametrize(("name", "bound", "limit"), BOUNDS)
def test_every_float32(check_float32, name, bound, limit):
    check_float32(name, bound, stride=1, limit=limit)


@pytest.mark.parametrize(
    ("name", "oracle", "bound", "limit"),
    [
        ("sin", mp.sin, 1.6, 2.0**20),
        ("cos", mp.cos, 1.6, 2.0**20),
        ("sinpi", mp.sinpi, 1.5, 100.0),
        ("cospi", mp.cospi, 1.5, 100.0),
    ],
)
def test_float64_against_mpmath(check_float64, samples, name, oracle, bound, limit):
    check_float64(name, oracle, bound, samples(-limit, limit))


def test_multiples_of_half_pi_keep_their_relative_error(check_float64):
    x = np.arange(1, 600_000, 401) * (np.pi / 2)
    check_float64("sin", mp.sin, 1.6, x)
    check_float64("cos", mp.cos, 1.6, x)


def test_neighbours_of_half_integers_keep_their_relative_error(check_float64):
    centers = np.arange(-8, 8.5, 0.5)
    x = np.concatenate([np.nextafter(centers, side) for side in (-np.inf, np.inf)])
    check_float64("sinpi", mp.sinpi, 1.5, x)
    check_float64("cospi", mp.cospi, 1.5, x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_limits(value, dtype):
    x = np.array([np.inf, -np.inf, np.nan], dtype)
    for name in ("sin", "cos", "sinpi", "cospi"):
        assert np.isnan(value(name, x)).all()
    beyond = np.array([1e30, -1e30], dtype)
    edge = np.array([2.0**20, -(2.0**20)], dtype)
    np.testing.assert_array_equal(value("sin", beyond), value("sin", edge))
    assert value("cospi", beyond).tolist() == [1, 1]
    zeros = value("sin", np.array([0.0, -0.0], dtype))
    assert np.signbit(zeros).tolist() == [False, True]
