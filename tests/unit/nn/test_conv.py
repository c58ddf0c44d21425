from typing import Literal as L

import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

LAYERS = ("Conv1D", "Conv2D", "Conv3D")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradients_are_those_of_pytorch(image, dtype, agrees_with_pytorch):
    agrees_with_pytorch(image, dtype)


def test_gradients_agree_with_differences(difference_agrees):
    x = np.random.default_rng(0).normal(size=(2, 5, 4, 2))
    layer = nn.Conv2D(4, (2, 3), 2, "same", groups=2, activation="tanh")
    difference_agrees(layer, x)


def test_a_window_by_hand():
    x = np.arange(9.0).reshape(1, 3, 3, 1)
    layer = nn.Conv2D(1, 2, kernel_initializer="ones", bias_initializer="ones")
    np.testing.assert_array_equal(layer.forward(x)[0, :, :, 0], [[9, 13], [21, 25]])
    dx = layer.backward(np.ones((1, 2, 2, 1)))
    np.testing.assert_array_equal(dx[0, :, :, 0], [[1, 2, 1], [2, 4, 2], [1, 2, 1]])
    np.testing.assert_array_equal(layer.weight_grad[:, :, 0, 0], [[8, 12], [20, 24]])
    np.testing.assert_array_equal(layer.bias_grad, [4])


def test_causal_outputs_do_not_see_later_inputs():
    x = np.random.default_rng(0).normal(size=(1, 9, 2))
    layer = nn.Conv1D(3, 3, padding="causal", dilation=2)
    before = layer.forward(x)
    x[0, 6:] = 100.0
    np.testing.assert_array_equal(layer.forward(x)[0, :6], before[0, :6])


def test_images_of_bytes_are_taken():
    layer = nn.Conv2D(1, 1, kernel_initializer="ones")
    y = layer.forward(np.full((1, 2, 2, 1), 200, "uint8"))
    np.testing.assert_array_equal(y, np.full((1, 2, 2, 1), 200.0))


@pytest.mark.parametrize(
    ("make", "weight"),
    [
        (lambda: nn.Conv1D(8, 3), (3, 4, 8)),
        (lambda: nn.Conv2D(8, (3, 5), groups=2), (3, 5, 2, 8)),
        (lambda: nn.Conv3D(8, 2, use_bias=False), (2, 2, 2, 4, 8)),
    ],
)
def test_layout_of_parameters(make, weight):
    layer = make()
    layer.build((6,) * layer.spatial_rank + (4,))
    shapes = {name: found.shape for name, found in layer.parameters().items()}
    assert shapes == {"weight": weight, **({"bias": (8,)} if layer.use_bias else {})}


def test_fans_count_the_receptive_field():
    """He (2015): the variance of a weight is 2 / fan_in, fan_in = 3 * 3 * 64 / 2 groups."""
    layer = nn.Conv2D(128, 3, groups=2, kernel_initializer="he_normal")
    layer.build((8, 8, 64))
    layer.initialize(0, "float64")
    assert np.var(layer.weight.data) == pytest.approx(2 / (3 * 3 * 32), rel=0.03)


def test_saved_and_read_back():
    layer = nn.Conv2D(4, (3, 1), 2, ((1, 0), (2, 1)), dilation=1, groups=2, activation="relu")
    again = nn.from_config(layer.config())
    assert again.config() == layer.config()
    x = np.random.default_rng(0).normal(size=(1, 5, 4, 2))
    np.testing.assert_array_equal(again.forward(x), layer.forward(x))


def test_summary_has_its_row():
    net = nn.Sequential(nn.Conv2D(8, 3, padding="same"), nn.MaxPool2D(), nn.Flatten(), nn.Dense(2))
    net.build((6, 6, 3))
    rows = [(row.layer, row.output_shapes, row.parameters) for row in nn.summary(net)]
    assert rows[0] == ("Conv2D", ((6, 6, 8),), 3 * 3 * 3 * 8 + 8)
    assert rows[1] == ("MaxPool2D", ((3, 3, 8),), 0)


def test_sizes_are_read_from_types():
    layer = nn.Conv2D[L[3], L[8]](kernel_size=3, padding="same")
    assert (layer.input_channels, layer.filters) == (3, 8)
    assert nn.from_config(layer.config()).config() == layer.config()
    with pytest.raises(ShapeError, match=r"receives \(batch, 4, 4, 1\).* it has 3 input channels"):
        layer.build((4, 4, 1))


def test_a_flat_image_is_told_how_to_become_one():
    net = nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Conv2D(8, 3))
    expected = (
        r"Conv2D\(8, 3\) at layers\.2 receives \(batch, 784\) from Flatten\(\) at layers\.1; "
        r"it needs \(batch, height, width, channels\)\. Use nn\.Reshape\(\(28, 28, 1\)\) before it"
    )
    with pytest.raises(ShapeError, match=expected):
        net.build((28, 28))


def test_a_window_larger_than_its_image():
    net = nn.Sequential(nn.MaxPool2D(), nn.Conv2D(8, (5, 2), padding=((0, 1), (0, 0))))
    expected = (
        r"Conv2D\(8, \(5, 2\), .* at layers\.1 receives \(batch, 3, 3, 1\) from MaxPool2D\(\) at "
        r"layers\.0; its window of \(5, 2\) is larger than the padded input of \(4, 3\)\. "
        r"Use a smaller kernel_size, or padding='same'\."
    )
    with pytest.raises(ShapeError, match=expected):
        net.build((6, 6, 1))


def test_groups_and_channels_that_do_not_fit():
    with pytest.raises(ShapeError, match=r"its 2 groups do not divide 3 channels\. Use groups"):
        nn.Conv2D(4, 1, groups=2).build((4, 4, 3))
    layer = nn.Conv2D(4, 1)
    layer.forward(np.ones((1, 2, 2, 3)))
    with pytest.raises(ShapeError, match=r"receives \(batch, 2, 2, 5\).* it has 3 input channels"):
        layer.forward(np.ones((1, 2, 2, 5)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Conv2D(8), r"Conv2D\(8\) has no kernel_size\. Write Conv2D\(filters,"),
        (lambda: nn.Conv2D(kernel_size=3), r"has no filters"),
        (lambda: nn.Conv2D(0, 3), r"filters is 0; expected 1 to"),
        (lambda: nn.Conv2D(4, 3, groups=3), r"3 groups do not divide 4 filters"),
        (lambda: nn.Conv2D(4, 3, input_channels=0), r"input_channels is 0"),
        (lambda: nn.Conv2D(4, 3, padding="causal"), r"padding is 'causal'; expected 'valid', 'sa"),
    ],
)
def test_refused_arguments(make, message):
    with pytest.raises(UsageError, match=message):
        make()
