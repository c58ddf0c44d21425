import numpy as np
import pytest

from constnet import ops
from constnet.errors import ShapeError
from constnet.ops.samples import spread
from constnet.ops.window import Slice, is_whole, whole

X = spread(4, 6)


def test_pad_as_numpy():
    np.testing.assert_array_equal(ops.pad(X, 1), np.pad(X, 1))
    np.testing.assert_array_equal(
        ops.pad(X, [(0, 2), (1, 0)], 7.0), np.pad(X, [(0, 2), (1, 0)], constant_values=7)
    )


def test_concatenate_as_numpy():
    parts = [X, X[:, :2], X[:, ::3]]
    np.testing.assert_array_equal(ops.concatenate(parts, axis=-1), np.concatenate(parts, axis=-1))


def test_concatenate_refuses_other_extents():
    with pytest.raises(ShapeError, match=r"shapes differ beside axis 0: float32\[4, 6\]"):
        ops.concatenate([X, X[:, :2]])


def test_whole():
    assert is_whole(whole((4, 6)), (4, 6))
    assert not is_whole(Slice((0, 1), (4, 6), (1, 1)), (4, 6))
