import pytest

from constnet import dtypes
from constnet.errors import DTypeError, ShapeError
from constnet.ir.types import TensorType
from constnet.ops import typing_rules

FLOAT, LONG = TensorType((3,), dtypes.float32), TensorType((4,), dtypes.float32)
INT = TensorType((3,), dtypes.int32)


def test_pointwise_rule_keeps_the_type():
    rule = typing_rules.pointwise("f", 2, typing_rules.NUMBERS)
    assert rule(None, (FLOAT, FLOAT)) == (FLOAT,)
    compare = typing_rules.pointwise("f", 2, typing_rules.NUMBERS, to_bool=True)
    assert compare(None, (FLOAT, FLOAT)) == (TensorType((3,), dtypes.bool_),)


@pytest.mark.parametrize(
    ("types", "error", "match"),
    [
        ((FLOAT,), ShapeError, r"\[f\] takes 2 inputs, got 1: float32\[3\]"),
        ((FLOAT, LONG), ShapeError, r"\[f\] operands differ: float32\[3\] and float32\[4\]"),
        ((FLOAT, INT), DTypeError, r"\[f\] operands differ: float32\[3\] and int32\[3\]"),
        ((INT, INT), DTypeError, r"\[f\] needs a float dtype, got int32\[3\]"),
    ],
)
def test_pointwise_rule_refuses(types, error, match):
    with pytest.raises(error, match=match):
        typing_rules.pointwise("f", 2, typing_rules.FLOATS)(None, types)


def test_axis_out_of_range():
    with pytest.raises(ShapeError, match=r"\[f\] axis 1 is not an axis of float32\[3\]"):
        typing_rules.need_axis("f", FLOAT, 1)


def test_listed():
    assert typing_rules.listed((FLOAT, INT)) == "float32[3], int32[3]"
    assert typing_rules.listed(()) == "nothing"
