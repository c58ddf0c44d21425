import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

X = np.random.default_rng(0).normal(size=(2, 5, 3))
MASK = np.array([[True, True, False, True, True], [False, True, True, False, False]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_and_gradients_are_those_of_pytorch(dtype, sequences_agree):
    assert sequences_agree("Bidirectional", dtype) == 3


@pytest.mark.parametrize(
    ("merge", "combine"),
    [
        ("concat", lambda a, b: np.concatenate([a, b], -1)),
        ("sum", np.add),
        ("mul", np.multiply),
        ("ave", lambda a, b: (a + b) / 2),
    ],
)
@pytest.mark.parametrize("every", [True, False])
def test_merging(merge, combine, every):
    layer = nn.Bidirectional(nn.GRU(4, return_sequences=every), merge=merge)
    y = layer.forward(X, MASK)
    ahead = layer.forward_layer.forward(X, MASK)
    back = layer.backward_layer.forward(X, MASK)
    np.testing.assert_allclose(y, combine(ahead, back[:, ::-1] if every else back), rtol=1e-6)


def test_no_merging_gives_two_outputs():
    layer = nn.Bidirectional(nn.LSTM(4, return_state=True), merge=None)
    layer.forward(X)
    assert [y.shape for y in layer.last_outputs] == [(2, 4)] * 6


def test_initial_states_of_both_layers():
    states = [np.random.default_rng(n).normal(size=(2, 4)) for n in range(4)]
    layer = nn.Bidirectional(nn.LSTM(4))
    y = layer.forward(X, MASK, *states)
    ahead = layer.forward_layer.forward(X, MASK, *states[:2])
    back = layer.backward_layer.forward(X, MASK, *states[2:])
    np.testing.assert_array_equal(y, np.concatenate([ahead, back], -1))
    np.testing.assert_array_equal(
        layer.forward(X, *states), layer.forward(X, np.ones((2, 5), bool), *states)
    )


def test_another_layer_for_the_way_back():
    layer = nn.Bidirectional(nn.LSTM(4), nn.GRU(4, go_backwards=True))
    layer.build((5, 3))
    assert layer.output_shapes == ((8,),)
    assert nn.from_config(layer.config()).config() == layer.config()


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: nn.Bidirectional(nn.Dense(3)), r"layer is Dense\(3\); expected a recurrent layer"),
        (lambda: nn.Bidirectional(nn.GRU(2, go_backwards=True)), "which reads from the end"),
        (lambda: nn.Bidirectional(nn.GRU(2), nn.GRU(2)), "expected go_backwards=True"),
        (lambda: nn.Bidirectional(nn.GRU(2), nn.GRU(3, go_backwards=True)), "the same units"),
        (lambda: nn.Bidirectional(nn.GRU(2), merge="max"), r"merge is 'max'; expected 'concat'"),
    ],
)
def test_refused_arguments(call, match):
    with pytest.raises(UsageError, match=match):
        call()


def test_refused_inputs():
    layer = nn.Bidirectional(nn.LSTM(4))
    with pytest.raises(ShapeError, match="a sequence, then a mask, then 4 initial states"):
        layer.forward(X, MASK, *[np.zeros((2, 4))] * 2)
    with pytest.raises(ShapeError, match="its mask has dtype float64"):
        layer.forward(X, MASK.astype("float64"))
