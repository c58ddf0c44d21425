import numpy as np
import pytest

from constnet import nn
from constnet.errors import UsageError

LAYERS = ("Upsample1D", "Upsample2D", "Upsample3D")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradient_are_those_of_pytorch(image, dtype, agrees_with_pytorch):
    agrees_with_pytorch(image, dtype)


def test_one_element_is_repeated_by_both():
    for method in ("nearest", "bilinear"):
        y = nn.Upsample1D(3, method).forward(np.full((1, 1, 1), 7.0))
        np.testing.assert_array_equal(y[0, :, 0], [7, 7, 7])


def test_infinities_stay_where_they_are():
    y = nn.Upsample1D(2, "bilinear").forward(np.array([[[np.inf], [1.0], [2.0]]]))
    np.testing.assert_array_equal(y[0, :, 0], [np.inf, np.inf, np.inf, 1.25, 1.75, 2])


def test_saved_and_read_back():
    layer = nn.Upsample2D((2, 3), "bilinear")
    assert nn.from_config(layer.config()).config() == layer.config()


def test_refused():
    with pytest.raises(UsageError, match=r"size is 0; expected 1 to"):
        nn.Upsample2D(0)
    with pytest.raises(UsageError, match=r"method is 'cubic'; expected 'nearest' or 'bilinear'"):
        nn.Upsample2D(2, "cubic")
