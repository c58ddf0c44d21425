import numpy as np
import pytest

from constnet import ops

WORDS = np.array([0, 1, 7, 0xDEADBEEF, 0xFFFFFFFF], "uint32")
SIGNED = np.array([-7, -6, -1, 0, 1, 6, 7], "int32")


@pytest.mark.parametrize("name", ["bitwise_and", "bitwise_or", "bitwise_xor"])
def test_bits_as_numpy(name):
    np.testing.assert_array_equal(
        getattr(ops, name)(WORDS, WORDS[::-1].copy()), getattr(np, name)(WORDS, WORDS[::-1])
    )


def test_shifts_as_numpy():
    np.testing.assert_array_equal(ops.left_shift(WORDS, 5), WORDS << np.uint32(5))
    np.testing.assert_array_equal(ops.right_shift(WORDS, 31), WORDS >> np.uint32(31))


@pytest.mark.parametrize("divisor", [3, -3, 1, -1])
def test_division_rounds_down_for_every_sign(divisor):
    np.testing.assert_array_equal(ops.floor_divide(SIGNED, divisor), SIGNED // divisor)
    np.testing.assert_array_equal(ops.remainder(SIGNED, divisor), SIGNED % divisor)


def test_division_by_zero_is_zero():
    zeros = np.zeros(7, "int32")
    np.testing.assert_array_equal(ops.floor_divide(SIGNED, zeros), zeros)
    np.testing.assert_array_equal(ops.remainder(SIGNED, zeros), zeros)
