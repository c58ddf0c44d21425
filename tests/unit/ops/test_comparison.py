import numpy as np
import pytest

from constnet import ops
from constnet.errors import DTypeError

X = np.array([1.0, 2.0, np.nan, -0.0])
Y = np.array([1.0, 1.0, np.nan, 0.0])


@pytest.mark.parametrize(
    "name", ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]
)
def test_as_numpy(name):
    np.testing.assert_array_equal(getattr(ops, name)(X, Y), getattr(np, name)(X, Y))


def test_logic_truth_table():
    p, q = np.array([False, False, True, True]), np.array([False, True, False, True])
    np.testing.assert_array_equal(ops.logical_and(p, q), p & q)
    np.testing.assert_array_equal(ops.logical_or(p, q), p | q)
    np.testing.assert_array_equal(ops.logical_not(p), ~p)


def test_isnan():
    np.testing.assert_array_equal(ops.isnan(X), np.isnan(X))


def test_where_broadcasts_all_three():
    condition = np.array([[True], [False]])
    np.testing.assert_array_equal(ops.where(condition, X, 7.0), np.where(condition, X, 7.0))


def test_where_refuses_a_condition_of_floats():
    with pytest.raises(DTypeError, match=r"\[where\] needs a bool dtype, got float64\[4\]"):
        ops.where(Y, X, Y)
