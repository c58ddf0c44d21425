"""Every form of a sum and a maximum, many in one program, in the order that the nest states."""

import itertools

import numpy as np
import pytest

from constnet import dtypes, interpreter, ops
from constnet.ir.types import TensorType
from constnet.loopir.verify import verify
from constnet.lowering.lower import lower
from constnet.testing import trace
from tests.lowered import arrays_for, assert_same_bits, outputs_of, target_of

SHAPES = [(7,), (31,), (32,), (50,), (3, 40), (40, 3), (5, 130), (2, 3, 4), (4, 8, 33), (1, 1, 6)]


def axes_of(shape):
    """Every choice of axes to reduce."""
    ranks = range(len(shape))
    return [axes for count in (1, 2, 3) for axes in itertools.combinations(ranks, count)]


def every_reduction(*xs):
    results = []
    for x in xs:
        for axes in axes_of(x.shape):
            results += [
                ops.sum(x, axes),
                ops.max(x, axes, keepdims=True),
                ops.sum(x * 0.5 + 1.0, axes),  # computed where it is read
                ops.sum(ops.flip(x, -1), axes),  # read from the other end
            ]
    return results


@pytest.mark.parametrize(
    "vector_bytes", [16, *(pytest.param(width, marks=pytest.mark.slow) for width in (0, 64))]
)
def test_every_form(vector_bytes):
    graph = trace(every_reduction, *(TensorType(shape, dtypes.float32) for shape in SHAPES))
    program = lower(graph, target_of(vector_bytes), "exact")
    verify(program)
    arrays = arrays_for(graph)
    found = outputs_of(program, graph, arrays)
    assert_same_bits(found, interpreter.run(graph, arrays))


def test_long_sum_is_sixteen_partial_sums_and_a_tree():
    x = np.random.default_rng(0).normal(size=(3, 53)).astype(np.float32)
    graph = trace(lambda t: [ops.sum(t, 1)], TensorType(x.shape, dtypes.float32))
    (found,) = outputs_of(lower(graph, target_of(32), "exact"), graph, [x])
    for row, result in zip(x, found, strict=True):
        partial = np.zeros(16, np.float32)
        for position, element in enumerate(row):
            partial[position % 16] += element
        for half in (8, 4, 2, 1):
            partial[:half] += partial[half : 2 * half]
        assert result == partial[0]


def test_short_sum_is_ascending():
    x = np.array([[1e8, 1.0, -1e8, 1.0]], np.float32)
    graph = trace(lambda t: [ops.sum(t, 1)], TensorType(x.shape, dtypes.float32))
    (found,) = outputs_of(lower(graph, target_of(64), "exact"), graph, [x])
    np.testing.assert_array_equal(found, [1.0])


def test_not_a_number_is_the_largest_wherever_it_stands():
    x = np.ones((5, 40), np.float32)
    for row, column in enumerate((0, 1, 17, 39)):
        x[row, column] = np.nan
    graph = trace(lambda t: [ops.max(t, 1), ops.max(t, 0)], TensorType(x.shape, dtypes.float32))
    rows, columns = outputs_of(lower(graph, target_of(16), "exact"), graph, [x])
    np.testing.assert_array_equal(np.isnan(rows), [True, True, True, True, False])
    assert np.isnan(columns).sum() == 4


def test_maximum_of_what_is_below_zero():
    graph = trace(
        lambda f, i: [ops.max(f, 0), ops.max(i, 0)],
        TensorType((40,), dtypes.float32), TensorType((5,), dtypes.int32),
    )  # fmt: skip
    arrays = [np.full(40, -np.inf, np.float32), np.full(5, -(2**31), np.int32)]
    found = outputs_of(lower(graph, target_of(16), "exact"), graph, arrays)
    assert_same_bits(found, [np.float32(-np.inf).reshape(()), np.int32(-(2**31)).reshape(())])
