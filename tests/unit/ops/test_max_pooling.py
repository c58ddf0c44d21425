"""The records of maxima: positions, and the two transposes that move elements by them."""

import numpy as np

from constnet import dtypes, interpreter
from constnet.ir.types import TensorType
from constnet.ops.op import get
from constnet.ops.pooling import Windows, covered_by
from constnet.ops.tensor import apply
from constnet.testing import trace

PLAIN = Windows((2, 2), (2, 2), (0, 0), (0, 0))
OVERLAPPING = Windows((3, 3), (1, 2), (1, 1), (1, 0))
NAN = float("nan")


def run(op, attrs, *arrays):
    types = [TensorType(a.shape, dtypes.as_dtype(a.dtype)) for a in arrays]
    return interpreter.run(trace(lambda *x: apply(op, attrs, *x), *types), arrays)[0]


def image(*rows):
    return np.array(rows, np.float32)[None, :, :, None]


def test_position_is_row_major_in_the_window_and_the_first_of_equals():
    x = image([1, 5, 2, 2], [5, 0, 2, 2], [0, 0, -1, -3], [0, 9, -2, -1])
    np.testing.assert_array_equal(run("max_pool_position", PLAIN, x)[0, :, :, 0], [[1, 0], [3, 0]])


def test_zeros_of_both_signs_are_equal():
    assert np.signbit(run("max_pool", PLAIN, image([-0.0, 0.0], [0.0, 0.0]))).all()


def test_not_a_number_is_the_result_the_last_if_there_are_more():
    x = image([NAN, 1, 0, NAN], [2, NAN, 3, 4])
    assert np.isnan(run("max_pool", PLAIN, x)).all()
    np.testing.assert_array_equal(run("max_pool_position", PLAIN, x).ravel(), [3, 1])


def test_position_of_nothing_but_minus_infinity_is_inside_the_image():
    x = np.full((1, 3, 3, 1), -np.inf, np.float32)
    positions = run("max_pool_position", OVERLAPPING, x)[0, :, :, 0]
    np.testing.assert_array_equal(positions, [[4], [1], [1]])


def test_gather_at_the_positions_is_the_maximum():
    x = np.random.default_rng(0).normal(size=(2, 6, 7, 3))
    positions = run("max_pool_position", OVERLAPPING, x)
    found = run("max_pool_gather", OVERLAPPING, x, positions)
    np.testing.assert_array_equal(found, run("max_pool", OVERLAPPING, x))


def test_scatter_is_the_transpose_of_gather():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2, 6, 7, 3))
    positions = run("max_pool_position", OVERLAPPING, rng.normal(size=x.shape))
    ct = rng.normal(size=positions.shape)
    back = run("max_pool_scatter", covered_by(OVERLAPPING, (6, 7)), ct, positions)
    forward = run("max_pool_gather", OVERLAPPING, x, positions)
    np.testing.assert_allclose(np.sum(back * x), np.sum(forward * ct), rtol=1e-12)


def test_a_position_has_no_gradient():
    assert "piecewise constant" in get("max_pool_position").vjp.reason
