import pytest

from constnet import dtypes
from constnet.errors import VerifyError
from constnet.targets.rust import spelling


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (1.0, dtypes.float32, "1f32"),
        (0.1, dtypes.float64, "0.10000000000000001f64"),
        (float("-inf"), dtypes.float32, "f32::NEG_INFINITY"),
        (float("nan"), dtypes.float64, "f64::NAN"),
        (-(2**31), dtypes.int32, "i32::MIN"),
        (0, dtypes.uint32, "0u32"),
        (1, dtypes.bool_, "true"),
    ],
)
def test_literals(value, dtype, text):
    assert spelling.literal(value, dtype) == text


def test_names():
    assert spelling.identifier("Layers.0/W") == "layers_0_w"
    assert spelling.identifier("match") == "n_match"
    assert spelling.local_name("loop") == "loop_"
    with pytest.raises(VerifyError, match=r"'a b' is not an identifier"):
        spelling.local_name("a b")
