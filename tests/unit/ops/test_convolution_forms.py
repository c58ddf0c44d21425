"""Convolutions as users write them: padding by name, depthwise, transposed, against NumPy."""

import numpy as np
import pytest

from constnet import dtypes, interpreter, ops
from constnet.errors import ShapeError, UsageError
from constnet.ir.types import TensorType
from constnet.ops.convolution_forms import padded_image, padding_widths, per_axis
from constnet.ops.samples import spread
from constnet.testing import gradcheck, trace
from tests.convolved import convolved, scattered


def pair(image, weight):
    return spread(*image, dtype="float64"), spread(*weight, phase=0.3, dtype="float64")


def assert_close(found, expected):
    assert np.asarray(found).shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


# (extent, reach, stride, before, after): worked out by hand from Keras' rule
SAME = [
    (5, 3, 1, 1, 1),
    (5, 2, 1, 0, 1),  # the odd element after
    (5, 4, 1, 1, 2),
    (5, 3, 2, 1, 1),
    (6, 3, 2, 0, 1),
    (7, 2, 2, 0, 1),
    (8, 5, 3, 1, 2),
    (9, 1, 4, 0, 0),
    (10, 2, 5, 0, 0),  # windows that leave elements out: nothing is cut
    (224, 7, 2, 2, 3),  # the first layer of a residual network
    (5, 9, 1, 4, 4),  # wider than the image
    (1, 3, 2, 1, 1),
]


@pytest.mark.parametrize(("extent", "reach", "stride", "before", "after"), SAME)
def test_same_padding_is_that_of_keras(extent, reach, stride, before, after):
    assert padding_widths("f", "same", (extent,), (reach,), (stride,)) == ((before, after),)


def test_other_paddings():
    assert padding_widths("f", "valid", (5, 6), (3, 3), (1, 1)) == ((0, 0), (0, 0))
    assert padding_widths("f", "causal", (5,), (5,), (2,)) == ((4, 0),)
    assert padding_widths("f", ((1, 0), (2, 3)), (5, 6), (3, 3), (1, 1)) == ((1, 0), (2, 3))
    assert padding_widths("f", "same", (5, 6), (3, 4), (2, 1)) == ((1, 1), (1, 2))


