import numpy as np
import pytest

from constnet import ops
from constnet.dtypes import float64
from constnet.errors import UsageError
from constnet.interpreter import run
from constnet.testing import trace


def made(function, **options):
    return run(trace(function, **options), [])[0]


def test_counts_and_fills():
    np.testing.assert_array_equal(made(lambda: ops.arange(4)), np.arange(4, dtype="int32"))
    np.testing.assert_array_equal(made(lambda: ops.full((2, 3), 7)), np.full((2, 3), 7, "float32"))
    np.testing.assert_array_equal(made(lambda: ops.zeros(3, "uint8")), np.zeros(3, "uint8"))
    np.testing.assert_array_equal(made(lambda: ops.ones((2,))), np.ones(2, "float32"))


def test_the_trace_says_which_float():
    assert made(lambda: ops.zeros(2), dtype=float64).dtype == np.float64


def test_like():
    x = np.array([[1, 2]], "int32")
    np.testing.assert_array_equal(ops.full_like(x, 9), np.full_like(x, 9))
    np.testing.assert_array_equal(ops.zeros_like(x), np.zeros_like(x))
    np.testing.assert_array_equal(ops.ones_like(x), np.ones_like(x))


def test_outside_a_trace_there_is_nowhere_to_put_it():
    with pytest.raises(UsageError, match="outside a trace"):
        ops.zeros(3)
