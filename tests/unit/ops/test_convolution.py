"""The records of a convolution and its weight gradient, against windows and einsum."""

import numpy as np
import pytest

from constnet import dtypes, interpreter, ops
from constnet.errors import DTypeError, ShapeError
from constnet.ir.types import TensorType
from constnet.ops.attributes import Convolution
from constnet.ops.convolution import WeightGradient, output_extents
from constnet.ops.op import get
from constnet.ops.samples import spread
from constnet.ops.tensor import apply
from constnet.testing import gradcheck, trace
from tests.convolved import convolved, weight_gradient

# Each: image, weight, strides, dilation and groups.
CASES = [
    ((2, 9, 3), (4, 3, 5), (1,), (1,), 1),
    ((2, 9, 4), (3, 2, 6), (2,), (2,), 2),
    ((1, 5, 1), (5, 1, 1), (3,), (1,), 1),
    ((2, 6, 7, 3), (3, 2, 3, 4), (1, 1), (1, 1), 1),
    ((2, 9, 8, 2), (2, 3, 2, 5), (2, 3), (3, 1), 1),
    ((1, 5, 6, 6), (3, 3, 2, 9), (1, 2), (1, 2), 3),
    ((2, 4, 5, 4), (2, 2, 1, 8), (2, 1), (1, 1), 4),
    ((2, 3, 3, 5), (1, 1, 5, 2), (2, 2), (1, 1), 1),
    ((1, 4, 5, 3, 2), (2, 3, 1, 2, 3), (1, 1, 1), (1, 1, 1), 1),
    ((2, 5, 4, 6, 4), (2, 2, 3, 2, 2), (2, 1, 3), (2, 1, 1), 2),
]
SIXTEENTHS = 16.0


def exact(shape, phase=0.0):
    """Multiples of 1/16: sums of their products are exact in any order."""
    values = spread(*shape, low=-4.0, high=4.0, phase=phase)
    return (np.round(values * SIXTEENTHS) / SIXTEENTHS).astype(np.float32)


@pytest.mark.parametrize(("image", "weight", "strides", "dilation", "groups"), CASES)
def test_convolution_is_windows_times_weight(image, weight, strides, dilation, groups):
    x, w = exact(image), exact(weight, 0.3)
    y = get("convolution").reference(Convolution(strides, dilation, groups), x, w)
    expected = convolved(x, w, None, strides, dilation, groups)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, expected)
    attrs = Convolution(strides, dilation, groups)
    assert output_extents(image[1:-1], weight[:-2], attrs) == expected.shape[1:-1]


@pytest.mark.parametrize(("image", "weight", "strides", "dilation", "groups"), CASES)
def test_weight_gradient_is_windows_times_cotangent(image, weight, strides, dilation, groups):
    x, w = exact(image), exact(weight, 0.3)
    ct = exact(convolved(x, w, None, strides, dilation, groups).shape, 0.7)
    attrs = WeightGradient(weight[:-2], strides, dilation, groups)
    found = get("convolution_weight_gradient").reference(attrs, x, ct)
    np.testing.assert_array_equal(
        found, weight_gradient(x, ct, weight[:-2], strides, dilation, groups)
    )


@pytest.mark.parametrize(("image", "weight", "strides", "dilation", "groups"), CASES)
def test_gradients_are_finite_differences(image, weight, strides, dilation, groups):
    x, w = spread(*image, dtype="float64"), spread(*weight, phase=0.3, dtype="float64")

    def product(left, right):
        return apply("convolution", Convolution(strides, dilation, groups), left, right)

    gradcheck(product, x, w)


def test_terms_are_added_by_ascending_tap_then_channel_with_two_roundings():
    x = spread(1, 3, 4, 3, low=-1e3)
    w = spread(2, 3, 3, 1, low=-1e3, phase=0.1)
    total = np.float32(0)
    for row in range(2):
        for column in range(3):
            for channel in range(3):
                total += x[0, 1 + row, 1 + column, channel] * w[row, column, channel, 0]
    y = get("convolution").reference(Convolution((1, 1), (1, 1)), x, w)
    assert y[0, 1, 1, 0] == total


def test_weight_gradient_adds_samples_then_places():
    x, ct = spread(3, 4, 1, low=-1e3), spread(3, 3, 1, low=-1e3, phase=0.1)
    total = np.float32(0)
    for sample in range(3):
        for place in range(3):
            total += x[sample, place + 1, 0] * ct[sample, place, 0]
    found = get("convolution_weight_gradient").reference(WeightGradient((2,), (1,), (1,)), x, ct)
    assert found[1, 0, 0] == total


def test_other_precisions_keep_their_dtype():
    x, w = spread(1, 4, 4, 2, dtype="float64"), spread(2, 2, 2, 3, phase=0.2, dtype="float64")
    y = np.asarray(ops.convolution(x, w))
    assert y.dtype == np.float64
    np.testing.assert_allclose(y, convolved(x, w), rtol=1e-13)


