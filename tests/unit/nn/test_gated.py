import numpy as np
import pytest

from constnet import nn
from constnet.errors import UsageError

X = np.random.default_rng(0).normal(size=(2, 5, 3))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "entries"), [("LSTM", 5), ("GRU", 9)])
def test_values_and_gradients_are_those_of_pytorch(name, entries, dtype, sequences_agree):
    assert sequences_agree(name, dtype) == entries


@pytest.mark.parametrize("is_set", [True, False])
def test_the_forget_gate_begins_open(is_set):
    layer = nn.LSTM(2, unit_forget_bias=is_set)
    layer.build((5, 3))
    layer.initialize(0)
    np.testing.assert_array_equal(layer.bias.data, [0, 0, is_set, is_set, 0, 0, 0, 0])


def test_the_recurrent_weight_begins_orthogonal():
    layer = nn.LSTM(4)
    layer.build((5, 3))
    layer.initialize(0, "float64")
    weight = layer.recurrent_weight.data
    np.testing.assert_allclose(weight @ weight.T, np.eye(4), atol=1e-12)


@pytest.mark.parametrize("reset_after", [True, False])
def test_gru_variants_differ_in_bias_and_gradient(reset_after, difference_agrees):
    layer = nn.GRU(2, reset_after=reset_after, recurrent_activation="hard_sigmoid")
    layer.build((5, 3))
    layer.initialize(1, "float64")
    assert ("recurrent_bias" in layer.parameters()) == reset_after
    difference_agrees(layer, X.copy())


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("reset_after", [True, False])
def test_parameters_of_the_gru(reset_after, use_bias):
    layer = nn.GRU(4, reset_after=reset_after, use_bias=use_bias)
    layer.build((5, 3))
    count = sum(found.size for found in layer.parameters().values())
    assert count == 3 * 4 * (3 + 4 + use_bias * (1 + reset_after))


def test_configurations_come_back():
    for layer in (
        nn.GRU(2, reset_after=False, return_state=True),
        nn.LSTM(3, unit_forget_bias=False, recurrent_activation="hard_sigmoid"),
    ):
        assert nn.from_config(layer.config()).config() == layer.config()


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: nn.LSTM(2, recurrent_activation="prelu"), "LSTM: recurrent_activation is PReLU"),
        (lambda: nn.GRU(2, recurrent_activation="prelu"), "GRU: recurrent_activation is PReLU"),
        (lambda: nn.LSTM(2, unit_forget_bias=1), "LSTM: unit_forget_bias is 1"),
        (lambda: nn.GRU(2, reset_after="yes"), "GRU: reset_after is 'yes'"),
        (lambda: nn.GRU(2, unit_forget_bias=True), r"GRU got \['unit_forget_bias'\]"),
    ],
)
def test_refused_arguments(call, match):
    with pytest.raises(UsageError, match=match):
        call()
