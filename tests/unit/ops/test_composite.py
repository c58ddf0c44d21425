import numpy as np
import pytest

from constnet import ops
from constnet.errors import DTypeError, ShapeError
from constnet.ops.samples import spread
from constnet.testing import gradcheck

X = spread(3, 4, 5, dtype="float64")


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (1, -1)])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "var", "std"])
def test_reductions_as_numpy(name, axis, keepdims):
    found = getattr(ops, name)(X, axis=axis, keepdims=keepdims)
    expected = getattr(np, name)(X, axis=axis, keepdims=keepdims)
    assert np.shape(found) == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_extremes_of_integers_are_exact():
    for x in (np.array([3, 0xFFFFFFFF, 0], "uint32"), np.array([-(2**31), 2**31 - 1], "int32")):
        assert ops.min(x) == x.min()
        assert ops.max(x) == x.max()


def test_positions_any_all_prod():
    np.testing.assert_array_equal(ops.argmax(X, 1), np.argmax(X, 1))
    assert ops.argmin(X) == np.argmin(X)
    np.testing.assert_array_equal(ops.any(X > 1, 0), (X > 1).any(0))
    np.testing.assert_array_equal(ops.all(X > -1, 2), (X > -1).all(2))
    np.testing.assert_allclose(ops.prod(X, 1), X.prod(1), rtol=1e-13)


def test_softmax_family_far_out():
    x = np.array([[1000.0, 1001.0, -1000.0], [0.0, 0.0, 0.0]])
    expected = np.array([[1, np.e, 0], [1, 1, 1]]) / np.array([[1 + np.e], [3]])
    np.testing.assert_allclose(ops.softmax(x), expected, rtol=1e-14)
    np.testing.assert_allclose(ops.logsumexp(x, 1), [1000 + np.log1p(np.e), np.log(3)])
    np.testing.assert_allclose(ops.log_softmax(x)[1], -np.log(3) * np.ones(3))


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp", "var", "min"])
def test_gradients(name):
    gradcheck(lambda x: getattr(ops, name)(x, axis=-1), X)


def test_one_hot():
    found = ops.one_hot(np.array([2, 0, 9]), 3)
    np.testing.assert_array_equal(found, [[0, 0, 1], [1, 0, 0], [0, 0, 0]])
    assert found.dtype == np.float32
    assert ops.one_hot(np.zeros((2, 4), "uint8"), 3, axis=1).shape == (2, 3, 4)


def test_clip_stack_split_dot():
    np.testing.assert_array_equal(ops.clip(X, -1, 0.5), np.clip(X, -1, 0.5))
    np.testing.assert_array_equal(ops.stack([X, X + 1], -1), np.stack([X, X + 1], -1))
    for found, expected in zip(ops.split(X, 2, 1), np.split(X, 2, 1), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert [part.shape[2] for part in ops.split(X, [1, 4], 2)] == [1, 3, 1]
    np.testing.assert_allclose(ops.dot(X[0], 2.0), X[0] * 2)


def test_what_is_refused():
    with pytest.raises(DTypeError, match=r"\[mean\] needs a float dtype, got int32\[3\]"):
        ops.mean(np.arange(3, dtype="int32"))
    with pytest.raises(ShapeError, match=r"\[split\] axis 0 of float64\[3, 4, 5\] has extent 3"):
        ops.split(X, 2)
    with pytest.raises(ShapeError, match=r"\[var\] .* leave 0 degrees of freedom"):
        ops.var(X[:1], 0, ddof=1)
