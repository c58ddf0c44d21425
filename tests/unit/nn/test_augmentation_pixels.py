import numpy as np
import pytest

from constnet import nn
from constnet.errors import UsageError
from constnet.nn.augmentation_pixels import Fill
from constnet.ops.eager import run_at_once

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 4, 5, 3))
ROWS = RNG.integers(-9, 12, (2, 3, 2)).astype(np.int32)
COLUMNS = RNG.integers(-9, 12, (2, 3, 2)).astype(np.int32)


def read(fill, x, rows, columns):
    return run_at_once(fill.read, (x, rows, columns), {})


@pytest.mark.parametrize("kind", ["constant", "edge", "reflect"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "uint8"])
def test_places_outside_are_as_numpy_pads(kind, dtype):
    x = (10 * X + 100).astype(dtype)
    value = 7.0 if kind == "constant" else 0.0
    options = {"constant_values": 7} if kind == "constant" else {}
    padded = np.pad(x, ((0, 0), (12, 12), (12, 12), (0, 0)), kind, **options)
    expected = padded[np.arange(2)[:, None, None], ROWS + 12, COLUMNS + 12]
    found = read(Fill("test", kind, value), x, ROWS, COLUMNS)
    assert found.dtype == x.dtype
    np.testing.assert_array_equal(found, expected)


def test_reflection_in_an_image_of_one_row():
    found = read(Fill("test", "reflect", 0.0), X[:, :1], ROWS, COLUMNS % 5)
    np.testing.assert_array_equal(found, X[np.arange(2)[:, None, None], 0, COLUMNS % 5])


def bilinear(image, row, column):
    """One place between pixels, by the definition; outside is 2."""
    total = 0.0
    for i in range(-2, 7):
        for j in range(-2, 8):
            share = max(0, 1 - abs(row - i)) * max(0, 1 - abs(column - j))
            is_inside = 0 <= i < image.shape[0] and 0 <= j < image.shape[1]
            total = total + share * (image[i, j] if is_inside else 2.0)
    return total


def test_between_pixels_all_four_count_by_their_distance():
    rows, columns = RNG.uniform(-1.5, 4.5, (2, 3, 4)), RNG.uniform(-1.5, 5.5, (2, 3, 4))
    fill = Fill("test", "constant", 2.0)
    found = run_at_once(fill.read_between, (X, rows, columns), {})
    for n, i, j in np.ndindex(rows.shape):
        expected = bilinear(X[n], rows[n, i, j], columns[n, i, j])
        np.testing.assert_allclose(found[n, i, j], expected, rtol=1e-12, atol=1e-12)


def test_gradients_go_back_to_the_pixels_that_were_read():
    layer = nn.RandomShift(1, 2, "edge")
    y = layer.forward(X, training=True)
    dy = RNG.normal(size=y.shape)
    dx = layer.backward(dy)
    nudge = RNG.normal(size=X.shape)
    change = layer.forward(X + nudge, training=True) - y  # the layer is linear
    np.testing.assert_allclose(np.sum(dx * nudge), np.sum(dy * change), rtol=1e-10)


@pytest.mark.parametrize("value", [0.5, -1.0, 256.0])
def test_bytes_hold_whole_numbers_up_to_255(value):
    layer = nn.RandomShift(1, 1, value=value)
    with pytest.raises(UsageError, match=rf"uint8\[1, 2, 2, 1\] and value is {value}"):
        layer.forward(np.zeros((1, 2, 2, 1), np.uint8), training=True)


def test_refused_fills():
    with pytest.raises(UsageError, match=r"fill is 'wrap'; expected 'constant', 'edge', 'reflect'"):
        nn.RandomShift(1, 1, "wrap")
    with pytest.raises(UsageError, match=r"value is 3.0 and fill is 'edge', which takes no value"):
        nn.RandomCrop(2, 2, 1, "edge", 3.0)
