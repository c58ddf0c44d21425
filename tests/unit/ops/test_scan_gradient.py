"""Gradients of scans against central differences, and against the same steps written out."""

import numpy as np
import pytest

from constnet import dtypes, interpreter, ops
from constnet.autodiff import gradients
from constnet.ir.types import TensorType
from constnet.ir.verify import verify
from constnet.testing import gradcheck, trace
from tests.scans import CASES, OPTIONS, total, unrolled, wide


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_gradient_agrees_with_differences(name, options):
    function, arrays = CASES[name]
    gradcheck(lambda *given: total(function(ops.scan, options, *given)), *arrays, rtol=1e-4)


def both(function, arrays):
    types = [TensorType(array.shape, dtypes.as_dtype(array.dtype)) for array in arrays]
    return [
        interpreter.run(verify(trace(lambda *x, s=scan: function(s, *x), *types)), arrays)
        for scan in (ops.scan, unrolled)
    ]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_gradient_agrees_with_the_steps_written_out(name, options):
    function, arrays = CASES[name]
    found, expected = both(
        lambda scan, *x: gradients(total(function(scan, options, *x)), x), arrays
    )
    for left, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("options", OPTIONS[::3], ids=str)
@pytest.mark.parametrize("name", ["lstm", "counted", "nested"])
def test_gradient_of_a_gradient_agrees_with_the_steps_written_out(name, options):
    function, arrays = CASES[name]

    def twice(scan, *x):
        first = gradients(total(function(scan, options, *x)), x)
        return gradients(total([each * each for each in first]), x)

    found, expected = both(twice, arrays)
    for left, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-10, atol=1e-11)


def scans_of(function, arrays):
    types = [TensorType(array.shape, dtypes.float64) for array in arrays]
    graph = trace(lambda *x: gradients(total(function(ops.scan, {}, *x)), x), *types)
    return graph, [node for node in graph.nodes if node.op == "scan"]


def test_weight_gradients_are_one_product_over_all_steps():
    graph, (_, _, back) = scans_of(*CASES["lstm"])
    inside = [node for node in back.attrs.body.graph.nodes if node.op == "matmul"]
    assert len(inside) == 2, "only the cotangents of item and hidden state are products in a step"
    outside = [node for node in graph.nodes if node.op == "matmul"]
    assert [node.inputs[0].type.shape for node in outside] == [(8, 3), (8, 3)]
    assert back.attrs.carries == 2, "no gradient of a weight is added up in the loop"


def test_sum_that_is_no_single_operation_is_a_carry():
    _, (_, _, back) = scans_of(lambda s, o, x, w: s(
        lambda c, i: ((ops.tanh(c[0] * w + i[0]),), ()), (w,), (x,), **o)[0],
        [wide(4, 3), wide(3, phase=0.4)],
    )  # fmt: skip
    assert back.attrs.carries == 2


def test_recompute_keeps_carries_only():
    def stacks(options):
        function, arrays = CASES["lstm"]
        types = [TensorType(array.shape, dtypes.float64) for array in arrays]
        graph = trace(lambda *x: gradients(total(function(ops.scan, options, *x)), x), *types)
        forward = [node for node in graph.nodes if node.op == "scan"][1]
        return len(forward.outputs) - 3

    assert stacks({"recompute": True}) == 2
    assert stacks({}) > 2
