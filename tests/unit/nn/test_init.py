import numpy as np
import pytest

from constnet.errors import UsageError
from constnet.nn import init
from constnet.philox import philox

SHAPE = (300, 200)


def draw(initializer, shape=SHAPE, dtype="float64", seed=0, path="w"):
    return init.get(initializer).array(shape, np.dtype(dtype), seed=seed, path=path)


def test_constants():
    np.testing.assert_array_equal(draw("zeros"), 0.0)
    np.testing.assert_array_equal(draw("ones"), 1.0)
    np.testing.assert_array_equal(draw(init.Constant(-2.5)), -2.5)


@pytest.mark.parametrize(
    ("name", "variance", "limit"),
    [
        ("glorot_uniform", 2 / 500, np.sqrt(6 / 500)),
        ("he_uniform", 2 / 300, np.sqrt(6 / 300)),
        ("lecun_uniform", 1 / 300, np.sqrt(3 / 300)),
        ("glorot_normal", 2 / 500, 2 * np.sqrt(2 / 500) / 0.8796),
        ("he_normal", 2 / 300, 2 * np.sqrt(2 / 300) / 0.8796),
        ("lecun_normal", 1 / 300, 2 * np.sqrt(1 / 300) / 0.8796),
        ("uniform", 0.1**2 / 12, 0.05),
        ("normal", 0.05**2, 0.05 * 6),
        ("truncated_normal", (0.05 * 0.8796) ** 2, 0.1),
    ],
)
def test_moments_and_limits(name, variance, limit):
    values = draw(name)
    assert abs(values.mean()) < 5 * np.sqrt(variance / values.size)
    np.testing.assert_allclose(values.var(), variance, rtol=0.03)
    assert 0.7 * limit < np.abs(values).max() <= limit * 1.0001


@pytest.mark.parametrize("shape", [(20, 8), (8, 20), (2, 3, 5)])
def test_orthogonal(shape):
    matrix = draw(init.Orthogonal(gain=2.0), shape).reshape(-1, shape[-1])
    small = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-12)


def test_values_are_a_function_of_seed_and_path():
    first = draw("normal")
    np.testing.assert_array_equal(first, draw("normal"))
    assert not np.array_equal(first, draw("normal", seed=1))
    assert not np.array_equal(first, draw("normal", seed=2**32))
    assert not np.array_equal(first, draw("normal", path="v"))


def test_uniform_numbers_are_philox_words():
    bits = init.Bits(7, "w")
    low, high = bits._words
    expected = philox([[0, low, high, 2], [1, low, high, 2]], [7, 0]).reshape(-1)[:6] * 2.0**-32
    np.testing.assert_array_equal(bits.uniform(6), expected)


def test_float32_values_are_the_rounded_float64_values():
    np.testing.assert_array_equal(draw("he_normal", dtype="float32"), np.float32(draw("he_normal")))


def test_fans():
    assert init.fans((3, 5)) == (3.0, 5.0)
    assert init.fans((2, 2, 3, 5)) == (12.0, 20.0)
    assert init.fans((7,)) == (7.0, 7.0)


def test_refused():
    with pytest.raises(UsageError, match=r"initializer 'xavier' is unknown; there are: zeros"):
        init.get("xavier")
    with pytest.raises(UsageError, match=r"parameter has shape \(3,\); expected two axes"):
        draw("orthogonal", (3,))
    with pytest.raises(UsageError, match=r"RandomUniform: high is -1\.0"):
        init.RandomUniform(0.0, -1.0)
    with pytest.raises(UsageError, match=r"fan is 'both'"):
        init.VarianceScaling(fan="both")
