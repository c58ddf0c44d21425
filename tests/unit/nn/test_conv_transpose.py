import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

LAYERS = ("ConvTranspose1D", "ConvTranspose2D", "ConvTranspose3D")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradients_are_those_of_pytorch(image, dtype, agrees_with_pytorch):
    agrees_with_pytorch(image, dtype)


def test_gradients_agree_with_differences(difference_agrees):
    x = np.random.default_rng(0).normal(size=(1, 2, 3, 2))
    difference_agrees(nn.ConvTranspose2D(2, 3, 2, "same", activation="tanh"), x)


def test_it_is_the_transpose_of_a_convolution():
    """<conv(x), y> = <x, conv_transpose(y)> for the same weight."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(1, 6, 6, 2)), rng.normal(size=(1, 3, 3, 4))
    forward = nn.Conv2D(4, 3, 2, "same", use_bias=False)
    back = nn.ConvTranspose2D(2, 3, 2, "same", use_bias=False)
    there = forward.forward(x)
    back.forward(y)
    back.weight.data = forward.weight.data
    np.testing.assert_allclose(np.sum(there * y), np.sum(x * back.forward(y)), rtol=1e-12)


def test_fans_count_input_channels():
    layer = nn.ConvTranspose2D(10, 3, kernel_initializer="he_normal")
    layer.build((4, 4, 300))
    layer.initialize(0, "float64")
    assert layer.weight.shape == (3, 3, 10, 300)
    assert np.var(layer.weight.data) == pytest.approx(2 / (9 * 300), rel=0.05)


def test_refused():
    with pytest.raises(UsageError, match=r"filters is 0; expected 1 to"):
        nn.ConvTranspose2D(0, 3)
    message = r"windows cover \(3, 4\), of which the padding \(\(2, 1\), \(0, 0\)\) leaves \(0, 4\)"
    with pytest.raises(ShapeError, match=message):
        nn.ConvTranspose2D(1, 3, padding=((2, 1), 0)).build((1, 2, 1))
    layer = nn.ConvTranspose1D(1, 3)
    layer.forward(np.ones((1, 2, 3)))
    with pytest.raises(ShapeError, match=r"it has 3 input channels"):
        layer.forward(np.ones((1, 2, 4)))
