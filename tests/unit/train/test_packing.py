import json
import math

import numpy as np
import pytest

import constnet as cn
from constnet.train.packing import pack, unpack


@pytest.mark.parametrize(
    "value",
    [1, -2.5, True, None, "text", [1, [2.0, "x"]], {"a": {"b": [None]}}, math.inf, -math.inf],
)
def test_values_come_back_through_strict_json(value):
    assert unpack(json.loads(json.dumps(pack(value), allow_nan=False))) == value


def test_arrays_and_nan_come_back():
    array = np.array([[1.5, math.nan], [math.inf, 2.0]], np.float32)
    back = unpack(json.loads(json.dumps(pack({"m": array}), allow_nan=False)))["m"]
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, array)
    assert pack(np.float64(0.5)) == 0.5


def test_what_has_no_form_is_refused():
    with pytest.raises(cn.FormatError, match="type object has no form"):
        pack(object())
    with pytest.raises(cn.FormatError, match="dtype 'object'"):
        unpack({"array": [1], "shape": [1], "dtype": "object"})
    with pytest.raises(cn.FormatError, match="does not fit its shape"):
        unpack({"array": [1], "shape": [2], "dtype": "float64"})
