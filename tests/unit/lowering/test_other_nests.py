import numpy as np
import pytest

from constnet import dtypes, ops
from constnet.ir.types import TensorType
from constnet.lowering.lower import lower
from constnet.ops import random as random_ops
from constnet.philox import philox
from constnet.testing import trace
from tests.lowered import outputs_of, target_of

WIDTHS = pytest.mark.parametrize("vector_bytes", [0, 64])


def run(function, *arrays, vector_bytes=16):
    types = [TensorType(a.shape, dtypes.as_dtype(a.dtype)) for a in arrays]
    graph = trace(function, *types)
    return outputs_of(lower(graph, target_of(vector_bytes), "exact"), graph, list(arrays))


@WIDTHS
def test_position_of_the_largest(vector_bytes):
    x = np.array(
        [[1, 5, 5, 2], [np.nan, 9, 1, 1], [3, 3, 3, 3], [1, np.nan, np.nan, 7]], np.float32
    )
    found = run(
        lambda t: [ops.argmax(t, 0), ops.argmax(t, 1), ops.argmax(t * 1.0, 1)], x,
        vector_bytes=vector_bytes,
    )  # fmt: skip
    for result, axis in zip(found, (0, 1, 1), strict=True):
        np.testing.assert_array_equal(result, np.argmax(x, axis))


@WIDTHS
def test_rows_are_added_where_their_index_says(vector_bytes):
    rows = np.arange(24, dtype=np.float32).reshape(6, 2, 2)
    places = np.array([2, 0, 2, -1, 5, 2], np.int32)
    (found,) = run(lambda r, i: [ops.scatter_add(r, i, 4)], rows, places, vector_bytes=vector_bytes)
    expected = np.zeros((4, 2, 2), np.float32)
    for row, place in zip(rows, places, strict=True):
        if 0 <= place < 4:
            expected[place] += row
    np.testing.assert_array_equal(found, expected)


@WIDTHS
@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 7, 8, 64, 65, 1001])
def test_random_words_are_philox_in_planes(size, vector_bytes):
    seed, step = np.array([7, 2**31 + 5], np.uint32), np.array(9, np.uint32)
    (found,) = run(
        lambda s, t: [random_ops.bits(s, t, 3, (size,))], seed, step, vector_bytes=vector_bytes
    )
    blocks = -(-size // 4)
    words = philox([[block, 9, 3, 0] for block in range(blocks)], seed)
    np.testing.assert_array_equal(found, words.T.reshape(-1)[:size])
