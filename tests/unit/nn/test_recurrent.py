import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.errors import ShapeError, UsageError

X = np.random.default_rng(0).normal(size=(2, 5, 3))
MASK = np.array([[True, True, False, True, True], [False, True, True, False, False]])
LAYERS = [nn.SimpleRNN, nn.LSTM, nn.GRU]


def made(layer, *others):
    layer.forward(X, *others)
    return layer.initialize(3, "float64")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_and_gradients_are_those_of_pytorch(dtype, sequences_agree):
    assert sequences_agree("SimpleRNN", dtype) == 5


@pytest.mark.parametrize("cls", LAYERS)
def test_going_backwards_is_going_over_the_reversed_sequence(cls):
    ahead = made(cls(4, return_sequences=True))
    back = made(cls(4, return_sequences=True, go_backwards=True))
    np.testing.assert_array_equal(back.forward(X), ahead.forward(X[:, ::-1].copy()))


@pytest.mark.parametrize("cls", LAYERS)
def test_the_last_output_is_the_last_of_all(cls):
    every, last = made(cls(4, return_sequences=True)), made(cls(4))
    np.testing.assert_array_equal(every.forward(X)[:, -1], last.forward(X))


@pytest.mark.parametrize("cls", LAYERS)
def test_a_state_given_back_continues_the_sequence(cls):
    layer = made(cls(4, return_state=True))
    whole = layer.forward(X)
    layer.forward(X[:, :3])
    states = layer.last_outputs[1:]
    second = cls(4, return_state=True)
    second.forward(X[:, 3:], *states)
    for path, found in layer.parameters().items():
        second.parameters()[path].data = found.data
    np.testing.assert_array_equal(second.forward(X[:, 3:], *states), whole)


@pytest.mark.parametrize("cls", LAYERS)
def test_masked_steps_at_the_end_change_nothing(cls):
    layer = made(cls(4))
    mask = np.array([[True] * 3 + [False] * 2] * 2)
    np.testing.assert_array_equal(layer.forward(X, mask), layer.forward(X[:, :3]))


@pytest.mark.parametrize("cls", LAYERS)
def test_masked_steps_repeat_the_output(cls):
    y = made(cls(4, return_sequences=True)).forward(X, MASK)
    np.testing.assert_array_equal(y[0, 2], y[0, 1])
    np.testing.assert_array_equal(y[1, 0], 0.0)
    np.testing.assert_array_equal(y[1, 4], y[1, 2])


@pytest.mark.parametrize("options", [{}, {"use_bias": False}, {"activation": "softsign"}])
@pytest.mark.parametrize("cls", LAYERS)
def test_gradients_are_differences(cls, options, difference_agrees):
    difference_agrees(made(cls(2, **options)), X.copy())


def test_configuration_has_every_default_and_comes_back():
    layer = nn.SimpleRNN(4, recurrent_regularizer="l2", activation=nn.ReLU())
    arguments = layer.config()["arguments"]
    assert (arguments["units"], arguments["go_backwards"], arguments["use_bias"]) == (
        4,
        False,
        True,
    )
    again = nn.from_config(layer.config())
    assert again.config() == layer.config()
    assert repr(nn.from_config(nn.SimpleRNN(4, use_bias=False).config())) == (
        "SimpleRNN(use_bias=False, units=4)"
    )


@pytest.mark.parametrize("cls", LAYERS)
def test_a_model_comes_back_from_its_file(cls, tmp_path):
    model = cn.Model(nn.Sequential(cls(4), nn.Dense(1)), loss="mse")
    model.net.build((5, 3))
    model.save(tmp_path / "m.safetensors")
    again = cn.load(tmp_path / "m.safetensors").net
    np.testing.assert_array_equal(again.forward(X), model.net.forward(X))


@pytest.mark.parametrize(
    ("shapes", "match"),
    [
        ([(3,)], r"takes a sequence \(batch, time, features\)"),
        ([(5, 3), (4,)], r"takes a mask \(batch, 5\), 1 initial state \(batch, 2\), or both"),
        ([(5, 3), (5,), (2,), (2,)], "or both"),
    ],
)
def test_refused_shapes(shapes, match):
    with pytest.raises(ShapeError, match=match):
        nn.SimpleRNN(2).build(*shapes)


def test_refused_lengths_and_features():
    layer = nn.SimpleRNN(2)
    with pytest.raises(ShapeError, match="a sequence of length zero"):
        layer.forward(X[:, :0])
    with pytest.raises(UsageError, match=r"input shape\[0\] is 0"):
        layer.build((0, 3))
    layer.forward(X)
    with pytest.raises(ShapeError, match="was built for 3 features"):
        layer.forward(X[:, :, :2])


def test_a_mask_is_of_bools():
    with pytest.raises(ShapeError, match=r"its mask has dtype float64\. .* \.astype\(bool\)"):
        nn.SimpleRNN(2).forward(X, MASK.astype("float64"))
    with pytest.raises(ShapeError, match="its mask has dtype int32"):
        nn.SimpleRNN(2).forward(X, MASK.astype("int32"))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"units": 0}, "SimpleRNN: units is 0"),
        ({"units": 2, "activation": "prelu"}, r"activation is PReLU\(\), which has parameters"),
        ({"units": 2, "return_state": 1}, "SimpleRNN: return_state is 1"),
        ({"units": 2, "dropout": 0.1}, r"SimpleRNN got \['dropout'\], which it does not know"),
    ],
)
def test_refused_arguments(options, match):
    with pytest.raises(UsageError, match=match):
        nn.SimpleRNN(**options)


def test_a_mask_from_an_embedding():
    ids = np.array([[3, 1, 0, 0], [2, 2, 2, 1]])
    net = nn.Sequential(nn.Embedding(4, 3, mask_value=0), nn.GRU(2))
    y = net.forward(ids)
    np.testing.assert_array_equal(y[:1], net.forward(ids[:1, :2]))