# Each: image, weight, options, and the widths, strides, dilation and groups these mean.
FORMS = [
    ((2, 7, 3), (3, 3, 4), {}, [(0, 0)], (1,), (1,), 1),
    ((2, 7, 3), (4, 3, 4), {"padding": "same"}, [(1, 2)], (1,), (1,), 1),
    ((2, 8, 3), (3, 3, 4), {"padding": "same", "strides": 2}, [(0, 1)], (2,), (1,), 1),
    ((2, 7, 3), (3, 3, 4), {"padding": "causal", "dilation": 2}, [(4, 0)], (1,), (2,), 1),
    ((2, 7, 3), (3, 3, 4), {"padding": "causal", "strides": 3}, [(2, 0)], (3,), (1,), 1),
    ((2, 7, 4), (3, 2, 6), {"padding": ((0, 3),), "groups": 2}, [(0, 3)], (1,), (1,), 2),
    ((1, 5, 6, 2), (3, 2, 2, 3), {"padding": "same"}, [(1, 1), (0, 1)], (1, 1), (1, 1), 1),
    ((1, 5, 6, 2), (3, 3, 2, 3), {"padding": "same", "strides": (2, 3)},
     [(1, 1), (0, 0)], (2, 3), (1, 1), 1),
    ((1, 7, 6, 2), (3, 3, 2, 3), {"padding": "same", "dilation": (2, 1)},
     [(2, 2), (1, 1)], (1, 1), (2, 1), 1),
    ((1, 5, 6, 4), (3, 3, 1, 8), {"padding": [(2, 0), (0, 1)], "groups": 4, "strides": (1, 2)},
     [(2, 0), (0, 1)], (1, 2), (1, 1), 4),
    ((1, 3, 4, 5, 2), (2, 3, 2, 2, 3), {"padding": "same", "strides": (1, 2, 2)},
     [(0, 1), (0, 1), (0, 1)], (1, 2, 2), (1, 1, 1), 1),
    ((1, 4, 3, 5, 2), (2, 1, 2, 2, 3), {"dilation": (3, 1, 2)},
     [(0, 0)] * 3, (1, 1, 1), (3, 1, 2), 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("image", "weight", "options", "widths", "strides", "dilation", "groups"), FORMS
)
def test_convolution(image, weight, options, widths, strides, dilation, groups):
    x, w = pair(image, weight)
    found = ops.convolution(x, w, **options)
    assert_close(found, convolved(x, w, widths, strides, dilation, groups))


@pytest.mark.parametrize(
    ("image", "weight", "options", "widths", "strides", "dilation"),
    [
        ((2, 6, 3), (3, 3, 1), {}, [(0, 0)], (1,), (1,)),
        ((2, 6, 3), (3, 3, 2), {"padding": "causal"}, [(2, 0)], (1,), (1,)),
        ((1, 5, 6, 5), (3, 3, 5, 1), {"padding": "same"}, [(1, 1), (1, 1)], (1, 1), (1, 1)),
        ((1, 5, 6, 2), (2, 3, 2, 3), {"strides": (2, 1)}, [(0, 0)] * 2, (2, 1), (1, 1)),
        ((1, 5, 6, 2), (2, 2, 2, 2), {"dilation": (1, 3)}, [(0, 0)] * 2, (1, 1), (1, 3)),
        ((1, 3, 4, 3, 2), (2, 2, 2, 2, 2), {}, [(0, 0)] * 3, (1, 1, 1), (1, 1, 1)),
    ],
)
def test_depthwise_is_a_convolution_of_each_channel(
    image, weight, options, widths, strides, dilation
):
    x, w = pair(image, weight)
    channels = range(image[-1])
    alone = [
        convolved(x[..., c : c + 1], w[..., c : c + 1, :], widths, strides, dilation)
        for c in channels
    ]
    assert_close(ops.depthwise_convolution(x, w, **options), np.concatenate(alone, axis=-1))


# Each: image, weight, options, extents before cutting, strides, dilation, what is cut.
TRANSPOSED = [
    ((2, 4, 3), (3, 2, 3), {}, (6,), (1,), (1,), [(0, 0)]),
    ((2, 4, 3), (3, 2, 3), {"strides": 2}, (9,), (2,), (1,), [(0, 0)]),  # 4 * 2 + max(3 - 2, 0)
    ((2, 4, 3), (2, 2, 3), {"strides": 3}, (12,), (3,), (1,), [(0, 0)]),  # 4 * 3 + 0, a zero last
    ((2, 4, 3), (3, 2, 3), {"strides": 2, "padding": "same"}, (9,), (2,), (1,), [(0, 1)]),
    ((2, 4, 3), (5, 2, 3), {"strides": 2, "padding": "same"}, (11,), (2,), (1,), [(1, 2)]),
    ((2, 4, 3), (2, 2, 3), {"strides": 3, "padding": "same"}, (12,), (3,), (1,), [(0, 0)]),
    ((2, 4, 3), (3, 2, 3), {"padding": "same"}, (6,), (1,), (1,), [(1, 1)]),
    ((2, 4, 3), (4, 2, 3), {"strides": 2, "padding": ((1, 1),)}, (10,), (2,), (1,), [(1, 1)]),
    ((2, 4, 3), (3, 2, 3), {"strides": 2, "padding": ((0, 2),)}, (9,), (2,), (1,), [(0, 2)]),
    ((2, 4, 3), (3, 2, 3), {"padding": "causal"}, (6,), (1,), (1,), [(2, 0)]),
    ((2, 4, 3), (3, 2, 3), {"dilation": 2}, (8,), (1,), (2,), [(0, 0)]),
    ((2, 4, 3), (3, 2, 3), {"strides": 2, "dilation": 2}, (11,), (2,), (2,), [(0, 0)]),
    ((1, 3, 2, 2), (3, 2, 4, 2), {"strides": (2, 3)}, (7, 6), (2, 3), (1, 1), [(0, 0)] * 2),
    ((1, 3, 2, 2), (3, 4, 1, 2), {"strides": (2, 3), "padding": "same"},
     (7, 7), (2, 3), (1, 1), [(0, 1), (0, 1)]),
    ((1, 2, 3, 2, 2), (2, 3, 1, 3, 2), {"strides": (2, 1, 2)},
     (4, 5, 4), (2, 1, 2), (1, 1, 1), [(0, 0)] * 3),
]  # fmt: skip


@pytest.mark.parametrize(
    ("image", "weight", "options", "full", "strides", "dilation", "cut"), TRANSPOSED
)
def test_transposed_adds_a_window_for_every_element(
    image, weight, options, full, strides, dilation, cut
):
    x, w = pair(image, weight)
    whole = scattered(x, w, full, strides, dilation)
    kept = tuple(
        slice(before, extent - after) for (before, after), extent in zip(cut, full, strict=True)
    )
    assert_close(ops.convolution_transpose(x, w, **options), whole[(slice(None), *kept)])


def test_transposed_undoes_the_extents_of_a_convolution():
    x, w = pair((1, 7, 9, 2), (3, 3, 2, 4))
    made = ops.convolution(x, w, strides=2, padding="same")
    back = ops.convolution_transpose(made, w, strides=2, padding="same")
    assert (np.asarray(made).shape, np.asarray(back).shape) == ((1, 4, 5, 4), (1, 8, 10, 2))


@pytest.mark.parametrize(
    ("function", "image", "weight", "options"),
    [
        (ops.convolution, (1, 5, 4, 2), (3, 2, 2, 3), {"padding": "same", "strides": (2, 1)}),
        (ops.convolution, (2, 6, 4), (3, 2, 4), {"padding": "causal", "groups": 2}),
        (ops.depthwise_convolution, (1, 5, 4, 3), (3, 3, 3, 2), {"padding": "same"}),
        (ops.convolution_transpose, (1, 3, 2, 2), (3, 3, 3, 2), {"strides": 2}),
        (ops.convolution_transpose, (2, 4, 2), (2, 3, 2), {"strides": 3, "padding": "same"}),
    ],
)
def test_gradients_are_finite_differences(function, image, weight, options):
    gradcheck(lambda x, w: function(x, w, **options), *pair(image, weight))


def test_one_number_is_for_each_axis():
    assert per_axis("f", "strides", 2, 3) == (2, 2, 2)
    assert per_axis("f", "strides", [1, 2], 2) == (1, 2)


ROW = TensorType((2, 3, 2), dtypes.float32)
IMAGE, WEIGHT = np.zeros((1, 5, 5, 2)), np.zeros((3, 3, 2, 4))
SERIES, TAPS = np.zeros((1, 5, 2)), np.zeros((3, 2, 4))
REFUSED = [
    (ops.convolution, IMAGE, WEIGHT, {"strides": (1, 2, 3)}, ShapeError,
     r"\[convolution\] strides is \[1, 2, 3\]; expected one number, or 2, of at least 1"),
    (ops.convolution, IMAGE, WEIGHT, {"strides": 0}, ShapeError, r"strides is 0; expected one"),
    (ops.convolution, IMAGE, WEIGHT, {"dilation": (1, -1)}, ShapeError,
     r"dilation is \[1, -1\]; expected one number, or 2"),
    (ops.convolution, IMAGE, WEIGHT, {"padding": "causal"}, UsageError,
     r"\[convolution\] padding is 'causal' for 2 spatial axes; expected 'valid', 'same', 'causal'"),
    (ops.convolution, SERIES, TAPS, {"padding": "full"}, UsageError, r"padding is 'full' for 1"),
    (ops.convolution, IMAGE, WEIGHT, {"padding": ((1, 1),)}, ShapeError,
     r"padding is \[\[1, 1\]\] for 2 spatial axes; expected a pair"),
    (ops.convolution, IMAGE, WEIGHT, {"padding": ((1, 1), (0, -1))}, ShapeError,
     r"expected a pair \(before, after\) of at least 0"),
    (ops.convolution, IMAGE, TAPS, {}, ShapeError,
     (r"takes an image \(batch, 1 to 3 spatial axes, channels\) and a weight of the same rank, got "
      r"float64\[1, 5, 5, 2\] and float64\[3, 2, 4\]")),
    (ops.convolution, np.zeros((5, 2)), np.zeros((2, 4)), {}, ShapeError, r"1 to 3 spatial axes"),
    (ops.convolution, np.zeros((1,) * 6), np.zeros((1,) * 6), {}, ShapeError,
     r"1 to 3 spatial axes"),
    (ops.convolution, IMAGE, np.zeros((6, 3, 2, 4)), {}, ShapeError, r"does not fit the padded"),
    (ops.depthwise_convolution, IMAGE, np.zeros((3, 3, 3, 1)), {}, ShapeError,
     (r"\[depthwise_convolution\] the image float64\[1, 5, 5, 2\] has 2 channels and the weight "
      r"float64\[3, 3, 3, 1\] is for 3")),
    (ops.depthwise_convolution, IMAGE, TAPS, {}, ShapeError,
     r"\[depthwise_convolution\] takes an image"),
    (ops.convolution_transpose, IMAGE, WEIGHT, {}, ShapeError,
     (r"\[convolution_transpose\] the image float64\[1, 5, 5, 2\] has 2 channels and the weight "
      r"float64\[3, 3, 2, 4\] takes 4, its last axis")),
    (ops.convolution_transpose, SERIES, np.zeros((3, 4, 2)), {"padding": ((4, 3),)}, ShapeError,
     r"padding \[\[4, 3\]\] leaves extents \(0,\) of \(7,\) for float64\[1, 5, 2\]. Pad less"),
    (ops.convolution_transpose, SERIES, np.zeros((3, 4, 2)), {"padding": "full"}, UsageError,
     r"\[convolution_transpose\] padding is 'full'"),
    (ops.convolution_transpose, SERIES, np.zeros((3, 4, 2)), {"strides": -1}, ShapeError,
     r"\[convolution_transpose\] strides is -1"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "x", "weight", "options", "error", "message"), REFUSED)
def test_refused(function, x, weight, options, error, message):
    with pytest.raises(error, match=message):
        function(x, weight, **options)


def test_padding_nothing_is_the_image_itself():
    same = []
    trace(lambda x: [same.append(padded_image(x, [(0, 0)]) is x) or x * 1.0], ROW)
    assert same == [True]


def test_padding_with_a_value():
    x = spread(2, 3, 2)
    graph = trace(lambda image: [padded_image(image, [(1, 2)], -5.0)], ROW)
    (found,) = interpreter.run(graph, [x])
    np.testing.assert_array_equal(found, np.pad(x, [(0, 0), (1, 2), (0, 0)], constant_values=-5.0))
