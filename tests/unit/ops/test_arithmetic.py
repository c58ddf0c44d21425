import numpy as np
import pytest

from constnet import ops
from constnet.errors import DTypeError, ShapeError
from constnet.testing import gradcheck, trace

X = np.array([[-1.5, 0.0, 2.25], [3.0, -0.0, -7.5]], "float32")
Y = np.array([0.5, 2.0, -3.0], "float32")


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "maximum", "minimum"])
def test_broadcasts_and_computes_as_numpy(name):
    np.testing.assert_array_equal(getattr(ops, name)(X, Y), getattr(np, name)(X, Y))


@pytest.mark.parametrize("name", ["negative", "absolute", "sign", "floor"])
def test_one_operand_as_numpy(name):
    np.testing.assert_array_equal(getattr(ops, name)(X), getattr(np, name)(X))


def test_square_root_of_negative_is_nan():
    np.testing.assert_array_equal(ops.sqrt(np.array([4.0, -1.0])), [2.0, np.nan])


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_extremes_keep_nan_on_either_side(name):
    lhs, rhs = np.array([np.nan, 1.0, np.nan]), np.array([1.0, np.nan, np.nan])
    assert np.isnan(getattr(ops, name)(lhs, rhs)).all()


def test_number_takes_the_dtype_of_its_partner():
    for dtype in ("float32", "float64", "int32"):
        assert ops.add(X.astype(dtype), 2).dtype == dtype


def test_uint32_wraps():
    wrapped = ops.add(np.array([0xFFFFFFFF], "uint32"), np.array([2], "uint32"))
    np.testing.assert_array_equal(wrapped, np.array([1], "uint32"))


def test_gradients_reach_broadcast_operands():
    gradcheck(lambda x, y: x * y - x / y + ops.maximum(x, y), X + 0.1, Y)


def test_ties_of_maximum_go_to_the_first():
    from constnet.autodiff import gradients
    from constnet.interpreter import run
    from constnet.testing.gradcheck import type_of

    zeros = np.zeros(2, "float32")
    graph = trace(
        lambda x, y: gradients(ops.sum(ops.maximum(x, y)), [x, y]), type_of(zeros), type_of(zeros)
    )
    first, second = run(graph, [zeros, zeros])
    np.testing.assert_array_equal(first, [1, 1])
    np.testing.assert_array_equal(second, [0, 0])


def test_shapes_that_do_not_broadcast():
    match = r"\[add\] shapes do not broadcast: float32\[2, 3\] and float32\[4\]"
    with pytest.raises(ShapeError, match=match):
        ops.add(X, np.zeros(4, "float32"))


def test_different_dtypes_are_refused():
    with pytest.raises(DTypeError, match=r"\[multiply\]|\[mul\] operands have different dtypes"):
        ops.multiply(X, Y.astype("float64"))
