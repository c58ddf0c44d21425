import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

LAYERS = ("DepthwiseConv1D", "DepthwiseConv2D")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradients_are_those_of_pytorch(image, dtype, agrees_with_pytorch):
    agrees_with_pytorch(image, dtype)


def test_gradients_agree_with_differences(difference_agrees):
    x = np.random.default_rng(0).normal(size=(2, 4, 3, 2))
    difference_agrees(nn.DepthwiseConv2D(2, depth_multiplier=2, activation="tanh"), x)


def test_channels_do_not_mix():
    x = np.random.default_rng(0).normal(size=(1, 4, 4, 3))
    layer = nn.DepthwiseConv2D(3, depth_multiplier=2)
    before = layer.forward(x)
    x[..., 1] = 0
    changed = (layer.forward(x) != before).any(axis=(0, 1, 2))
    assert changed.tolist() == [False, False, True, True, False, False]


def test_fans_count_one_channel():
    """The window of one channel reaches an output: fan_in is 5 * 5, whatever the channels."""
    layer = nn.DepthwiseConv2D(5, kernel_initializer="he_normal")
    layer.build((8, 8, 400))
    layer.initialize(0, "float64")
    weight = layer.weight.data
    assert np.var(weight) == pytest.approx(2 / 25, rel=0.05)
    assert not np.array_equal(weight[:, :, 0], weight[:, :, 1])


def test_orthogonal_filters_of_each_channel():
    layer = nn.DepthwiseConv2D(2, depth_multiplier=4, kernel_initializer="orthogonal")
    layer.build((4, 4, 3))
    layer.initialize(0, "float64")
    for channel in range(3):
        kernel = layer.weight.data[:, :, channel].reshape(4, 4)
        np.testing.assert_allclose(kernel.T @ kernel, np.eye(4), atol=1e-12)


def test_refused():
    with pytest.raises(UsageError, match=r"depth_multiplier is 0; expected 1 to"):
        nn.DepthwiseConv2D(3, depth_multiplier=0)
    with pytest.raises(ShapeError, match=r"window of \(3, 3\) is larger than the padded input"):
        nn.DepthwiseConv2D(3).build((2, 4, 1))
    layer = nn.DepthwiseConv2D(1)
    layer.forward(np.ones((1, 2, 2, 3)))
    with pytest.raises(ShapeError, match=r"it has 3 input channels"):
        layer.forward(np.ones((1, 2, 2, 4)))
