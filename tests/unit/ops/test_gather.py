import numpy as np

from constnet import ops
from constnet.ops.samples import spread
from constnet.testing import gradcheck

TABLE = spread(5, 3, 2)
INDEX = np.array([[4, 0], [2, 2], [1, 4]])


def test_take_along_each_axis_as_numpy():
    for axis in (0, 1, -1):
        index = INDEX % TABLE.shape[axis]
        np.testing.assert_array_equal(ops.take(TABLE, index, axis), np.take(TABLE, index, axis))


def test_index_out_of_range_takes_the_nearest():
    np.testing.assert_array_equal(ops.take(TABLE, np.array([-3, 9])), TABLE[[0, 4]])


def test_scatter_adds_repeated_rows():
    updates = spread(4, 2, dtype="float64")
    rows = np.array([1, 0, 1, 7])
    expected = np.stack([updates[1], updates[0] + updates[2], np.zeros(2)])
    np.testing.assert_array_equal(ops.scatter_add(updates, rows, 3), expected)


def test_gradient_of_take_adds_repeated_rows():
    gradcheck(lambda table: ops.take(table, INDEX), TABLE)
