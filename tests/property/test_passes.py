"""Passes keep every bit of random graphs."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from constnet import dtypes, ops
from constnet.autodiff import gradients
from constnet.interpreter import run
from constnet.ir.text import from_text, to_text
from constnet.ir.types import TensorType
from constnet.ir.verify import verify
from constnet.ops.samples import spread
from constnet.passes import run as run_passes
from constnet.testing import trace

SHAPE = (3, 4)
TYPE = TensorType(SHAPE, dtypes.float32)
ARRAYS = [spread(*SHAPE), spread(*SHAPE, phase=0.7)]

UNARY = [
    ops.negative, ops.relu, ops.tanh, ops.stop_gradient, ops.softmax,
    lambda x: x * 1.0, lambda x: x / 4.0, lambda x: x + 0.0, lambda x: 3.0 - x, lambda x: x * 0.0,
    lambda x: x.T.reshape(4, 3).T, lambda x: x[::-1], lambda x: ops.pad(x, 1)[1:-1, 1:-1],
    lambda x: x - x.mean(axis=1, keepdims=True), lambda x: x.reshape(12).reshape(3, 4),
    lambda x: ops.concatenate([x[:1], x[1:]]), lambda x: x.astype("float64").astype("float32"),
    lambda x: ops.broadcast_to(x.sum(axis=0), SHAPE), lambda x: ops.full_like(x, 0.25),
]  # fmt: skip
BINARY = [
    ops.add, ops.subtract, ops.multiply, ops.maximum,
    lambda x, y: x @ y.T @ x, lambda x, y: ops.where(x > y, x, y), lambda x, y: x - (-y),
]  # fmt: skip

STEPS = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6)),
    min_size=1,
    max_size=12,
)


def build(steps):
    """A function of two tensors: each step applies one operation to earlier values."""

    def function(x, y):
        values = [x, y]
        for which, first, second in steps:
            left, right = values[first % len(values)], values[second % len(values)]
            choice = which % (len(UNARY) + len(BINARY))
            if choice < len(UNARY):
                values.append(UNARY[choice](left))
            else:
                values.append(BINARY[choice - len(UNARY)](left, right))
        return [values[-1], *gradients(ops.sum(values[-1]), [x, y])]

    return function


@settings(max_examples=60, deadline=None, derandomize=True)
@given(STEPS)
def test_passes_keep_every_bit(steps):
    graph = verify(trace(build(steps), TYPE, TYPE))
    smaller = verify(run_passes(graph))
    for found, expected in zip(run(smaller, ARRAYS), run(graph, ARRAYS), strict=True):
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
        numbers = ~np.isnan(expected)
        assert found[numbers].tobytes() == expected[numbers].tobytes()
    assert run_passes(smaller) is smaller


@settings(max_examples=30, deadline=None, derandomize=True)
@given(STEPS)
def test_text_reads_back(steps):
    graph = run_passes(trace(build(steps), TYPE, TYPE))
    text = to_text(graph)
    assert to_text(verify(from_text(text))) == text
