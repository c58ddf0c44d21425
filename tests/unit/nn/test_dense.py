from typing import Literal as L

import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("number", [0, 1])
def test_value_and_gradient_are_those_of_pytorch(number, dtype, recorded, agrees_with_pytorch):
    agrees_with_pytorch(recorded("Dense")[number], dtype)


def test_more_axes_contract_the_last():
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    layer = nn.Dense(5)
    y = layer.forward(x)
    weight, bias = np.asarray(layer.weight), np.asarray(layer.bias)
    np.testing.assert_allclose(y, np.einsum("bti,io->bto", x, weight) + bias, rtol=1e-12)


def test_gradients_agree_with_differences(difference_agrees):
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    difference_agrees(nn.Dense(4, 3, activation="tanh"), x)


def test_input_size_is_inferred():
    layer = nn.Dense(3)
    layer.build(7)
    assert layer.parameters()["weight"].shape == (7, 3)
    assert layer.output_shapes == ((3,),)


def test_a_mismatch_names_both_layers_and_the_way_out():
    net = nn.Sequential(nn.Reshape((16, 16)), nn.ReLU(), nn.Flatten(), nn.Dense(128, 10))
    expected = (
        r"Dense\(128, 10\) at layers\.3 receives \(batch, 256\) from Flatten\(\) at layers\.2; "
        r"its input size is 128\. Use Dense\(256, 10\) or Dense\(10\)\."
    )
    with pytest.raises(ShapeError, match=expected):
        net.build(256)


def test_a_built_layer_keeps_its_input_size():
    layer = nn.Dense(2)
    layer.forward(np.ones((1, 3)))
    with pytest.raises(ShapeError, match=r"its input size is 3\. Use Dense\(4, 2\)"):
        layer.forward(np.ones((1, 4)))


def test_an_input_needs_features():
    with pytest.raises(ShapeError, match=r"receives \(batch\) from the input"):
        nn.Dense(2).forward(np.ones(3))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (nn.Dense, r"Dense\(\) has 0 sizes"),
        (lambda: nn.Dense(1, 2, 3), r"has 3 sizes"),
        (lambda: nn.Dense(0), r"size is 0; expected 1 to"),
        (lambda: nn.Dense(True), r"size is True; expected a whole number"),
        (lambda: nn.Dense(2.5), r"size is 2\.5"),
        (lambda: nn.Dense(2, use_bias=1), r"use_bias is 1; expected True or False"),
        (lambda: nn.Dense(2, kernel_initializer="glorot"), r"initializer 'glorot' is unknown"),
        (lambda: nn.Dense(2, kernel_regularizer="l3"), r"regularizer 'l3' is unknown"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(UsageError, match=message):
        make()


def test_sizes_are_read_from_types():
    layer = nn.Dense[L[2], L[8]](activation="relu")
    assert (layer.input_size, layer.units) == (2, 8)
    assert repr(layer) == "Dense(2, 8, activation='relu')"


def test_a_typed_mismatch_is_an_error_at_build_too():
    net = nn.Dense[L[2], L[8]]() >> nn.ReLU() >> nn.Dense[L[9], L[1]]()
    with pytest.raises(ShapeError, match=r"receives \(batch, 8\) .*its input size is 9"):
        net.build(2)


def test_a_typed_subclass():
    class Wide(nn.Dense[L[2], L[8]]):
        pass

    assert Wide(3).units == 3


def test_no_bias():
    layer = nn.Dense(2, use_bias=False)
    layer.build(3)
    assert list(layer.parameters()) == ["weight"]
