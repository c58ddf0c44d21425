import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

LAYERS = (
    "AdaptiveAveragePool1D",
    "AdaptiveAveragePool2D",
    "AdaptiveAveragePool3D",
    "AdaptiveMaxPool1D",
    "AdaptiveMaxPool2D",
    "AdaptiveMaxPool3D",
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradient_are_those_of_pytorch(image, dtype, agrees_with_pytorch):
    agrees_with_pytorch(image, dtype)


def test_sizes_that_divide_are_ordinary_pooling():
    x = np.random.default_rng(0).normal(size=(2, 6, 4, 3))
    expected = nn.MaxPool2D((3, 2)).forward(x)
    np.testing.assert_array_equal(nn.AdaptiveMaxPool2D(2).forward(x), expected)


def test_saved_and_read_back():
    layer = nn.AdaptiveAveragePool2D((3, 2))
    assert nn.from_config(layer.config()).config() == layer.config()


def test_refused():
    with pytest.raises(UsageError, match=r"output_size is 0; expected 1 to"):
        nn.AdaptiveMaxPool2D(0)
    message = r"output_size \(4, 4\) is larger than the image of \(3, 5\)\. Use at most \(3, 5\)"
    with pytest.raises(ShapeError, match=message):
        nn.AdaptiveAveragePool2D(4).build((3, 5, 1))
