"""The transpose of a convolution as convolutions, against a loop that adds windows."""

import numpy as np
import pytest

from constnet import dtypes, interpreter
from constnet.ir.types import TensorType
from constnet.ops.input_gradient import input_gradient
from constnet.ops.samples import spread
from constnet.testing import trace
from tests.convolved import scattered

# (places, kernel, channels in a group, filters, extents, strides, dilation, groups)
CASES = [
    ((4,), (3,), 2, 3, (6,), (1,), (1,), 1),
    ((4,), (3,), 2, 3, (9,), (1,), (1,), 1),  # elements that no window reached
    ((4,), (3,), 2, 3, (10,), (1,), (3,), 1),
    ((4,), (1,), 2, 3, (4,), (1,), (1,), 1),
    ((4,), (2,), 2, 3, (8,), (2,), (1,), 1),
    ((4,), (3,), 2, 3, (9,), (2,), (1,), 1),
    ((4,), (3,), 2, 3, (10,), (2,), (1,), 1),  # the last element has no tap
    ((4,), (5,), 2, 3, (11,), (2,), (1,), 1),
    ((3,), (1,), 2, 3, (7,), (3,), (1,), 1),  # two phases in three are empty
    ((3,), (2,), 1, 1, (9,), (3,), (1,), 1),
    ((3,), (7,), 2, 3, (13,), (3,), (1,), 1),
    ((3,), (7,), 2, 3, (15,), (3,), (1,), 1),  # two elements that no window reached
    ((1,), (2,), 2, 3, (2,), (3,), (1,), 1),  # fewer elements than phases
    ((3,), (3,), 2, 3, (9,), (2,), (2,), 1),  # dilation with stride
    ((3,), (3,), 2, 3, (14,), (3,), (3,), 1),
    ((3, 4), (3, 2), 2, 3, (5, 8), (1, 2), (1, 1), 1),
    ((3, 2), (2, 5), 2, 3, (8, 9), (3, 2), (1, 1), 1),
    ((3, 2), (1, 2), 2, 3, (5, 4), (2, 2), (1, 1), 1),
    ((3, 4), (3, 3), 2, 4, (5, 9), (1, 2), (1, 1), 2),
    ((3, 4), (3, 3), 1, 6, (5, 9), (1, 2), (1, 1), 3),
    ((2, 3), (2, 3), 2, 6, (5, 11), (2, 3), (2, 2), 2),
    ((2, 3), (4, 3), 1, 3, (6, 7), (2, 2), (1, 1), 3),
    ((2, 2, 3), (2, 3, 1), 2, 3, (4, 4, 5), (2, 1, 2), (1, 1, 1), 1),
    ((2, 2, 2), (2, 1, 3), 1, 2, (5, 4, 8), (3, 2, 1), (1, 1, 3), 2),
]


@pytest.mark.parametrize(
    ("places", "kernel", "channels", "filters", "extents", "strides", "dilation", "groups"), CASES
)
def test_every_place_adds_its_window(
    places, kernel, channels, filters, extents, strides, dilation, groups
):
    ct = spread(2, *places, filters, dtype="float64")
    weight = spread(*kernel, channels, filters, phase=0.3, dtype="float64")
    graph = trace(
        lambda c, w: [input_gradient(c, w, extents, strides, dilation, groups)],
        TensorType(ct.shape, dtypes.float64), TensorType(weight.shape, dtypes.float64),
    )  # fmt: skip
    (found,) = interpreter.run(graph, [ct, weight])
    expected = scattered(ct, weight, extents, strides, dilation, groups)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def products_of(strides, kernel, extent):
    """Multiply-adds of the convolutions that a one-dimensional transpose becomes."""
    places = (extent - kernel) // strides + 1
    graph = trace(
        lambda c, w: [input_gradient(c, w, (extent,), (strides,), (1,), 1)],
        TensorType((1, places, 1), dtypes.float32), TensorType((kernel, 1, 1), dtypes.float32),
    )  # fmt: skip
    nodes = [node for node in graph.nodes if node.op == "convolution"]
    return sum(node.outputs[0].type.size * node.inputs[1].type.size for node in nodes), len(nodes)


def test_no_product_with_the_zeros_between_strides():
    # 16 elements: of kernel 4 and stride 2 each meets 2 taps, of kernel 2 one, of stride 1 four
    assert products_of(2, 4, 16) == (16 * 2, 2)
    assert products_of(2, 2, 16) == (16, 2)
    assert products_of(1, 4, 16) == (16 * 4, 1)


def test_phases_without_taps_are_zeros_and_no_convolution():
    assert products_of(3, 1, 16) == (6, 1)  # 6 of 16 elements meet the one tap
