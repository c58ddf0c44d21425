"""A sequence one step at a time has the bits of the whole."""

import numpy as np
import pytest

from constnet import nn, ops
from constnet.errors import ShapeError, UsageError
from constnet.nn.streaming import Slot

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 37, 4)).astype("float32")
IDS = RNG.integers(0, 7, (2, 37))


def streamed(net, x, *others):
    state, outputs = net.initial_state(len(x)), []
    for t in range(x.shape[1]):
        step = x[:, t] if not others else (x[:, t], *(other[:, t] for other in others))
        y, state = net.step(step, state)
        outputs.append(y)
    return np.stack(outputs, 1), state


def causal(*layers):
    return nn.Sequential(*layers)


SAME_LENGTH = {
    "rnn": (nn.SimpleRNN(5, return_sequences=True), X),
    "lstm": (nn.LSTM(5, return_sequences=True), X),
    "gru": (nn.GRU(5, return_sequences=True), X),
    "gru before": (nn.GRU(5, reset_after=False, return_sequences=True), X),
    "conv": (nn.Conv1D(6, 3, padding="causal", dilation=2, activation="relu"), X),
    "conv in groups": (nn.Conv1D(6, 3, padding="causal", groups=2), X),
    "conv of one": (nn.Conv1D(6, 1), X),
    "depthwise": (nn.DepthwiseConv1D(3, padding="causal", depth_multiplier=2), X),
    "separable": (nn.SeparableConv1D(6, 3, padding="causal"), X),
    "attention": (nn.MultiHeadAttention(2, causal=True), X),
    "attention, larger cache": (nn.MultiHeadAttention(2, causal=True, capacity=70), X),
    "attention, rotary": (nn.MultiHeadAttention(2, kv_heads=1, causal=True, rotary=True), X),
    "stacked": (
        causal(nn.GRU(5, return_sequences=True), nn.LayerNorm(), nn.LSTM(3, return_sequences=True)),
        X,
    ),
    "residual": (
        causal(nn.Residual(nn.Conv1D(4, 2, padding="causal"), nn.BatchNorm()), nn.Dense(2)),
        X,
    ),
    "transformer": (
        causal(
            nn.Embedding(7, 8),
            nn.LearnedPosition(),
            nn.TransformerBlock(2, 16, causal=True, dropout=0.1),
            nn.TransformerBlock(2, 16, causal=True, norm="post", norm_layer="rms"),
            nn.Dense(7),
            nn.Softmax(),
        ),
        IDS,
    ),
    "sinusoidal": (causal(nn.Dense(8), nn.SinusoidalPosition(50), nn.Dropout(0.2)), X),
    "masked by the embedding": (
        causal(nn.Embedding(7, 4, mask_value=0), nn.LSTM(3, return_sequences=True)),
        IDS,
    ),
}


@pytest.mark.parametrize(("net", "x"), SAME_LENGTH.values(), ids=SAME_LENGTH)
def test_every_step_has_the_bits_of_the_whole_sequence(net, x):
    whole = net.forward(x)
    steps, _ = streamed(net, x)
    np.testing.assert_array_equal(steps, whole)


def test_the_last_step_is_the_output_where_only_that_is_returned():
    net = nn.Sequential(nn.Conv1D(6, 3, padding="causal"), nn.GRU(5), nn.Flatten(), nn.Dense(2))
    whole = net.forward(X)
    steps, state = streamed(net, X)
    np.testing.assert_array_equal(steps[:, -1], whole)
    assert list(state.arrays) == ["layers.0.last", "layers.1.h"]


def test_a_mask_as_second_input():
    mask = RNG.uniform(size=X.shape[:2]) < 0.6
    layer = nn.LSTM(3, return_sequences=True)
    whole = layer.forward(X, mask)
    np.testing.assert_array_equal(streamed(layer, X, mask)[0], whole)


def test_branches_and_a_shared_layer():
    shared = nn.GRU(4, return_sequences=True)
    x = nn.Input((37, 4))
    net = nn.Network(inputs=x, outputs=nn.Concatenate()(shared(x), shared(shared(x))))
    whole = net.forward(X)
    steps, state = streamed(net, X)
    np.testing.assert_array_equal(steps, whole)
    assert len(state.arrays) == 3


def test_several_outputs_and_float64():
    layer = nn.LSTM(3, return_sequences=True, return_state=True)
    layer.forward(X.astype("float64"))
    state = layer.initial_state(2)
    assert state["c"].dtype == np.float64
    for t in range(37):
        (y, h, c), state = layer.step(X[:, t], state)
    np.testing.assert_array_equal(y, h)
    for found, expected in zip((y, h, c), layer.last_outputs, strict=True):
        last = expected[:, -1] if expected.ndim == 3 else expected
        np.testing.assert_array_equal(found, last)


def test_streams_do_not_disturb_what_is_known_of_the_network():
    net, x = SAME_LENGTH["stacked"]
    net.forward(x)
    shapes = [layer.input_shapes for _, layer in net.walk() if layer.is_built]
    streamed(net, x)
    assert [layer.input_shapes for _, layer in net.walk() if layer.is_built] == shapes


def test_a_state_is_not_changed():
    layer = nn.GRU(3)
    layer.forward(X)
    before = layer.initial_state(2)
    once, _ = layer.step(X[:, 0], before)
    again, _ = layer.step(X[:, 0], before)
    np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(before["h"], 0.0)


