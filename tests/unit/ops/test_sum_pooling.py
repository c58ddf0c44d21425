"""The records of sums: in order, and each the transpose of the other."""

import numpy as np

from constnet import dtypes, interpreter
from constnet.ir.types import TensorType
from constnet.ops.pooling import Windows, covered_by
from constnet.ops.tensor import apply
from constnet.testing import trace

LINE = Windows((4,), (4,), (0,), (0,))
OVERLAPPING = Windows((3, 2), (1, 2), (1, 0), (1, 1))


def run(op, attrs, *arrays):
    types = [TensorType(a.shape, dtypes.as_dtype(a.dtype)) for a in arrays]
    return interpreter.run(trace(lambda *x: apply(op, attrs, *x), *types), arrays)[0]


def test_sum_is_ascending():
    x = np.array([1e8, 1.0, -1e8, 1.0], np.float32).reshape(1, 4, 1)
    np.testing.assert_array_equal(run("sum_pool", LINE, x).ravel(), [1.0])


def test_sum_of_windows_is_ascending():
    attrs = covered_by(Windows((4,), (1,), (3,), (3,)), (1,))
    ct = np.array([1e8, 1.0, -1e8, 1.0], np.float32).reshape(1, 4, 1)
    np.testing.assert_array_equal(run("sum_pool_scatter", attrs, ct).ravel(), [1.0])


def test_each_is_the_transpose_of_the_other():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 6, 7, 3))
    y = run("sum_pool", OVERLAPPING, x)
    ct = rng.normal(size=y.shape)
    back = run("sum_pool_scatter", covered_by(OVERLAPPING, (6, 7)), ct)
    np.testing.assert_allclose(np.sum(back * x), np.sum(y * ct), rtol=1e-12)


def test_elements_between_windows_get_nothing():
    attrs = covered_by(Windows((1,), (3,), (0,), (0,)), (7,))
    ct = np.ones((1, 3, 1), np.float32)
    found = run("sum_pool_scatter", attrs, ct).ravel()
    np.testing.assert_array_equal(found, [1, 0, 0, 1, 0, 0, 1])
