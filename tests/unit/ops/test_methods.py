import numpy as np
import pytest

from constnet.errors import ShapeError, UsageError
from constnet.interpreter import run
from constnet.ops.samples import spread
from constnet.testing import gradcheck, trace
from constnet.testing.gradcheck import type_of

X = spread(4, 5, 6, dtype="float64")


def on(function, *arrays):
    """The function on tensors, run by the interpreter."""
    return run(trace(function, *map(type_of, arrays)), arrays)[0]


def agree(function, *arrays):
    np.testing.assert_allclose(on(function, *arrays), function(*arrays), rtol=1e-13)


@pytest.mark.parametrize(
    "key",
    [
        np.s_[1], np.s_[-1], np.s_[1:3], np.s_[:, 2], np.s_[..., 0], np.s_[None, 1:, ::2],
        np.s_[::-1], np.s_[3:0:-2, ..., 1], np.s_[:, None, -2:], np.s_[2, 3, 4], np.s_[np.int64(1)],
    ],
)  # fmt: skip
def test_indexing_as_numpy(key):
    np.testing.assert_array_equal(on(lambda x: x[key], X), X[key])
    gradcheck(lambda x: x[key], X)


@pytest.mark.parametrize(
    ("key", "error", "match"),
    [
        (4, ShapeError, r"index 4 is outside axis 0 of float64\[4, 5, 6\]"),
        (np.s_[2:2], ShapeError, r"takes nothing from axis 0"),
        (np.s_[0, 0, 0, 0], ShapeError, r"4 indices for float64\[4, 5, 6\]"),
        ("a", UsageError, r"'a' is no index"),
    ],
)
def test_bad_indices(key, error, match):
    with pytest.raises(error, match=match):
        on(lambda x: x[key], X)


def test_arithmetic_on_both_sides():
    agree(lambda x: 2.0 - x * 3.0 + 1.0 / (x + 10.0) - (-x), X)
    agree(lambda x: abs(x) ** 2 + 2.0**x, X)
    agree(lambda x: np.float64(2) * x, X)
    agree(lambda x: X[0] + x, X)
    agree(lambda x, y: x @ y, X, spread(6, 2, dtype="float64"))


def test_integers_and_bools():
    words = np.array([1, 6, 9], "uint32")
    agree(lambda x: ((x << 3) | (x & 1)) ^ (x >> 1), words)
    agree(lambda x: x // 4 + x % 4, words)
    agree(lambda x: (x > 0) & ~(x >= 1) | (x < -1) ^ (x <= -1.5), X)


def test_methods():
    agree(lambda x: x.reshape(20, 6).transpose(1, 0).T.reshape((4, -1)), X)
    agree(lambda x: x.sum(axis=0) + x.mean((0,)) + x.max(0) - x.min(axis=0, keepdims=True)[0], X)
    assert on(lambda x: x.astype("float32"), X).dtype == np.float32


def test_iteration_and_length():
    agree(lambda x: sum(part * number for number, part in enumerate(x)), X)
    with pytest.raises(UsageError, match=r"is a scalar \(float64\[\]\) and has no length"):
        on(len, np.array(1.0))


def test_equality_is_identity_and_truth_is_refused():
    def function(x):
        assert x == x
        assert x != x + 0.0
        with pytest.raises(UsageError, match=r"ops.where"):
            bool(x > 0)
        return x

    on(function, X)
