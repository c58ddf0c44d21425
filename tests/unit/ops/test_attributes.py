from constnet import dtypes
from constnet.ops.attributes import Axes, Axis, ToDType, ToShape


def test_equal_attributes_are_one_key():
    table = {ToShape((2, 3)): 1, Axes((2, 3)): 2, Axis(2): 3, ToDType(dtypes.int8): 4}
    assert table[ToShape((2, 3))] == 1
    assert table[Axes((2, 3))] == 2
    assert table[ToDType(dtypes.as_dtype("int8"))] == 4
