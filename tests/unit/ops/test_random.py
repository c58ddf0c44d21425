import numpy as np
import pytest

from constnet import ops
from constnet.errors import ShapeError, UsageError
from constnet.philox import philox

SEED, STEP = np.array([7, 9], "uint32"), np.array(3, "uint32")


def test_bits_are_planes_of_philox_blocks():
    found = ops.random.bits(SEED, STEP, 5, (2, 5))
    blocks = philox([[block, 3, 5, 0] for block in range(3)], SEED)
    expected = [blocks[e % 3, e // 3] for e in range(10)]
    np.testing.assert_array_equal(found.reshape(-1), expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform_stays_inside_and_is_flat(dtype):
    u = ops.random.uniform(SEED, STEP, 0, 20_000, -2.0, 3.0, dtype)
    assert u.dtype == dtype
    assert u.min() >= -2.0
    assert u.max() < 3.0
    np.testing.assert_allclose(np.histogram(u, 10, (-2, 3))[0], 2000, rtol=0.1)


def test_uniform_float32_has_24_bits():
    words = ops.random.bits(SEED, STEP, 0, 100)
    np.testing.assert_array_equal(ops.random.uniform(SEED, STEP, 0, 100), (words >> 8) / 2.0**24)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_moments(dtype):
    z = ops.random.normal(SEED, STEP, 0, 40_000, 1.0, 2.0, dtype).astype("float64")
    assert z.mean() == pytest.approx(1.0, abs=0.03)
    assert z.std() == pytest.approx(2.0, rel=0.02)
    standard = (z - z.mean()) / z.std()
    assert (standard**4).mean() == pytest.approx(3.0, rel=0.05)


def test_bernoulli_and_integers():
    assert ops.random.bernoulli(SEED, STEP, 0, 20_000, 0.3).mean() == pytest.approx(0.3, abs=0.01)
    drawn = ops.random.integers(SEED, STEP, 0, 6_000, -2, 4)
    assert drawn.dtype == np.int32
    np.testing.assert_allclose(np.bincount(drawn + 2), 1000, rtol=0.15)


def test_streams_and_steps_differ_and_repeat():
    first = ops.random.uniform(SEED, STEP, 0, 8)
    np.testing.assert_array_equal(first, ops.random.uniform(SEED, STEP, 0, 8))
    assert not np.array_equal(first, ops.random.uniform(SEED, STEP, 1, 8))
    assert not np.array_equal(first, ops.random.uniform(SEED, np.array(4, "uint32"), 0, 8))


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (
            lambda: ops.random.bernoulli(SEED, STEP, 0, 3, 1.5),
            UsageError,
            "between 0 and 1, got 1.5",
        ),
        (lambda: ops.random.integers(SEED, STEP, 0, 3, 4, 4), UsageError, "got 4 and 4"),
        (lambda: ops.random.uniform(SEED, STEP, 0, 3, dtype="int32"), UsageError, "not int32"),
        (lambda: ops.random.bits(STEP, STEP, 0, 3), ShapeError, r"takes a seed uint32\[2\]"),
    ],
)
def test_what_is_refused(call, error, match):
    with pytest.raises(error, match=match):
        call()
