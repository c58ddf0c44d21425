import numpy as np
import pytest

from constnet import dtypes
from constnet.errors import VerifyError
from constnet.targets.c99 import spelling

RNG = np.random.default_rng(0)
FLOATS = RNG.integers(0, 2**32, 2000, dtype=np.uint64).astype(np.uint32).view(np.float32)
DOUBLES = RNG.integers(0, 2**63, 2000, dtype=np.uint64).view(np.float64)


@pytest.mark.parametrize("dialect", ["portable", "host"])
@pytest.mark.parametrize(("values", "dtype"), [(FLOATS, dtypes.float32), (DOUBLES, dtypes.float64)])
def test_floats_read_back_to_the_same_bits(values, dtype, dialect):
    for value in values[np.isfinite(values)].tolist():
        text = spelling.literal(value, dtype, dialect).removesuffix("f")
        read = float.fromhex(text) if "x" in text else float(text)
        assert dtype.numpy.type(read).tobytes() == dtype.numpy.type(value).tobytes()


@pytest.mark.parametrize(
    ("value", "dtype", "portable", "host"),
    [
        (1.0, dtypes.float32, "1.0f", "1.0f"),
        (-0.0, dtypes.float64, "-0.0", "-0.0"),
        (0.1, dtypes.float64, "0.10000000000000001", "0x1.999999999999ap-4"),
        (1e30, dtypes.float32, "1e+30f", "0x1.93e5939a08ceap+99f"),
        (float("inf"), dtypes.float32, "CN_INFINITY_f", "__builtin_inff()"),
        (float("-inf"), dtypes.float64, "-CN_INFINITY_d", "-__builtin_inf()"),
        (float("nan"), dtypes.float32, "CN_NAN_f", '__builtin_nanf("")'),
        (-(2**31), dtypes.int32, "(-2147483647 - 1)", "(-2147483647 - 1)"),
        (-5, dtypes.int64, "-INT64_C(5)", "-INT64_C(5)"),
        (7, dtypes.uint32, "7u", "7u"),
        (2**63, dtypes.uint64, "UINT64_C(9223372036854775808)", "UINT64_C(9223372036854775808)"),
        (-(2**63), dtypes.int64, *["(-INT64_C(9223372036854775807) - 1)"] * 2),
    ],
)
def test_literals(value, dtype, portable, host):
    assert spelling.literal(value, dtype, "portable") == portable
    assert spelling.literal(value, dtype, "host") == host


@pytest.mark.parametrize(
    ("text", "name"),
    [("layers.0/weight", "layers_0_weight"), ("0", "n0"), ("é*/;", "n"), ("a__b", "a_b")],
)
def test_identifiers_are_regenerated(text, name):
    assert spelling.identifier(text) == name


def test_words_of_c_are_no_locals():
    assert spelling.local_name("int") == "int_"
    assert spelling.local_name("x0") == "x0"
    with pytest.raises(VerifyError, match=r"'a b' is not an identifier"):
        spelling.local_name("a b")


def test_types():
    assert spelling.local_type(dtypes.bool_, 1) == "int"
    assert spelling.local_type(dtypes.float64, 8) == "f64x8"
    assert spelling.vector_name(dtypes.bool_, 16) == "u8x16"
    assert spelling.signed_twin(dtypes.float64) == dtypes.int64
