import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

ONES = np.ones((100, 100))


def test_share_scale_and_gradient():
    layer = nn.Dropout(0.25)
    y = layer.forward(ONES, training=True)
    assert set(np.unique(y)) == {0.0, 1 / 0.75}
    assert abs((y == 0).mean() - 0.25) < 0.015
    np.testing.assert_array_equal(layer.backward(ONES), y)


def test_it_acts_in_training_only():
    np.testing.assert_array_equal(nn.Dropout(0.5).forward(ONES), ONES)
    np.testing.assert_array_equal(nn.Dropout(0.0).forward(ONES, training=True), ONES)


def test_masks_are_a_function_of_seed_step_and_place():
    net = nn.Sequential(nn.Dropout(0.5), nn.Dropout(0.5))

    def masks(**options):
        net.forward(ONES, training=True, **options)
        return [layer.last_output != 0 for layer in net.layers]

    first = masks(seed=1, step=2)
    for a, b in zip(first, masks(seed=1, step=2), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (masks(seed=2, step=2)[0] != first[0]).any()
    assert (masks(seed=1, step=3)[0] != first[0]).any()
    assert (first[0] & ~first[1]).any()


def test_a_layer_below_repeats_its_own_mask():
    net = nn.Sequential(nn.Dropout(0.5), nn.Dropout(0.5))
    net.forward(ONES, training=True)
    second = net.layers[1]
    np.testing.assert_array_equal(second.backward(ONES) * second.last_input, second.last_output)


@pytest.mark.parametrize("rate", [1.0, -0.1, float("nan"), "0.5", True])
def test_refused_rates(rate):
    with pytest.raises(UsageError, match="Dropout: rate is"):
        nn.Dropout(rate)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.SpatialDropout1D(0.25), (400, 5, 6)),
        (nn.SpatialDropout2D(0.25), (400, 3, 2, 6)),
        (nn.SpatialDropout3D(0.25), (400, 2, 2, 2, 6)),
    ],
)
def test_whole_channels_are_dropped(layer, shape):
    ones = np.ones(shape)
    y = layer.forward(ones, training=True).reshape(400, -1, 6)
    assert (y == y[:, :1]).all()
    assert set(np.unique(y)) == {0.0, 1 / 0.75}
    assert abs((y[:, 0] == 0).mean() - 0.25) < 0.03
    np.testing.assert_array_equal(layer.backward(ones).reshape(y.shape), y)
    np.testing.assert_array_equal(layer.forward(ones), ones)
    assert nn.from_config(layer.config()).config() == layer.config()


def test_spatial_dropout_of_features_and_of_a_wrong_rate():
    with pytest.raises(ShapeError, match=r"SpatialDropout2D\(0\.5\) receives \(batch, 9\)"):
        nn.SpatialDropout2D(0.5).build(9)
    with pytest.raises(UsageError, match="SpatialDropout1D: rate is"):
        nn.SpatialDropout1D(1.0)
