import pytest

from constnet import dtypes
from constnet.lowering.target import PORTABLE
from tests.lowered import target_of


@pytest.mark.parametrize(
    ("vector_bytes", "dtype", "lanes"),
    [
        (0, dtypes.float32, 1),
        (16, dtypes.float32, 4),
        (16, dtypes.float64, 2),
        (64, dtypes.float32, 16),
        (64, dtypes.uint8, 64),
    ],
)
def test_lanes_fill_a_register(vector_bytes, dtype, lanes):
    assert target_of(vector_bytes).lanes(dtype) == lanes


def test_portable_code_is_scalar_on_one_thread():
    assert PORTABLE.lanes(dtypes.float64) == 1
    assert (PORTABLE.cores, PORTABLE.fma) == (1, False)
