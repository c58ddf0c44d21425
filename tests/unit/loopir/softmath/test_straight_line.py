"""Formats, polynomial schemes and the cache of Functions."""

import numpy as np
import pytest

from constnet import dtypes
from constnet.errors import DTypeError
from constnet.loopir import softmath
from constnet.loopir.evaluate import evaluate, evaluate_function
from constnet.loopir.softmath import straight_line as line
from constnet.loopir.types import Local

X = Local("x", dtypes.float64)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13])
def test_estrin_is_the_polynomial(count):
    coefficients = list(range(1, count + 1))
    build = line.Builder()
    function = build.function("p", (X,), line.estrin(build, X, coefficients, "x"), "p")
    points = np.arange(-3.0, 4.0)
    wanted = np.polynomial.polynomial.polyval(points, coefficients)
    assert np.broadcast_to(evaluate_function(function, points), 7).tolist() == wanted.tolist()


def test_clamps_let_nan_through():
    values = {"x": np.array([-5.0, 0.0, 5.0, np.nan])}
    above = evaluate(line.clamp_above(X, 1.0), values)
    below = evaluate(line.clamp_below(X, -1.0), values)
    np.testing.assert_array_equal(above, [-5, 0, 1, np.nan])
    np.testing.assert_array_equal(below, [-1, 0, 5, np.nan])


def test_sign_is_copied_to_zero():
    found = evaluate(line.with_sign_of(line.F64, line.absolute(X), X), {"x": np.array([-0.0, 2.0])})
    assert np.signbit(found).tolist() == [True, False]


def test_a_function_is_built_once_for_each_dtype():
    y = Local("y", dtypes.float64)
    assert softmath.exp(X).function is softmath.exp(y).function
    assert softmath.exp(X).function.name == "exp_f64"
    assert softmath.exp(Local("x", dtypes.float32)).function.name == "exp_f32"


def test_other_dtypes_are_refused():
    with pytest.raises(
        DTypeError, match=r"\[softmath\] operands are int32; they must be all float"
    ):
        softmath.exp(Local("i", dtypes.int32))
    with pytest.raises(DTypeError, match="operands are float64, float32"):
        softmath.pow(X, Local("y", dtypes.float32))
