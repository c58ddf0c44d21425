import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

LAYERS = ("LayerNorm", "BatchNorm", "RMSNorm")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_images_are_normalized_as_by_pytorch(image, dtype, agrees_with_pytorch):
    agrees_with_pytorch(image, dtype)


def test_statistics_of_an_image_and_their_use(images, agrees_with_pytorch):
    entry = images("BatchNorm")[0]
    layer = agrees_with_pytorch(entry, "float64")
    for name, values in entry["states"].items():
        np.testing.assert_allclose(layer.states()[name].data, values, rtol=1e-12)
    y = layer.forward(np.array(entry["x"]))
    np.testing.assert_allclose(y, entry["y_eval"], rtol=1e-12)


@pytest.mark.parametrize("options", [{}, {"center": False}, {"scale": False}])
def test_gradients_through_the_statistics_agree_with_differences(options):
    """In training, so through mean and variance: the batch is one input of a float64 function."""
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(2, 3, 2, 2)) + 3, rng.normal(size=(2, 3, 2, 2))
    layer = nn.BatchNorm(**options)
    layer.forward(x, training=True)
    dx = layer.backward(dy)
    for index in np.ndindex(x.shape):
        sides = []
        for step in (1e-5, -1e-5):
            moved = x.copy()
            moved[index] += step
            sides.append(np.sum(layer.forward(moved, training=True) * dy))
        assert (sides[0] - sides[1]) / 2e-5 == pytest.approx(dx[index], abs=1e-7)


def test_a_large_mean_does_not_drown_the_values():
    """In float32, values of spread 1 around 10000 come out within 1e-2 of what float64 gives.

    A float32 near 10000 is known to 1e-3, and so is the mean.
    """
    x = np.random.default_rng(0).normal(size=(64, 5, 5, 3)) + 1e4
    exact = nn.BatchNorm().forward(x, training=True)
    layer = nn.BatchNorm()
    y = layer.forward(x.astype("float32"), training=True)
    np.testing.assert_allclose(y, exact, atol=1e-2)
    dy = np.random.default_rng(1).normal(size=x.shape)
    wide = nn.BatchNorm()
    wide.forward(x, training=True)
    np.testing.assert_allclose(layer.backward(dy), wide.backward(dy), atol=1e-2)


def test_rms_norm_has_no_bias():
    layer = nn.RMSNorm()
    layer.build((2, 3))
    assert list(layer.parameters()) == ["weight"]
    x = np.random.default_rng(0).normal(size=(4, 3))
    expected = x / np.sqrt(np.mean(x**2, -1, keepdims=True) + 1e-6)
    np.testing.assert_allclose(nn.RMSNorm(scale=False).forward(x), expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["LayerNorm", "BatchNorm"])
def test_value_and_gradient_are_those_of_pytorch(name, dtype, recorded, agrees_with_pytorch):
    agrees_with_pytorch(recorded(name)[0], dtype)


def test_running_statistics_and_their_use(recorded, agrees_with_pytorch):
    entry = recorded("BatchNorm")[0]
    layer = agrees_with_pytorch(entry, "float64")
    for name, values in entry["states"].items():
        np.testing.assert_allclose(layer.states()[name].data, values, rtol=1e-12)
    y = layer.forward(np.array(entry["x"]))
    np.testing.assert_allclose(y, entry["y_eval"], rtol=1e-12)


def test_momentum_is_that_of_keras():
    layer = nn.BatchNorm(momentum=0.75)
    x = np.array([[1.0], [3.0]])
    layer.forward(x, training=True)
    np.testing.assert_allclose(layer.states()["moving_mean"].data, [0.5])
    np.testing.assert_allclose(layer.states()["moving_variance"].data, [1.0])
    layer.forward(x)
    np.testing.assert_allclose(layer.states()["moving_mean"].data, [0.5])


def test_a_frozen_batch_norm_uses_its_running_statistics():
    layer = nn.BatchNorm(epsilon=0.0)
    layer.trainable = False
    x = np.array([[1.0], [3.0]])
    np.testing.assert_array_equal(layer.forward(x, training=True), x)
    np.testing.assert_array_equal(layer.states()["moving_mean"].data, [0.0])


def test_a_shared_batch_norm_moves_twice():
    shared = nn.BatchNorm(momentum=0.5, scale=False, center=False)
    a, b = nn.Input(1), nn.Input(1)
    net = nn.Network(inputs=(a, b), outputs=nn.Add()(shared(a), shared(b)))
    net.forward(np.full((2, 1), 4.0), np.full((2, 1), 8.0), training=True)
    np.testing.assert_allclose(shared.moving_mean.data, [(0 * 0.5 + 4 * 0.5) * 0.5 + 8 * 0.5])


@pytest.mark.parametrize("make", [nn.LayerNorm, nn.BatchNorm])
def test_without_weight_and_bias(make):
    layer = make(center=False, scale=False)
    layer.build(3)
    assert layer.parameters() == {}


def test_layer_norm_of_three_axes():
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    expected = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-3)
    np.testing.assert_allclose(nn.LayerNorm().forward(x), expected, rtol=1e-12)


@pytest.mark.parametrize("make", [nn.LayerNorm, nn.BatchNorm])
def test_refused_shapes(make):
    layer = make()
    with pytest.raises(ShapeError, match="needs a feature axis"):
        layer.forward(np.ones(3))
    layer.forward(np.ones((2, 3)))
    with pytest.raises(ShapeError, match="built for 3 features"):
        layer.forward(np.ones((2, 4)))


def test_refused_arguments():
    with pytest.raises(UsageError, match=r"momentum is 1\.5; expected a finite number"):
        nn.BatchNorm(momentum=1.5)
    with pytest.raises(UsageError, match=r"epsilon is -1\.0"):
        nn.LayerNorm(epsilon=-1.0)
    with pytest.raises(UsageError, match=r"RMSNorm: scale is 1; expected True or False"):
        nn.RMSNorm(scale=1)
