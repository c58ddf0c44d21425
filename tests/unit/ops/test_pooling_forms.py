"""Pooling as users write it, against PyTorch's recorded results and loops over windows."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from constnet import dtypes, interpreter, ops
from constnet.autodiff import gradients
from constnet.errors import DTypeError, ShapeError, UsageError
from constnet.ir.types import TensorType
from constnet.ops.samples import spread
from constnet.testing import gradcheck, trace

FIXTURE = Path(__file__).parents[2] / "fixtures" / "windows.json"
RECORDED = [
    pytest.param(entry, id=f"{entry['function']}-{number}")
    for number, entry in enumerate(json.loads(FIXTURE.read_text()))
    if entry["function"].endswith("pool")
]
X = spread(2, 5, 4, 3)


@pytest.mark.parametrize("entry", RECORDED)
def test_result_and_gradient_are_those_of_pytorch(entry):
    x, ct = np.array(entry["x"]), np.array(entry["ct"])

    def both(image, weight):
        y = getattr(ops, entry["function"])(image, **entry["arguments"])
        return [y, *gradients(y, [image], weight)]

    types = [TensorType(array.shape, dtypes.float64) for array in (x, ct)]
    y, dx = interpreter.run(trace(both, *types), [x, ct])
    np.testing.assert_allclose(y, entry["y"], rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(dx, entry["dx"], rtol=1e-13, atol=1e-13)


def by_loops(x, window, strides, low, counts, combine):
    """Pooling of an image one window at a time."""
    y = np.zeros((x.shape[0], *counts, x.shape[-1]), x.dtype)
    for place in itertools.product(*map(range, counts)):
        cut = [slice(None)]
        for p, step, before, size in zip(place, strides, low, window, strict=True):
            start = p * step - before
            cut.append(slice(max(0, start), start + size))
        axes = tuple(range(1, x.ndim - 1))
        y[(slice(None), *place)] = combine(x[tuple(cut)], axis=axes)
    return y


def test_same_has_a_window_for_each_stride_begun():
    # 5 elements, stride 2: 3 windows, 2 * 2 + 3 - 5 = 2 of padding, 1 before; 4 elements: 1 after
    np.testing.assert_allclose(
        ops.average_pool(X, 3, 2, "same"), by_loops(X, (3, 3), (2, 2), (1, 0), (3, 2), np.mean),
        rtol=1e-6,
    )  # fmt: skip
    np.testing.assert_array_equal(
        ops.max_pool(X, 3, 2, "same"), by_loops(X, (3, 3), (2, 2), (1, 0), (3, 2), np.max)
    )


def test_padding_is_never_the_largest():
    x = np.full((1, 4, 1), -3.0, np.float32)
    np.testing.assert_array_equal(ops.max_pool(x, 3, 1, "same"), x)


def test_first_of_equal_maxima_takes_the_gradient():
    def gradient(x):
        return gradients(ops.sum(ops.max_pool(x, (2, 2))), [x])

    graph = trace(gradient, TensorType((1, 2, 2, 1), dtypes.float32))
    (dx,) = interpreter.run(graph, [np.array([0, 7, 7, 7], np.float32).reshape(1, 2, 2, 1)])
    np.testing.assert_array_equal(dx.ravel(), [0, 1, 0, 0])


@pytest.mark.parametrize("pool", [ops.max_pool, ops.average_pool])
def test_second_derivative(pool):
    x = spread(1, 5, 5, 2, dtype="float64")

    def slope(image):
        (gradient,) = gradients(ops.sum(pool(image, 3, 2, "same") ** 3), [image])
        return gradient

    gradcheck(slope, x)


def test_one_window_with_strides_by_default_leaves_a_rest():
    y = ops.max_pool(X, (2, 3))
    np.testing.assert_array_equal(y, by_loops(X, (2, 3), (2, 3), (0, 0), (2, 1), np.max))


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: ops.max_pool(X, 5), ShapeError,
         r"\[max_pool\] window \(5, 5\) does not fit float32\[2, 5, 4, 3\] with padding"),
        (lambda: ops.average_pool(X, (6, 1)), ShapeError,
         r"\[average_pool\] window \(6, 1\) does not fit float32\[2, 5, 4, 3\]"),
        (lambda: ops.max_pool(X, 2, 0), ShapeError, r"\[max_pool\] strides is 0; .* at least 1"),
        (lambda: ops.max_pool(X, (2, 2, 2)), ShapeError,
         r"\[max_pool\] window is .2, 2, 2.; expected one number, or 2"),
        (lambda: ops.max_pool(X[0, 0], 2), ShapeError, r"\[max_pool\] float32\[4, 3\] has no axis"),
        (lambda: ops.max_pool(X, 2, 1, "full"), UsageError, r"\[max_pool\] padding is 'full'"),
        (lambda: ops.max_pool(X, 2, 1, ((2, 0), (0, 0))), ShapeError,
         r"\[max_pool\] padding \(\(2, 0\), \(0, 0\)\) is not smaller than the window \(2, 2\)"),
        (lambda: ops.average_pool(X, 2, 1, ((1, 0),)), ShapeError,
         r"\[average_pool\] padding is ..1, 0.+ for 2 spatial axes"),
        (lambda: ops.max_pool(np.arange(8).reshape(1, 8, 1), 2), DTypeError,
         r"\[max_pool\] needs a float dtype, got int"),
        (lambda: ops.adaptive_max_pool(X, (2, 5)), ShapeError,
         r"\[adaptive_max_pool\] output_size \(2, 5\) is larger than float32\[2, 5, 4, 3\]"),
        (lambda: ops.adaptive_average_pool(X, 0), ShapeError,
         r"\[adaptive_average_pool\] output_size is 0; .* at least 1"),
    ],
)  # fmt: skip
def test_mistakes_are_named(call, error, match):
    with pytest.raises(error, match=match):
        call()