def test_a_batch_of_nothing_has_no_output():
    graph = trace(
        lambda x, w: [apply("convolution", Convolution((1,), (1,)), x, w)],
        TensorType((0, 4, 2), dtypes.float32), TensorType((3, 2, 5), dtypes.float32),
    )  # fmt: skip
    (y,) = interpreter.run(graph, [np.zeros((0, 4, 2), "f4"), np.zeros((3, 2, 5), "f4")])
    assert y.shape == (0, 2, 5)


def infer(op, attrs, *types):
    return get(op).infer(attrs, types)


def of(*shape, dtype=dtypes.float32):
    return TensorType(shape, dtype)


PLAIN = Convolution((1, 1), (1, 1))
REFUSED = [
    (PLAIN, of(1, 3, 3, 1), of(5, 5, 1, 2),
     ShapeError, r"a window of \(5, 5\) with dilation \(1, 1\) does not fit the padded image"),
    (PLAIN, of(1, 3, 3, 1), of(0, 1, 1, 2), ShapeError, r"a window of \(0, 1\) .* does not fit"),
    (Convolution((1, 1), (3, 1)), of(1, 3, 3, 1), of(2, 1, 1, 2),
     ShapeError, r"with dilation \(3, 1\) does not fit"),
    (PLAIN, of(1, 3, 3, 2), of(3, 3, 1, 2),
     ShapeError, r"float32\[1, 3, 3, 2\] has 2 channels and the weight .* takes 1 in each of 1"),
    (Convolution((1, 1), (1, 1), 2), of(1, 3, 3, 3), of(3, 3, 1, 2),
     ShapeError, r"2 groups do not divide 3 input channels and 2 filters"),
    (Convolution((1, 1), (1, 1), 2), of(1, 3, 3, 4), of(3, 3, 2, 3),
     ShapeError, r"2 groups do not divide 4 input channels and 3 filters"),
    (Convolution((1, 1), (1, 1), 0), of(1, 3, 3, 4), of(3, 3, 2, 3),
     ShapeError, r"0 groups do not divide"),
    (PLAIN, of(1, 3, 1), of(3, 1, 2), ShapeError, r"images and weights of rank 4, got float32\[1"),
    (PLAIN, of(1, 3, 3, 1), of(3, 1, 2), ShapeError, r"images and weights of rank 4"),
    (Convolution((1, 1), (1,)), of(1, 3, 3, 1), of(3, 3, 1, 2),
     ShapeError, r"strides \(1, 1\) and dilation \(1,\) are for images and weights of rank 4"),
    (Convolution((0, 1), (1, 1)), of(1, 3, 3, 1), of(3, 3, 1, 2),
     ShapeError, r"strides \(0, 1\) and dilation \(1, 1\) .* must be at least 1"),
    (Convolution((1, 1), (1, 0)), of(1, 3, 3, 1), of(3, 3, 1, 2),
     ShapeError, r"dilation \(1, 0\) .* must be at least 1"),
    (PLAIN, of(1, 3, 3, 1), of(3, 3, 1, 2, dtype=dtypes.float64),
     DTypeError, r"operands have different dtypes: float32\[1, 3, 3, 1\]"),
    (PLAIN, of(1, 3, 3, 1, dtype=dtypes.int32), of(3, 3, 1, 2, dtype=dtypes.int32),
     DTypeError, r"int32"),
]  # fmt: skip


@pytest.mark.parametrize(("attrs", "image", "weight", "error", "message"), REFUSED)
def test_refused_convolutions(attrs, image, weight, error, message):
    with pytest.raises(error, match=r"\[convolution\] .*" + message):
        infer("convolution", attrs, image, weight)


@pytest.mark.parametrize(
    ("attrs", "image", "ct", "error", "message"),
    [
        (WeightGradient((3, 3), (1, 1), (1, 1)), of(2, 5, 6, 3), of(2, 3, 3, 4),
         ShapeError,
         r"6, 3\] has \(3, 4\) places, the cotangent float32\[2, 3, 3, 4\] has"),
        (WeightGradient((3, 3), (1, 1), (1, 1)), of(2, 5, 6, 3), of(1, 3, 4, 4),
         ShapeError, r"has others"),
        (WeightGradient((3,), (1,), (1,)), of(2, 5, 6, 3), of(2, 3, 3, 4),
         ShapeError, r"images and weights of rank 3, got"),
        (WeightGradient((3, 3), (1, 1), (1, 1), 2), of(2, 5, 6, 3), of(2, 3, 4, 4),
         ShapeError, r"2 groups do not divide 3 input channels and 4 filters"),
        (WeightGradient((3, 3), (1, 1), (1, 1)), of(2, 5, 6, 3),
         of(2, 3, 4, 4, dtype=dtypes.float64), DTypeError, r"operands have different dtypes"),
    ],
)  # fmt: skip
def test_refused_weight_gradients(attrs, image, ct, error, message):
    with pytest.raises(error, match=r"\[convolution_weight_gradient\] .*" + message):
        infer("convolution_weight_gradient", attrs, image, ct)
