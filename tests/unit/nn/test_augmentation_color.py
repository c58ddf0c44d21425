import numpy as np
import pytest

from constnet import nn
from constnet.errors import UsageError

X = np.random.default_rng(0).normal(size=(2000, 4, 4, 2))


def test_brightness_adds_one_uniform_number_to_an_image():
    added = nn.RandomBrightness(0.5).forward(X, training=True) - X
    np.testing.assert_allclose(added, np.broadcast_to(added[:, :1, :1, :1], X.shape), atol=1e-12)
    drawn = np.sort(added[:, 0, 0, 0])
    assert np.abs(drawn - np.linspace(-0.5, 0.5, len(drawn))).max() < 0.05


def test_contrast_scales_around_the_mean_of_each_channel():
    y = nn.RandomContrast(0.4).forward(X, training=True)
    mean = X.mean(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(y.mean(axis=(1, 2), keepdims=True), mean, atol=1e-12)
    factor = (y - mean) / (X - mean)
    np.testing.assert_allclose(factor, np.broadcast_to(factor[:, :1, :1, :1], X.shape), rtol=1e-6)
    drawn = np.sort(factor[:, 0, 0, 0])
    assert np.abs(drawn - np.linspace(0.6, 1.4, len(drawn))).max() < 0.05


def test_bytes_become_the_networks_floats():
    x = np.full((1, 2, 2, 1), 255, np.uint8)
    assert nn.RandomBrightness(9.0).forward(x).dtype == np.float32
    assert nn.RandomContrast(0.5).forward(x, training=True).dtype == np.float32


def test_settings_out_of_range():
    with pytest.raises(UsageError, match=r"RandomBrightness: amount is -1.0"):
        nn.RandomBrightness(-1.0)
    with pytest.raises(
        UsageError, match=r"RandomContrast: amount is 2.0; expected .* from 0.0 to 1"
    ):
        nn.RandomContrast(2.0)
