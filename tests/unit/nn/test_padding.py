import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

LAYERS = ("ZeroPad1D", "ZeroPad2D", "ZeroPad3D", "Crop1D", "Crop2D", "Crop3D")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradient_are_those_of_pytorch(image, dtype, agrees_with_pytorch):
    agrees_with_pytorch(image, dtype)


def test_cropping_undoes_padding():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 2))
    net = nn.Sequential(nn.ZeroPad2D(((1, 2), 3)), nn.Crop2D(((1, 2), 3)))
    np.testing.assert_array_equal(net.forward(x), x)


def test_saved_and_read_back():
    for layer in (nn.ZeroPad2D((1, (0, 2))), nn.Crop1D((1, 2))):
        again = nn.from_config(layer.config())
        assert again.config() == layer.config()


def test_refused():
    with pytest.raises(UsageError, match=r"padding\[0\] is -1; expected 0 to"):
        nn.ZeroPad2D(-1)
    with pytest.raises(UsageError, match=r"cropping is 'all'; expected a whole number"):
        nn.Crop2D("all")
    message = r"cutting \(\(2, 1\), \(0, 0\)\) off an image of \(3, 4\) leaves \(0, 4\)\. Cut less"
    with pytest.raises(ShapeError, match=message):
        nn.Crop2D(((2, 1), 0)).build((3, 4, 1))
