import numpy as np
import pytest

from constnet import nn
from constnet.errors import UsageError

MAKERS = [
    lambda **options: nn.Conv2D(4, 3, **options),
    lambda **options: nn.DepthwiseConv2D(3, **options),
    lambda **options: nn.SeparableConv2D(4, 3, **options),
    lambda **options: nn.ConvTranspose2D(4, 3, **options),
]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strides": 0}, r"strides is 0; expected 1 to"),
        ({"strides": (1, 2, 3)}, r"strides is \(1, 2, 3\), 3 numbers for 2 spatial axes"),
        ({"dilation": -1}, r"dilation is -1; expected 1 to"),
        ({"padding": "full"}, r"padding is 'full'; expected 'valid', 'same'"),
        ({"padding": -1}, r"padding\[0\] is -1"),
        ({"use_bias": 1}, r"use_bias is 1; expected True or False"),
        ({"kernel_initializer": "glorot"}, r"initializer 'glorot' is unknown"),
        ({"kernel_regularizer": "l3"}, r"regularizer 'l3' is unknown"),
        ({"activation": "rleu"}, r"activation 'rleu' is unknown"),
    ],
)
def test_refused_arguments(make, options, message):
    with pytest.raises(UsageError, match=message):
        make(**options)


@pytest.mark.parametrize("make", MAKERS)
def test_bias_and_activation(make):
    x = np.random.default_rng(0).normal(size=(1, 4, 4, 2))
    plain = make(use_bias=False)
    y = plain.forward(x)
    assert "bias" not in plain.parameters()
    full = make(activation="tanh", bias_initializer=nn.initializers.Constant(0.25))
    full.build((4, 4, 2))
    full.initialize(0, "float64")
    for name, found in plain.parameters().items():
        full.parameters()[name].data = found.data
    np.testing.assert_allclose(full.forward(x), np.tanh(y + 0.25), rtol=1e-12)


@pytest.mark.parametrize("make", MAKERS)
def test_penalties_and_initial_values(make):
    layer = make(kernel_regularizer="l2", bias_regularizer="l1", kernel_initializer="ones")
    layer.forward(np.ones((1, 4, 4, 2)))
    assert (layer.parameters()["weight"].data == 1).all()
    assert layer.parameters()["weight"].regularizer is not None
    assert layer.parameters()["bias"].regularizer is not None
    assert nn.from_config(layer.config()).config() == layer.config()
