import json
from pathlib import Path

import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "layers.json"
ACTIVATIONS = [
    entry
    for entry in json.loads(FIXTURE.read_text())
    if entry["config"]["class"] not in ("Dense", "LayerNorm", "BatchNorm")
]
NAMES = [
    "linear",
    "identity",
    "relu",
    "leaky_relu",
    "prelu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "swish",
    "softplus",
    "softsign",
    "sigmoid",
    "hard_sigmoid",
    "tanh",
    "softmax",
    "log_softmax",
]


def label(entry):
    return entry["config"]["class"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("entry", ACTIVATIONS, ids=label)
def test_value_and_gradient_are_those_of_pytorch(entry, dtype, agrees_with_pytorch):
    agrees_with_pytorch(entry, dtype)


def test_every_activation_is_recorded():
    classes = {type(nn.activations.get(name)).__name__ for name in NAMES}
    assert classes == {label(entry) for entry in ACTIVATIONS}


@pytest.mark.parametrize("name", NAMES)
def test_names_work_as_arguments(name):
    x = np.random.default_rng(0).normal(size=(3, 2))
    dense = nn.Dense(2, 4, activation=name)
    alone = nn.Dense(2, 4)
    y = dense.forward(x)
    alone.forward(x)
    np.testing.assert_array_equal(y, nn.activations.get(name).forward(alone.forward(x)))


def test_unknown_name_lists_the_known():
    with pytest.raises(UsageError, match=r"activation 'rellu' is unknown; there are: .*relu"):
        nn.activations.get("rellu")


def test_layers_pass_through():
    layer = nn.ELU(0.5)
    assert nn.activations.get(layer) is layer


def test_gradient_of_relu_at_0_is_0():
    layer = nn.ReLU()
    layer.forward(np.zeros((1, 2)))
    np.testing.assert_array_equal(layer.backward(np.ones((1, 2))), 0.0)


@pytest.mark.parametrize("layer", [nn.Softmax(axis=0), nn.LogSoftmax(axis=3)])
def test_axis_must_exist_and_not_be_the_batch(layer):
    with pytest.raises(ShapeError, match=r"receives \(batch, 4\) .*its axis is [03]"):
        layer.build(4)


def test_prelu_keeps_its_shape():
    layer = nn.PReLU()
    layer.build(3)
    with pytest.raises(ShapeError, match=r"built for \(3,\).*second PReLU"):
        layer.forward(np.zeros((1, 4)))


def test_large_inputs_stay_finite():
    x = np.float32([[-1e4, -100.0, 0.0, 100.0, 1e4]])
    for name in NAMES:
        if name != "linear":
            assert np.isfinite(nn.activations.get(name).forward(x)).all(), name
