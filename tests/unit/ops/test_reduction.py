"""The order of sums, against loops written out."""

import numpy as np
import pytest

from constnet import ops
from constnet.ops.reduction import expanded_axes, kept_shape, ordered_sum
from constnet.ops.samples import spread


def slowly(row):
    """Sixteen partial sums by position modulo 16, then the tree 8, 4, 2, 1; in float32."""
    partial = [np.float32(0)] * 16
    for position, element in enumerate(row):
        partial[position % 16] += element
    for width in (8, 4, 2, 1):
        for position in range(width):
            partial[position] += partial[position + width]
    return partial[0]


@pytest.mark.parametrize("length", [32, 33, 47, 48, 100, 1000])
def test_long_trailing_sums_use_sixteen_partial_sums(length):
    x = spread(3, length, low=-1e3, high=1e3)
    expected = np.array([slowly(row) for row in x])
    assert ordered_sum(x, (1,)).tobytes() == expected.tobytes()
    assert not np.array_equal(expected, np.cumsum(x, axis=1)[:, -1])


def test_short_and_leading_sums_ascend():
    for x, axes in ((spread(3, 31, low=-1e3), (1,)), (spread(100, 3, low=-1e3), (0,))):
        rows = x if axes == (1,) else x.T
        expected = []
        for row in rows:
            total = np.float32(0)
            for element in row:
                total += element
            expected.append(total)
        assert ordered_sum(x, axes).tobytes() == np.array(expected).tobytes()


def test_several_trailing_axes_are_one_run():
    x = spread(2, 5, 9, low=-1e3, high=1e3)
    expected = np.array([slowly(row) for row in x.reshape(2, 45)])
    assert ordered_sum(x, (1, 2)).tobytes() == expected.tobytes()


def test_sum_of_negative_zeros_is_zero():
    assert not np.signbit(ordered_sum(np.full((2, 3), -0.0), (1,))).any()


def test_extremes_keep_nan():
    x = np.array([[1.0, np.nan, 2.0]])
    assert np.isnan(ops.max(x))
    assert np.isnan(ops.min(x))


def test_shapes():
    assert kept_shape((2, 3, 4), (0, 2), keepdims=False) == (3,)
    assert kept_shape((2, 3, 4), (0, 2), keepdims=True) == (1, 3, 1)
    assert expanded_axes((1, 4), (2, 3, 4)) == (0, 1)
