import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 5, 8))


def made(layer, *inputs):
    layer.forward(*inputs)
    return layer.initialize(3, "float64")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_and_gradients_are_those_of_pytorch(dtype, sequences_agree):
    assert sequences_agree("MultiHeadAttention", dtype) == 6


def test_a_causal_layer_does_not_see_what_comes():
    layer = made(nn.MultiHeadAttention(2, causal=True), X)
    later = X.copy()
    later[:, 3:] = 7.0
    np.testing.assert_array_equal(layer.forward(later)[:, :3], layer.forward(X)[:, :3])


def test_a_mask_of_keys_hides_them():
    layer = made(nn.MultiHeadAttention(2), X)
    mask = np.arange(5) < np.array([[3], [5]])
    y = layer.forward(X, mask)
    np.testing.assert_array_equal(y[0, :3], layer.forward(X[:1, :3])[0])
    np.testing.assert_array_equal(y[1], layer.forward(X)[1])


def test_a_step_that_may_look_at_none_gets_the_bias():
    layer = made(nn.MultiHeadAttention(2, bias_initializer="ones"), X)
    mask = np.ones((2, 5, 5), bool)
    mask[0, 1] = False
    np.testing.assert_array_equal(layer.forward(X, mask)[0, 1], 1.0)


def test_sizes_of_the_projections():
    layer = nn.MultiHeadAttention(4, 6, key_units=3, kv_heads=2, use_bias=False)
    layer.build((5, 8))
    shapes = {path: found.shape for path, found in layer.parameters().items()}
    assert shapes == {
        "query.weight": (8, 12),
        "key.weight": (8, 6),
        "value.weight": (8, 6),
        "output.weight": (12, 6),
    }
    assert layer.output_shapes == ((5, 6),)


def test_rotary_scores_depend_on_the_distance_alone():
    """The weights of a step are those of the same step with all positions moved on."""
    layer = made(nn.MultiHeadAttention(1, rotary=True), X)
    one, other = X[:1, :1], X[:1, 1:2]
    near = np.concatenate([one, other, np.repeat(other, 3, 1)], 1)
    mask = np.zeros((1, 5, 5), bool)
    mask[0, 1, :2] = mask[0, 4, 3:] = True
    far = np.concatenate([np.repeat(other, 3, 1), one, other], 1)
    np.testing.assert_allclose(
        layer.forward(near, mask)[0, 1], layer.forward(far, mask)[0, 4], rtol=1e-12
    )


class Looks(nn.Layer):
    """The weights of an attention layer as outputs."""

    def __init__(self, attention):
        self.attention = attention

    def call(self, x, *others):
        return self.attention.attention_weights(x, *others)


