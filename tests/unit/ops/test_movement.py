import numpy as np
import pytest

from constnet import ops
from constnet.errors import ShapeError
from constnet.ops.samples import spread

X = spread(2, 3, 4)


@pytest.mark.parametrize("shape", [(6, 4), (-1,), (2, -1, 2), (24,), (1, 2, 3, 4)])
def test_reshape(shape):
    np.testing.assert_array_equal(ops.reshape(X, shape), X.reshape(shape))


@pytest.mark.parametrize("axes", [None, (1, 0, 2), (-1, 0, 1)])
def test_transpose(axes):
    np.testing.assert_array_equal(ops.transpose(X, axes), np.transpose(X, axes))


def test_the_others_as_numpy():
    np.testing.assert_array_equal(ops.swapaxes(X, 0, -1), np.swapaxes(X, 0, -1))
    np.testing.assert_array_equal(ops.flip(X, (0, 2)), np.flip(X, (0, 2)))
    np.testing.assert_array_equal(
        ops.broadcast_to(X[:, :1], (5, 2, 3, 4)), np.broadcast_to(X[:, :1], (5, 2, 3, 4))
    )
    np.testing.assert_array_equal(ops.expand_dims(X, (0, -1)), np.expand_dims(X, (0, -1)))
    np.testing.assert_array_equal(ops.squeeze(X[:1, :, :1]), np.squeeze(X[:1, :, :1]))
    assert ops.squeeze(X[:1, :, :1], 0).shape == (3, 1)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: ops.reshape(X, (5, 5)), r"\[reshape\] float32\[2, 3, 4\] has 24 elements"),
        (lambda: ops.transpose(X, (0, 0, 1)), r"\[transpose\] axes \(0, 0, 1\)"),
        (lambda: ops.flip(X, 3), r"\[flip\] axis 3 is not an axis of float32\[2, 3, 4\]"),
        (lambda: ops.squeeze(X, 1), r"\[squeeze\] axis 1 of float32\[2, 3, 4\] has extent 3"),
        (lambda: ops.sum(X, axis=(1, -2)), r"\[sum\] axes \(1, -2\) .* name one axis twice"),
    ],
)
def test_what_is_refused(call, match):
    with pytest.raises(ShapeError, match=match):
        call()
