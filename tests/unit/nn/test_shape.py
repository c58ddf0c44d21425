import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

X = np.arange(24.0).reshape(2, 3, 4)


def test_flatten():
    np.testing.assert_array_equal(nn.Flatten().forward(X), X.reshape(2, 12))
    np.testing.assert_array_equal(nn.Flatten().forward(X[:, 0, 0]), [[0.0], [12.0]])


@pytest.mark.parametrize("target", [(4, 3), (2, -1), 12, (-1,), (2, 3, 2)])
def test_reshape_and_its_gradient(target):
    layer = nn.Reshape(target)
    extents = target if isinstance(target, tuple) else (target,)
    y = layer.forward(X)
    np.testing.assert_array_equal(y, X.reshape(2, *extents))
    np.testing.assert_array_equal(layer.backward(y), X)


def test_refused():
    with pytest.raises(ShapeError, match=r"those are 12 elements and \(5, 2\) takes 10\. Change"):
        nn.Reshape((5, 2)).build((3, 4))
    with pytest.raises(ShapeError, match=r"takes 5 times a whole number"):
        nn.Reshape((5, -1)).build((3, 4))
    with pytest.raises(UsageError, match=r"expected positive sizes, at most one -1"):
        nn.Reshape((-1, -1))
    with pytest.raises(UsageError, match=r"target_shape is '4'; expected a whole number"):
        nn.Reshape("4")
