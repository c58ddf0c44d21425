"""Data drawn inside the compiled loop."""

import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.philox import philox


def model(**options):
    net = nn.Sequential(nn.Dense(2, 1, kernel_initializer="zeros"))
    return cn.Model(net, loss="mse", optimizer=cn.optim.SGD(0.0), dtype="float32", **options)


def test_draws_are_philox_words_of_seed_and_step():
    def draw(rng):
        x = rng.uniform((2,), -3, 3)
        return x, x[:, :1]

    seed = 77
    log = model(seed=seed).fit(cn.data.Sampler(draw, 5), steps=3, verbose=0)
    losses = []
    for step in range(3):
        counter = [[block, step, 1 << 16, 0] for block in range(3)]
        words = philox(counter, (seed, 0)).T.reshape(-1)[:10].reshape(5, 2)
        x = (words >> 8).astype(np.float32) * np.float32(2.0**-24) * np.float32(6) - np.float32(3)
        losses.append(np.mean(x[:, 0].astype(np.float64) ** 2))
    np.testing.assert_allclose(log["loss"], [np.mean(losses)], rtol=1e-6)


def test_a_network_learns_from_what_is_drawn():
    def draw(rng):
        x = rng.normal((2,))
        k = rng.integers(0, 3)
        return x, cn.ops.sum(x, axis=1, keepdims=True) + 0.0 * cn.ops.reshape(
            k.astype("float32"), (8, 1)
        )

    net = nn.Sequential(nn.Dense(2, 1))
    learner = cn.Model(net, loss="mse", optimizer=cn.optim.SGD(0.1))
    learner.fit(cn.data.Sampler(draw, 8), steps=300, verbose=0)
    np.testing.assert_allclose(learner.get_weights()["layers.0.weight"], [[1], [1]], atol=1e-3)


@pytest.mark.parametrize(
    ("draw", "match"),
    [
        (lambda rng: rng.uniform((2,)), "expected a pair"),
        (lambda rng: (np.zeros((4, 2)), rng.uniform()), "returned a ndarray as x"),
        (lambda rng: (rng.uniform((2,)), cn.ops.sum(rng.uniform((2,)))), "returned y of shape"),
    ],
)
def test_wrong_draws_are_refused(draw, match):
    with pytest.raises(cn.ConstnetError, match=match):
        model().fit(cn.data.Sampler(draw, 4), steps=1, verbose=0)


def test_wrong_calls_are_refused():
    sampler = cn.data.Sampler(lambda rng: (rng.uniform((2,)), rng.uniform((1,))), 4)
    with pytest.raises(cn.UsageError, match="no steps"):
        model().fit(sampler, verbose=0)
    with pytest.raises(cn.UsageError, match="batch_size=8 and a Sampler of batch_size=4"):
        model().fit(sampler, steps=1, batch_size=8, verbose=0)
    with pytest.raises(cn.UsageError, match="which belong to arrays"):
        model().fit(sampler, steps=1, sample_weight=np.ones(4), verbose=0)
    with pytest.raises(cn.UsageError, match="expected a function"):
        cn.data.Sampler(3)
    with pytest.raises(cn.UsageError, match="batch_size is 0"):
        cn.data.Sampler(lambda rng: rng, 0)


def test_a_batch_axis_in_a_drawn_shape_is_refused():
    def draw(rng):
        x = rng.uniform((16, 2))
        return x, x

    with pytest.raises(cn.ShapeError, match=r"ask for \(2,\)"):
        cn.data.Sampler(draw, batch_size=16).input_shapes()
