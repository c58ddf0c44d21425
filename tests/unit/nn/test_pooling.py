import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

LAYERS = (
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "AveragePool1D",
    "AveragePool2D",
    "AveragePool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalAveragePool1D",
    "GlobalAveragePool2D",
    "GlobalAveragePool3D",
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradient_are_those_of_pytorch(image, dtype, agrees_with_pytorch):
    agrees_with_pytorch(image, dtype)


def test_padding_is_never_the_largest():
    y = nn.MaxPool2D(3, 2, "same").forward(np.full((1, 3, 3, 1), -5.0))
    np.testing.assert_array_equal(y, np.full((1, 2, 2, 1), -5.0))


def test_a_mean_is_of_what_is_inside():
    ones = np.ones((1, 3, 1))
    inside = nn.AveragePool1D(2, 1, (1, 0)).forward(ones)
    np.testing.assert_array_equal(inside[0, :, 0], [1, 1, 1])
    counted = nn.AveragePool1D(2, 1, (1, 0), count_padding=True).forward(ones)
    np.testing.assert_array_equal(counted[0, :, 0], [0.5, 1, 1])


def test_gradient_of_overlapping_windows():
    layer = nn.MaxPool1D(2, 1)
    layer.forward(np.array([[[1.0], [3.0], [2.0]]]))
    np.testing.assert_array_equal(layer.backward(np.array([[[5.0], [7.0]]]))[0, :, 0], [0, 12, 0])


def test_strides_default_to_the_window():
    layer = nn.AveragePool2D((2, 3))
    layer.build((5, 7, 1))
    assert layer.output_shapes == ((2, 2, 1),)


def test_saved_and_read_back():
    for layer in (
        nn.MaxPool2D((2, 3), 1, ((1, 0), (2, 1))),
        nn.AveragePool1D(3, 2, "same", count_padding=True),
        nn.GlobalAveragePool2D(keepdims=True),
    ):
        again = nn.from_config(layer.config())
        assert again.config() == layer.config()
        x = np.random.default_rng(0).normal(size=(2, *(4,) * layer.spatial_rank, 3))
        np.testing.assert_array_equal(again.forward(x), layer.forward(x))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.MaxPool2D(0), r"pool_size is 0; expected 1 to"),
        (lambda: nn.MaxPool2D(2, 0), r"strides is 0; expected 1 to"),
        (lambda: nn.MaxPool1D(2, padding="causal"), r"padding is 'causal'; expected 'valid', 'sa"),
        (lambda: nn.AveragePool2D(count_padding=1), r"count_padding is 1; expected True or False"),
        (lambda: nn.AveragePool2D(padding=2), r"is not smaller than the window of \(2, 2\)"),
        (lambda: nn.GlobalMaxPool2D(keepdims=1), r"keepdims is 1; expected True or False"),
    ],
)
def test_refused_arguments(make, message):
    with pytest.raises(UsageError, match=message):
        make()


def test_refused_images():
    message = (
        r"window of \(3, 3\) is larger than the padded input of \(2, 4\)\. Use a smaller pool_"
    )
    with pytest.raises(ShapeError, match=message):
        nn.MaxPool2D(3).build((2, 4, 1))
    with pytest.raises(ShapeError, match=r"GlobalMaxPool2D\(\) receives \(batch, 9\)"):
        nn.GlobalMaxPool2D().build(9)
