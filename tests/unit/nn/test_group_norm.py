import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

LAYERS = ("GroupNorm", "InstanceNorm")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradients_are_those_of_pytorch(image, dtype, agrees_with_pytorch):
    agrees_with_pytorch(image, dtype)


def test_gradients_agree_with_differences(difference_agrees):
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    difference_agrees(nn.Sequential(nn.GroupNorm(2), nn.Dense(2, activation="tanh")), x)


def test_features_without_an_image():
    x = np.random.default_rng(0).normal(size=(5, 6))
    parts = x.reshape(5, 2, 3)
    mean, var = parts.mean(-1, keepdims=True), parts.var(-1, keepdims=True)
    expected = ((parts - mean) / np.sqrt(var + 1e-3)).reshape(5, 6)
    np.testing.assert_allclose(nn.GroupNorm(2).forward(x), expected, rtol=1e-10)


def test_instances_are_groups_of_one_channel():
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    np.testing.assert_array_equal(nn.InstanceNorm().forward(x), nn.GroupNorm(4).forward(x))


@pytest.mark.parametrize("make", [nn.GroupNorm, nn.InstanceNorm])
def test_without_weight_and_bias(make):
    layer = make(center=False, scale=False)
    layer.build((4, 32))
    assert layer.parameters() == {}
    x = np.random.default_rng(0).normal(size=(1, 4, 32))
    axes = (1, 2) if make is nn.GroupNorm else 1
    layer = make(**({"groups": 1} if make is nn.GroupNorm else {}), center=False, scale=False)
    expected = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-3)
    np.testing.assert_allclose(layer.forward(x), expected, rtol=1e-10)


def test_refused():
    message = r"its 4 groups do not divide 6 channels\. Use groups that divide 6, such as 2"
    with pytest.raises(ShapeError, match=message):
        nn.GroupNorm(4).build((3, 3, 6))
    with pytest.raises(UsageError, match=r"GroupNorm: groups is 0; expected 1 to"):
        nn.GroupNorm(0)
    with pytest.raises(UsageError, match=r"InstanceNorm: epsilon is -1\.0"):
        nn.InstanceNorm(-1.0)
    with pytest.raises(ShapeError, match=r"one element, whose variance is 0\. Use nn\.LayerNorm"):
        nn.InstanceNorm().build((1, 1, 8))
