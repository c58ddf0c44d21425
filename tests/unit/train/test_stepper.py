"""A compiled step has the bits of the interpreter on the whole sequence."""

import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.errors import DataError, ShapeError, UsageError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 9, 4)).astype("float32")
IDS = RNG.integers(0, 7, (2, 9))

NETWORKS = {
    "lstm": (nn.Sequential(nn.LSTM(5, return_sequences=True), nn.Dense(3)), X),
    "gru": (
        nn.Sequential(
            nn.GRU(5, return_sequences=True),
            nn.LayerNorm(),
            nn.GRU(3, reset_after=False, return_sequences=True),
        ),
        X,
    ),
    "rnn on ids": (
        nn.Sequential(nn.Embedding(7, 4, mask_value=0), nn.SimpleRNN(3, return_sequences=True)),
        IDS,
    ),
    "convolutions": (
        nn.Sequential(
            nn.Conv1D(6, 3, padding="causal", dilation=2, activation="relu"),
            nn.BatchNorm(),
            nn.Residual(nn.SeparableConv1D(6, 2, padding="causal")),
        ),
        X,
    ),
    "positions": (nn.Sequential(nn.SinusoidalPosition(), nn.LearnedPosition(12), nn.Dense(3)), X),
    "transformer": (
        nn.Sequential(
            nn.Embedding(7, 8),
            nn.TransformerBlock(2, 12, causal=True, rotary=True, kv_heads=1, capacity=40),
            nn.Dense(7),
            nn.Softmax(),
        ),
        IDS,
    ),
}


def run(stepper, x):
    state, outputs = stepper.initial_state(), []
    for t in range(x.shape[1]):
        y, state = stepper(x[:, t], state)
        outputs.append(y)
    return np.stack(outputs, 1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("net", "x"), NETWORKS.values(), ids=NETWORKS)
def test_exact_steps_have_the_bits_of_the_whole_sequence(net, x, dtype):
    net = nn.from_config(net.config())
    model = cn.Model(net, dtype=dtype, numerics="exact", seed=4)
    model.build_for([x.shape[1:]], [x.dtype.name])
    given = x if x.dtype.kind == "i" else x.astype(dtype)
    steps = run(model.stepper(2), given)
    np.testing.assert_array_equal(steps, net.forward(given))


def test_it_follows_training():
    model = cn.Model(nn.Sequential(nn.Dense(4), nn.GRU(3)), numerics="exact")
    model.net.build((9, 4))
    stepper = model.stepper(2)
    before = run(stepper, X)
    weights = {path: array * 2 for path, array in model.get_weights().items()}
    model.set_weights(weights)
    after = run(stepper, X)
    assert (before != after).any()
    np.testing.assert_array_equal(after[:, -1], model.net.forward(X))


def test_states_of_stepper_and_layer_are_the_same():
    model = cn.Model(nn.GRU(3), numerics="exact")
    model.net.build((9, 4))
    model.store()
    _, state = model.stepper(2)(X[:, 0], model.net.initial_state(2))
    y, _ = model.net.step(X[:, 1], state)
    z, _ = model.stepper(2)(X[:, 1], state)
    np.testing.assert_array_equal(y, z)


def made(net=None, **options):
    model = cn.Model(net or nn.GRU(3))
    model.build_for([(9, 4)])
    return model.stepper(2, **options)


@pytest.mark.parametrize(
    ("x", "error", "match"),
    [
        (X[:1, 0], UsageError, r"x has 1 rows; this stepper runs 2 streams.*model\.stepper\(1\)"),
        (X, ShapeError, r"a step takes \(batch, 4\)"),
        (X[:, 0].astype(complex), UsageError, "x has dtype complex128; this stepper takes float32"),
    ],
)
def test_refused_steps(x, error, match):
    stepper = made()
    with pytest.raises(error, match=match):
        stepper(x, stepper.initial_state())


def test_a_state_of_another_network():
    stepper = made()
    with pytest.raises(UsageError, match="of another network or batch"):
        stepper(X[:, 0], made(nn.LSTM(3)).initial_state())


def test_ids_are_checked():
    model = cn.Model(nn.Sequential(nn.Embedding(7, 4), nn.GRU(3)))
    model.build_for([(9,)])
    stepper = model.stepper(2)
    with pytest.raises(DataError, match="x holds 7 at row 1"):
        stepper([0, 7], stepper.initial_state())


def test_several_inputs_and_their_dtypes():
    x, mask = nn.Input((9, 4)), nn.Input(9, "bool")
    net = nn.Network(inputs=(x, mask), outputs=nn.GRU(3)(x, mask))
    model = cn.Model(net, numerics="exact")
    stepper = model.stepper(2, ["float32", "bool"])
    kept = RNG.uniform(size=(2, 9)) < 0.5
    state = stepper.initial_state()
    for t in range(9):
        y, state = stepper((X[:, t], kept[:, t]), state)
    np.testing.assert_array_equal(y, net.forward(X, kept))
    with pytest.raises(UsageError, match=r"x\[1\] has dtype float64; this stepper takes bool"):
        stepper((X[:, 0], kept[:, 0].astype(float)), state)


def test_refused_arguments():
    with pytest.raises(UsageError, match="batch is 0"):
        cn.Model(nn.Dense(4, 3)).stepper(0)
    with pytest.raises(UsageError, match="input_dtypes has 2 names; the network has 1 inputs"):
        made(input_dtypes=["float32", "float32"])
