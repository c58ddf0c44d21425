import numpy as np
import pytest

from constnet import nn
from constnet.errors import UsageError

LAYERS = ("SeparableConv1D", "SeparableConv2D")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradients_are_those_of_pytorch(image, dtype, agrees_with_pytorch):
    agrees_with_pytorch(image, dtype)


def test_gradients_agree_with_differences(difference_agrees):
    x = np.random.default_rng(0).normal(size=(1, 6, 2))
    difference_agrees(nn.SeparableConv1D(3, 2, 2, "causal", activation="tanh"), x)


def test_parameters():
    penalty = nn.regularizers.L2(0.1)
    layer = nn.SeparableConv2D(
        8, 3, depth_multiplier=2, depthwise_regularizer=penalty, depthwise_initializer="he_normal"
    )
    layer.build((5, 5, 100))
    shapes = {name: found.shape for name, found in layer.parameters().items()}
    assert shapes == {
        "depthwise_weight": (3, 3, 100, 2),
        "weight": (1, 1, 200, 8),
        "bias": (8,),
    }
    assert layer.depthwise_weight.regularizer is penalty
    layer.initialize(0)
    assert np.var(layer.depthwise_weight.data) == pytest.approx(2 / 9, rel=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filters": 0}, r"filters is 0; expected 1 to"),
        ({"depth_multiplier": 0}, r"depth_multiplier is 0; expected 1 to"),
        ({"depthwise_initializer": "glorot"}, r"initializer 'glorot' is unknown"),
        ({"depthwise_regularizer": "l3"}, r"regularizer 'l3' is unknown"),
    ],
)
def test_refused_arguments(options, message):
    with pytest.raises(UsageError, match=message):
        nn.SeparableConv2D(**{"filters": 4, "kernel_size": 3, **options})
