"""A training step has one result: widths of vectors, threads and compilers all give its bits."""

import functools

import numpy as np
import pytest

from constnet import dtypes, interpreter, ops
from constnet.autodiff import gradients
from constnet.ir.types import TensorType
from constnet.lowering.contraction import PARALLEL_PRODUCTS
from constnet.lowering.loops import PARALLEL_ELEMENTS
from constnet.lowering.lower import lower
from constnet.passes import run as run_passes
from constnet.testing import trace
from tests.lowered import COMPILERS, arrays_for, assert_same_bits, outputs_of, target_of

pytestmark = pytest.mark.skipif(not COMPILERS, reason="no C compiler: see `constnet doctor`")
SMALL, LARGE = (7, 5, 9, 3), (100, 130, 150, 10)
DONATIONS = {0: 1, 1: 2, 2: 3, 3: 4}


def step(x, w1, b1, w2, b2, y):
    """One step of gradient descent on softmax cross entropy, and its loss."""
    hidden = ops.gelu(x @ w1 + b1)
    loss = -ops.mean(ops.sum(ops.log_softmax(hidden @ w2 + b2) * ops.softmax(y), 1))
    parameters = [w1, b1, w2, b2]
    made = zip(parameters, gradients(loss, parameters), strict=True)
    return [*(old - 0.1 * gradient for old, gradient in made), loss]


@functools.cache
def graph_and_arrays(sizes):
    batch, inputs, hidden, classes = sizes
    shapes = [(batch, inputs), (inputs, hidden), (hidden,), (hidden, classes), (classes,)]
    types = [TensorType(s, dtypes.float32) for s in [*shapes, (batch, classes)]]
    graph = run_passes(trace(step, *types))
    return graph, arrays_for(graph, low=-0.4, high=0.4)


@functools.cache
def result(sizes, numerics, vector_bytes, compiler, threads):
    graph, arrays = graph_and_arrays(sizes)
    program = lower(graph, target_of(vector_bytes, 2, fma=True), numerics, DONATIONS)
    options = {"compiler": COMPILERS[compiler], "threads": threads}
    return outputs_of(program, graph, arrays, donations=DONATIONS, **options)


def reference(sizes, numerics):
    if numerics == "exact":
        return interpreter.run(*graph_and_arrays(sizes))
    return result(sizes, numerics, 64, 0, 1)


def test_large_step_is_shared_by_threads():
    batch, inputs, hidden, _ = LARGE
    assert batch * inputs * hidden > PARALLEL_PRODUCTS
    assert inputs * hidden > PARALLEL_ELEMENTS
    program = lower(graph_and_arrays(LARGE)[0], target_of(64), "exact", DONATIONS)
    assert sum(kernel.parallel for kernel in program.kernels) >= 3


@pytest.mark.parametrize("numerics", ["exact", "fma"])
@pytest.mark.parametrize("sizes", [SMALL, LARGE], ids=["small", "large"])
def test_one_narrow_and_one_wide_machine(sizes, numerics):
    expected = reference(sizes, numerics)
    assert_same_bits(result(sizes, numerics, 64, 0, 2), expected)
    assert_same_bits(result(sizes, numerics, 16, len(COMPILERS) - 1, 3), expected)


@pytest.mark.slow
@pytest.mark.parametrize("compiler", range(len(COMPILERS)), ids=lambda n: COMPILERS[n].name)
@pytest.mark.parametrize("numerics", ["exact", "fma"])
@pytest.mark.parametrize("vector_bytes", [0, 16, 32, 64])
@pytest.mark.parametrize("sizes", [SMALL, LARGE], ids=["small", "large"])
def test_every_machine(sizes, vector_bytes, numerics, compiler):
    for threads in (1, 2, 3):
        found = result(sizes, numerics, vector_bytes, compiler, threads)
        assert_same_bits(found, reference(sizes, numerics), f"{threads} threads")


def test_modes_differ_by_rounding_only():
    exact, fused = reference(LARGE, "exact"), reference(LARGE, "fma")
    assert any(not np.array_equal(a, b) for a, b in zip(exact, fused, strict=True))
    for left, right in zip(exact, fused, strict=True):
        np.testing.assert_allclose(left, right, rtol=2e-5, atol=2e-6)
