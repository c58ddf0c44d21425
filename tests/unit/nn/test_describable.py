import json

import numpy as np
import pytest

from constnet import nn
from constnet.errors import FormatError, UsageError

LAYERS = [
    nn.Dense(2, 8, activation="relu", kernel_initializer=nn.initializers.RandomNormal(stddev=0.1)),
    nn.Dense(8, kernel_regularizer=nn.regularizers.L1L2(0.1, 0.2), activation=nn.ELU(0.5)),
    nn.Sequential(nn.Dense(2), nn.Residual(nn.Dense(2), nn.Tanh())),
    nn.Reshape((2, -1)),
    nn.BatchNorm(momentum=0.9, center=False),
    nn.Dropout(np.float64(0.5)),
    nn.Argmax(class_names=["cat", "dog"]),
    nn.ClassNames(("no", "yes")),
    nn.Normalization(),
    nn.Rescaling(1 / 255, offset=-0.5),
    nn.OneHot(np.int64(3)),
    nn.Dense(4) >> nn.ReLU(),
]


def test_what_comes_from_a_file_reads_as_it_was_written():
    again = nn.from_config(nn.Conv2D(8, 3, padding="same", activation="relu").config())
    assert repr(again) == "Conv2D(8, 3, padding='same', activation='relu')"
    assert repr(nn.from_config(nn.Dropout(0.5).config())) == "Dropout(0.5)"


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_round_trip_through_json(layer):
    config = layer.config()
    again = nn.from_config(json.loads(json.dumps(config, allow_nan=False)))
    assert type(again) is type(layer)
    assert again.config() == config


def test_a_config_reads_plainly():
    assert nn.Dense(2, 8).config() == {
        "class": "Dense",
        "arguments": {
            "sizes": [2, 8],
            "activation": None,
            "use_bias": True,
            "kernel_initializer": "glorot_uniform",
            "bias_initializer": "zeros",
            "kernel_regularizer": None,
            "bias_regularizer": None,
        },
    }


def test_a_shared_layer_is_written_once():
    shared = nn.Dense(3)
    config = nn.Sequential(shared, nn.ReLU(), shared).config()
    assert config["arguments"]["layers"][2] == {"same_as": 1}
    again = nn.from_config(config)
    assert again.layers[0] is again.layers[2]


def test_arguments_without_json_are_refused():
    class Odd(nn.Layer):
        def __init__(self, thing):
            self.thing = thing

    for thing in (object(), float("nan"), {"a": 1}):
        with pytest.raises(UsageError, match=r"Odd\.thing is .*strict JSON cannot hold"):
            Odd(thing).config()


def deep(levels):
    config = nn.ReLU().config()
    for _ in range(levels):
        config = {"class": "Sequential", "arguments": {"layers": [config]}}
    return config


def dense(**change):
    config = nn.Dense(2, 8).config()
    config["arguments"] |= change
    return config


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "config is None; expected an object"),
        ([], r"config is \[\]"),
        ({"class": "Dense"}, r"has the fields \['class'\]"),
        ({"class": "os.system", "arguments": {}}, "class 'os.system', which is unknown"),
        ({"class": ["Dense"], "arguments": {}}, "which is unknown"),
        ({"class": "Dense", "arguments": 3}, "arguments is 3; expected an object"),
        ({"class": "HeNormal", "arguments": {}}, "expected a layer"),
        (dense(unit=3), "unexpected keyword argument 'unit'"),
        (dense(sizes="28"), "size is '2'; expected a whole number"),
        (dense(sizes=[2**40]), "size is 1099511627776; expected 1 to"),
        (dense(sizes=[2**60]), r"expected null, a boolean, a finite number up to 2\*\*53"),
        (dense(sizes=[[2], 3]), r"size is \[2\]"),
        (dense(use_bias="yes"), "use_bias is 'yes'"),
        (dense(activation=3), "activation 3 is unknown"),
        (dense(activation=[]), r"activation \[\] is unknown"),
        (dense(kernel_initializer={"class": "Zeros", "arguments": {"value": 1}}), "'value'"),
        (dense(bias_initializer=nn.ReLU().config()), "initializer .* is unknown"),
        (dense(activation="x" * 2000), "at most 1000 characters"),
        (dense(sizes=float("inf")), "a finite number"),
        ({"same_as": 0}, "only 0 layers come before"),
        ({"class": "Sequential", "arguments": {"layers": [{"same_as": 0}]}}, "same as layer 0"),
        ({"class": "Sequential", "arguments": {"layers": 3}}, "cannot be made of"),
        ({"class": "Sequential", "arguments": {"layers": [1]}}, "expected a layer such as"),
        ({"class": "Dropout", "arguments": {}}, "missing 1 required positional argument: 'rate'"),
        (deep(80), "deeper than 64"),
        (dense(sizes=[1] * 100_001), "more than 100000 values"),
    ],
)
def test_hostile_configurations(config, message):
    with pytest.raises(FormatError, match=message):
        nn.from_config(config)