def test_steps_follow_new_weights():
    layer = nn.Dense(2, kernel_initializer="ones")
    net = nn.Sequential(layer, nn.GRU(3))
    net.forward(X)
    old, _ = net.step(X[:, 0], net.initial_state(2))
    layer.weight.data = layer.weight.data * 2
    new, _ = net.step(X[:, 0], net.initial_state(2))
    assert (old != new).any()


class Sums(nn.Layer):
    """Running sums, with a stream of its own."""

    def call(self, x):
        below = ops.constant(np.tril(np.ones((x.shape[1], x.shape[1]), x.dtype.numpy)))
        return ops.swapaxes(ops.swapaxes(x, 1, 2) @ ops.swapaxes(below, 0, 1), 1, 2)

    def stream_state(self, x):
        return {"total": Slot(x.type)}

    def stream(self, inputs, state):
        total = state["total"] + inputs[0]
        return (total,), {"total": total}


class Doubled(nn.Layer):
    is_stepwise = True

    def call(self, x):
        return x * 2.0


class Reversed(nn.Layer):
    def call(self, x):
        return ops.flip(x, 1)


def test_layers_of_ones_own():
    net = nn.Sequential(Doubled(), Sums())
    whole = net.forward(X)
    np.testing.assert_array_equal(streamed(net, X)[0], whole)


@pytest.mark.parametrize(
    ("layer", "match"),
    [
        (nn.Bidirectional(nn.GRU(2)), r"Bidirectional.*: half of it reads .* from its end"),
        (nn.LSTM(2, go_backwards=True), "it reads the sequence from its end"),
        (nn.Conv1D(2, 3), r"Conv1D\(2, 3\) at layers\.0 cannot run step by step: its window sees"),
        (nn.Conv1D(2, 3, padding="causal", strides=2), "or skips some; use Conv1D with padding="),
        (nn.MultiHeadAttention(2), "its steps look at steps after them; use causal=True"),
        (nn.TransformerBlock(2, 8), r"layers\.0\.attention cannot run step by step"),
        (nn.GlobalAveragePool1D(), "it may look at several steps at once"),
        (nn.Softmax(axis=1), "it may look at several steps at once"),
        (nn.Flatten(), "or change their number"),
        (Reversed(), "defines `stream_state` and `stream`"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_layers_that_cannot_stream_say_why(layer, match):
    net = nn.Sequential(layer)
    net.build((37, 4))
    with pytest.raises(UsageError, match=match):
        net.initial_state()


def test_a_full_cache_is_an_error():
    layer = nn.MultiHeadAttention(2, causal=True, capacity=3)
    layer.forward(X)
    state = layer.initial_state(2)
    for t in range(3):
        _, state = layer.step(X[:, t], state)
    with pytest.raises(UsageError, match=r"position: all of its 3 steps are taken.*capacity"):
        layer.step(X[:, 3], state)


def test_positions_end():
    layer = nn.LearnedPosition(2)
    layer.forward(X[:, :2])
    state = layer.initial_state(2)
    for t in range(2):
        _, state = layer.step(X[:, t], state)
    with pytest.raises(UsageError, match="position: all of its 2 steps are taken"):
        layer.step(X[:, 2], state)


def test_a_state_from_another_network():
    layer, other = nn.LSTM(3), nn.LSTM(4)
    layer.forward(X)
    other.forward(X)
    match = (
        r"state of another network or batch: it has h float32\[2, 4\].*one has h float32\[2, 3\]"
    )
    with pytest.raises(UsageError, match=match):
        layer.step(X[:, 0], other.initial_state(2))
    with pytest.raises(UsageError, match="of another network or batch"):
        layer.step(X[:, 0], layer.initial_state(1))
    with pytest.raises(UsageError, match="the state is a tuple; expected what `initial_state`"):
        layer.step(X[:, 0], (np.zeros((2, 3)),))


def test_a_state_that_was_tampered_with():
    layer = nn.GRU(3)
    layer.forward(X)
    state = layer.initial_state(2)
    network = state.network
    with pytest.raises(ShapeError, match=r"h of the state is of shape \(2, 4\); expected float32"):
        layer.step(X[:, 0], nn.State({"h": np.zeros((2, 4))}, network))
    with pytest.raises(ShapeError, match="h of the state is missing"):
        layer.step(X[:, 0], nn.State({}, network))


@pytest.mark.parametrize(
    ("step", "match"),
    [
        (X, r"a step takes \(batch, 4\), one time of the \(batch, 37, 4\)"),
        (X[:, 0, :3], r"it was given \(2, 3\)\. Leave out the time axis"),
        (X[:0, 0], r"it was given \(0, 4\)"),
        ((X[:, 0], X[:, 0]), "has 1 inputs and its step was given 2"),
    ],
)
def test_refused_steps(step, match):
    layer = nn.GRU(3)
    layer.forward(X)
    with pytest.raises(ShapeError, match=match):
        layer.step(step, layer.initial_state(2))


def test_refused_inputs_of_a_stream():
    layer = nn.GRU(3)
    layer.forward(X, np.zeros((2, 3), "float32"))
    with pytest.raises(ShapeError, match="Initial states belong into the state of the stream"):
        layer.initial_state()
    layer = nn.MultiHeadAttention(2, causal=True)
    layer.forward(X, np.ones(X.shape[:2], bool))
    with pytest.raises(ShapeError, match="a stream has no mask"):
        layer.initial_state()
    with pytest.raises(UsageError, match="batch is 0"):
        layer.initial_state(0)
    with pytest.raises(UsageError, match="is not built"):
        nn.GRU(3).initial_state()
