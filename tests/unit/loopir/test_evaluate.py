"""Expressions on arrays against hand-computed values and NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from constnet import dtypes
from constnet.errors import UsageError
from constnet.loopir.evaluate import evaluate, evaluate_function
from constnet.loopir.types import (
    Binary,
    Bitcast,
    Cast,
    Expr,
    Function,
    Let,
    Load,
    Local,
    MulAdd,
    Unary,
    constant,
    maximum,
    minimum,
    select,
)

I = Local("i", dtypes.int32)
J = Local("j", dtypes.int32)
X = Local("x", dtypes.float32)
Y = Local("y", dtypes.float32)
U = Local("u", dtypes.uint32)
NAN = float("nan")


def integers(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [(I // J, [3, -3, -3, 3, 0]), (I % J, [1, -1, 1, -1, -1])],
)
def test_integer_division_truncates(expr: Expr, expected: list[int]) -> None:
    values = {"i": integers(7, -7, 7, -7, -1), "j": integers(2, 2, -2, -2, 2)}
    assert evaluate(expr, values).tolist() == expected


def test_minimum_and_maximum_return_the_second_where_either_is_nan() -> None:
    values = {"x": floats(1, NAN, 2, -0.0), "y": floats(2, 3, NAN, 0.0)}
    np.testing.assert_array_equal(evaluate(minimum(X, Y), values), floats(1, 3, NAN, 0.0))
    np.testing.assert_array_equal(evaluate(maximum(X, Y), values), floats(2, 3, NAN, 0.0))
    assert not np.signbit(evaluate(minimum(X, Y), values)[3])


def test_unsigned_arithmetic_wraps_without_warnings() -> None:
    values = {"u": np.array([0, 2**32 - 1], np.uint32)}
    assert evaluate(U - 1, values).tolist() == [2**32 - 1, 2**32 - 2]
    assert evaluate(U * U, values).tolist() == [0, 1]
    assert evaluate(U << constant(31, dtypes.uint32), values).tolist() == [0, 2**31]
    scalar = {"u": np.uint32(2**32 - 1)}
    assert evaluate(U + 1, scalar) == 0


def test_signed_shift_keeps_the_sign() -> None:
    assert evaluate(I >> 1, {"i": integers(-3, 3)}).tolist() == [-2, 1]


def test_multiply_add_rounds_twice() -> None:
    x = np.float32(1 + 2.0**-12)
    values = {"x": floats(x), "y": floats(-(1 + 2.0**-11))}
    assert evaluate(MulAdd(X, X, Y), values)[0] == 0.0


def test_casts_and_bitcasts() -> None:
    assert evaluate(Cast(X, dtypes.int32), {"x": floats(-1.9, 1.9)}).tolist() == [-1, 1]
    assert evaluate(Bitcast(X, dtypes.uint32), {"x": floats(1.0)})[0] == 0x3F800000
    assert evaluate(Cast(I, dtypes.bool_), {"i": integers(0, 5)}).tolist() == [False, True]


def test_not_of_booleans_and_of_integers() -> None:
    assert evaluate(Unary("not", X < Y), {"x": floats(1), "y": floats(NAN)}).tolist() == [True]
    assert evaluate(Unary("not", U), {"u": np.array([0], np.uint32)}).tolist() == [2**32 - 1]


def test_select_and_scalars_broadcast() -> None:
    result = evaluate(select(X > 0.0, X, 0.0), {"x": floats(-1, 2)})
    assert result.dtype == np.float32
    assert result.tolist() == [0.0, 2.0]


def test_functions_run_their_lets_in_order() -> None:
    square = Let("square", X * X)
    function = Function("cube", (X,), (square,), Local("square", dtypes.float32) * X)
    assert evaluate_function(function, floats(2, 3)).tolist() == [8.0, 27.0]
    with pytest.raises(UsageError, match=r"cube takes \(x\); 2 arrays"):
        evaluate_function(function, floats(1), floats(2))


def test_loads_read_memory() -> None:
    load = Load("data", I, dtypes.float32)
    memory = {"data": floats(10, 20, 30)}
    assert evaluate(load, {"i": integers(2, 0)}, memory).tolist() == [30.0, 10.0]


def test_a_missing_local_is_named() -> None:
    with pytest.raises(UsageError, match="the local y has no value; given are: x"):
        evaluate(Binary("add", X, Y), {"x": floats(1)})


def test_division_by_zero_gives_no_warning() -> None:
    assert evaluate(X / 0.0, {"x": floats(1)}).tolist() == [np.inf]