@pytest.mark.parametrize("options", [{}, {"causal": True}, {"kv_heads": 1}, {"key_units": 3}])
def test_weights_are_the_softmax_of_products(options):
    layer = made(nn.MultiHeadAttention(2, **options), X)
    mask = np.arange(5) < np.array([[3], [5]])
    found = Looks(layer).forward(X, mask)
    units = layer.key_units or 4
    q = (X @ layer.query.weight.data).reshape(2, 5, 2, units).transpose(0, 2, 1, 3)
    k = (X @ layer.key.weight.data).reshape(2, 5, -1, units).transpose(0, 2, 1, 3)
    scores = q @ np.repeat(k, 2 // k.shape[1], axis=1).swapaxes(2, 3) / np.sqrt(units)
    seen = mask[:, None, None, :] & (np.tri(5, dtype=bool) if layer.causal else True)
    powers = np.where(seen, np.exp(scores), 0.0)
    np.testing.assert_allclose(found, powers / powers.sum(-1, keepdims=True), rtol=1e-9)


def test_weights_of_rotary_positions_make_the_output():
    layer = made(nn.MultiHeadAttention(2, rotary=True), X)
    values = (X @ layer.value.weight.data).reshape(2, 5, 2, 4).transpose(0, 2, 1, 3)
    joined = (Looks(layer).forward(X) @ values).transpose(0, 2, 1, 3).reshape(2, 5, 8)
    np.testing.assert_allclose(joined @ layer.output.weight.data, layer.forward(X), rtol=1e-9)


def test_dropout_drops_weights_in_training_only():
    layer = made(nn.MultiHeadAttention(2, 8, key_units=4, dropout=0.5), X)
    whole = layer.forward(X)
    np.testing.assert_array_equal(layer.forward(X), whole)
    runs = np.stack([layer.forward(X, training=True, step=n) for n in range(400)])
    assert (runs[0] != runs[1]).all()
    np.testing.assert_array_equal(runs[3], layer.forward(X, training=True, step=3))
    distance = np.abs(runs.mean(0) - whole) / (runs.std(0) / 20)
    assert distance.max() < 5  # standard errors


def test_dropout_differs_between_samples_and_heads():
    same = np.ones((3, 5, 8))
    layer = made(nn.MultiHeadAttention(1, dropout=0.5), same)
    y = layer.forward(same, training=True)
    assert (y[0] != y[1]).any()
    assert (y[1] != y[2]).any()


def test_gradient_of_dropout_is_that_of_its_mask():
    layer = made(nn.MultiHeadAttention(2, dropout=0.3), X)
    options = {"training": True, "seed": 5, "step": 9}
    layer.forward(X, **options)
    dy = RNG.normal(size=X.shape)
    dx = layer.backward(dy)
    for index in [(0, 0, 0), (1, 4, 7), (0, 2, 3)]:
        moved = [X.copy(), X.copy()]
        moved[0][index] += 1e-6
        moved[1][index] -= 1e-6
        above, below = (np.sum(layer.forward(x, **options) * dy) for x in moved)
        assert abs((above - below) / 2e-6 - dx[index]) < 1e-6


def test_configuration_comes_back():
    layer = nn.MultiHeadAttention(4, kv_heads=2, causal=True, rotary=500.0, capacity=9)
    assert nn.from_config(layer.config()).config() == layer.config()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"heads": 0}, "heads is 0"),
        ({"heads": 4, "kv_heads": 3}, "kv_heads is 3, which does not divide 4 heads"),
        ({"heads": 4, "kv_heads": 0}, "kv_heads is 0"),
        ({"heads": 4, "rotary": 0.5}, r"rotary is 0\.5"),
        ({"heads": 4, "dropout": 1.0}, r"dropout is 1\.0"),
        ({"heads": 4, "capacity": -1}, "capacity is -1"),
        ({"heads": 4, "key_units": 0}, "key_units is 0"),
    ],
)
def test_refused_arguments(options, match):
    with pytest.raises(UsageError, match=f"MultiHeadAttention: {match}"):
        nn.MultiHeadAttention(**options)


MASK = np.ones((2, 5), bool)


@pytest.mark.parametrize(
    ("layer", "inputs", "match"),
    [
        (nn.MultiHeadAttention(3), (X,), "8 features are not divisible by its 3 heads"),
        (nn.MultiHeadAttention(8, rotary=True), (X,), "turn pairs and its key_units are 1"),
        (nn.MultiHeadAttention(2), (X[:, :0],), "a sequence of length zero"),
        (nn.MultiHeadAttention(2), (X[:, 0],), r"takes a sequence \(batch, time, features\)"),
        (nn.MultiHeadAttention(2), (X, MASK[:, :4]), r"its mask has shape \(batch, 5\) or \(batch"),
        (nn.MultiHeadAttention(2), (X, X[:, :4], MASK), r"\(batch, 4\) or \(batch, 5, 4\)"),
        (nn.MultiHeadAttention(2), (X, MASK.astype(int)), "its mask has dtype int"),
        (nn.MultiHeadAttention(2, causal=True), (X, X, MASK), "which a causal layer has not"),
    ],
)
def test_refused_inputs(layer, inputs, match):
    with pytest.raises(ShapeError, match=match):
        layer.forward(*inputs)


def test_other_features_than_those_it_was_built_for():
    layer = made(nn.MultiHeadAttention(2), X)
    with pytest.raises(ShapeError, match="was built for 8 features"):
        layer.forward(X[:, :, :6])
