import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError
from constnet.nn.embedding import token_limits

IDS = np.array([[0, 2, 2], [3, 0, 1]])


def made(**options):
    layer = nn.Embedding(4, 5, **options)
    layer.build(3)
    layer.initialize(1, "float64")
    return layer


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8", "float32"])
def test_rows_and_their_gradient(dtype):
    layer = made()
    y = layer.forward(IDS.astype(dtype))
    np.testing.assert_array_equal(y, layer.weight.data[IDS])
    dy = np.random.default_rng(0).normal(size=y.shape)
    layer.backward(dy)
    expected = np.zeros((4, 5))
    np.add.at(expected, IDS, dy)
    np.testing.assert_allclose(layer.weight_grad, expected, rtol=1e-14)


def test_a_mask_value_gives_a_second_output():
    layer = made(mask_value=2)
    layer.forward(IDS)
    rows, mask = layer.last_outputs
    np.testing.assert_array_equal(rows, layer.weight.data[IDS])
    np.testing.assert_array_equal(mask, IDS != 2)
    assert mask.dtype == bool


def test_initial_values_are_as_in_keras():
    weight = made().weight.data
    assert np.abs(weight).max() <= 0.05
    assert weight.std() > 0.01


def test_configuration_round_trip():
    layer = nn.Embedding(4, 5, mask_value=0, embeddings_regularizer="l2")
    again = nn.from_config(layer.config())
    assert again.config() == layer.config()
    assert (again.tokens, again.units, again.mask_value) == (4, 5, 0)


def test_limits_of_the_inputs_that_embeddings_read():
    a, b, c = nn.Input(3, "int32"), nn.Input(3, "int32"), nn.Input((3, 5))
    joined = nn.Add()(nn.Embedding(9, 5)(a), nn.Embedding(7, 5)(a), nn.Embedding(8, 5)(b), c)
    net = nn.Network(inputs=(a, b, c), outputs=joined)
    assert token_limits(net) == (7, 8, None)


@pytest.mark.parametrize(
    ("arguments", "options", "match"),
    [
        ((0, 5), {}, "Embedding: tokens is 0"),
        ((4, 0), {}, "Embedding: units is 0"),
        ((4, 5), {"mask_value": 4}, r"Embedding: mask_value is 4\.0; expected .* 0 to 3"),
        ((4, 5), {"mask_value": 0.5}, r"Embedding: mask_value is 0\.5"),
    ],
)
def test_refused_arguments(arguments, options, match):
    with pytest.raises(UsageError, match=match):
        nn.Embedding(*arguments, **options)


def test_refused_inputs():
    with pytest.raises(ShapeError, match="it takes one input, of ids"):
        nn.Embedding(4, 5).build(3, 3)
