import numpy as np
import pytest

from constnet import nn
from constnet.errors import UsageError

ONES = np.ones((200, 100))


def test_noise_has_its_standard_deviation():
    layer = nn.GaussianNoise(0.5)
    noise = layer.forward(ONES, training=True) - 1
    assert abs(noise.mean()) < 0.02
    assert noise.std() == pytest.approx(0.5, rel=0.02)
    np.testing.assert_array_equal(layer.backward(ONES), ONES)


def test_factors_have_the_variance_of_dropout():
    layer = nn.GaussianDropout(0.2)
    factor = layer.forward(ONES, training=True)
    assert factor.mean() == pytest.approx(1, abs=0.02)
    assert factor.var() == pytest.approx(0.2 / 0.8, rel=0.03)
    np.testing.assert_array_equal(layer.backward(ONES), factor)


@pytest.mark.parametrize("make", [nn.GaussianNoise, nn.GaussianDropout])
def test_they_act_in_training_only_and_are_functions_of_seed_and_step(make):
    layer = make(0.5)
    np.testing.assert_array_equal(layer.forward(ONES), ONES)
    np.testing.assert_array_equal(make(0.0).forward(ONES, training=True), ONES)
    first = layer.forward(ONES, training=True, seed=1, step=2)
    np.testing.assert_array_equal(layer.forward(ONES, training=True, seed=1, step=2), first)
    assert (layer.forward(ONES, training=True, seed=1, step=3) != first).any()
    assert nn.from_config(layer.config()).config() == layer.config()


def test_refused():
    with pytest.raises(UsageError, match=r"GaussianNoise: stddev is -1\.0; expected"):
        nn.GaussianNoise(-1)
    for rate in (1.0, -0.1, float("nan"), "0.5"):
        with pytest.raises(UsageError, match="GaussianDropout: rate is"):
            nn.GaussianDropout(rate)
