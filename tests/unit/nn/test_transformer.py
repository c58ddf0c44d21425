import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

X = np.random.default_rng(0).normal(size=(2, 5, 8))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_and_gradients_are_those_of_pytorch(dtype, sequences_agree):
    assert sequences_agree("TransformerBlock", dtype) == 3


def test_parameters_are_those_of_the_formula():
    block = nn.TransformerBlock(2, 20)
    block.build((5, 8))
    count = sum(found.size for found in block.parameters().values())
    assert count == 4 * (8 * 8 + 8) + 2 * 2 * 8 + (8 * 20 + 20) + (20 * 8 + 8)
    assert set(block.parameters()) >= {"contract.bias", "attention.query.weight", "expand.weight"}


def test_a_mask_reaches_the_attention():
    block = nn.TransformerBlock(2, 20)
    mask = np.arange(5) < np.array([[3], [5]])
    y = block.forward(X, mask)
    np.testing.assert_array_equal(y[0, :3], block.forward(X[:1, :3])[0])


def test_dropout_acts_in_training_only():
    block = nn.TransformerBlock(2, 20, dropout=0.5)
    np.testing.assert_array_equal(block.forward(X), block.forward(X))
    assert (block.forward(X, training=True) != block.forward(X)).any()


def test_frozen_before_it_is_built():
    block = nn.TransformerBlock(2, 20)
    block.trainable = False
    block.build((5, 8))
    assert not any(found.trainable for found in block.parameters().values())


def test_configuration_comes_back():
    block = nn.TransformerBlock(2, 20, norm="post", norm_layer="rms", rotary=True, causal=True)
    assert nn.from_config(block.config()).config() == block.config()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"norm": "none"}, "norm is 'none' and norm_layer 'layer'"),
        ({"norm_layer": "batch"}, "norm_layer 'batch'; expected 'pre' or 'post', and 'layer'"),
        ({"hidden": 0}, "TransformerBlock: hidden is 0"),
        ({"use_bias": 1}, "use_bias is 1"),
    ],
)
def test_refused_arguments(options, match):
    with pytest.raises(UsageError, match=match):
        nn.TransformerBlock(**{"heads": 2, "hidden": 8, **options})


def test_refused_inputs():
    with pytest.raises(ShapeError, match="8 features are not divisible by its 3 heads"):
        nn.TransformerBlock(3, 8).forward(X)
