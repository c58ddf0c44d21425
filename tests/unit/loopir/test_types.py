import pytest

from constnet import dtypes
from constnet.loopir import types as ir


def test_equal_constants_have_equal_bits():
    zero, minus = (ir.Const(value, dtypes.float32) for value in (0.0, -0.0))
    nan = ir.Const(float("nan"), dtypes.float32)
    assert zero != minus
    assert nan == ir.Const(float("nan"), dtypes.float32)
    assert hash(zero) == hash(ir.Const(0.0, dtypes.float32))


def test_numbers_take_the_dtype_and_lanes_of_their_partner():
    vector = ir.Local("a", dtypes.float32, 8)
    assert (vector + 0.1).rhs == ir.Const(0.10000000149011612, dtypes.float32, 8)
    assert (vector < 1.0).dtype == dtypes.bool_
    assert (1.0 - vector).lhs == ir.Const(1.0, dtypes.float32, 8)


def test_select_needs_one_expression():
    condition = ir.Local("c", dtypes.bool_)
    with pytest.raises(TypeError, match=r"got 1\.0 and 2\.0"):
        ir.select(condition, 1.0, 2.0)
