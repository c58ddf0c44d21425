"""A step against the same arithmetic written by hand in NumPy."""

import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.train.permutation import permutation

RNG = np.random.default_rng(5)
X = RNG.normal(size=(10, 3))
Y = RNG.normal(size=(10, 2))


def by_hand(weight, bias, batches, rate, momentum=0.0, sample_weight=None):
    """SGD on a linear layer with mean squared error, float64; returns weights and epoch loss."""
    velocity_w, velocity_b = np.zeros_like(weight), np.zeros_like(bias)
    total = 0.0
    for rows in batches:
        x, y = X[rows], Y[rows]
        w = np.ones(len(rows)) if sample_weight is None else sample_weight[rows]
        error = x @ weight + bias - y
        total += float((w[:, None] * error**2).mean()) * len(rows)
        gradient = 2 * w[:, None] * error / error.size
        velocity_w = momentum * velocity_w - rate * (x.T @ gradient)
        velocity_b = momentum * velocity_b - rate * gradient.sum(axis=0)
        weight, bias = weight + velocity_w, bias + velocity_b
    return weight, bias, total / sum(len(rows) for rows in batches)


def linear(optimizer, **options):
    net = nn.Sequential(nn.Dense(3, 2))
    return cn.Model(net, loss="mse", optimizer=optimizer, dtype="float64", **options)


def start(model):
    weights = model.get_weights()
    return weights["layers.0.weight"], weights["layers.0.bias"]


@pytest.mark.parametrize("numerics", ["fma", "exact"])
def test_sgd_with_momentum_and_a_partial_last_batch(numerics):
    model = linear(cn.optim.SGD(0.1, momentum=0.9), numerics=numerics)
    weight, bias = start(model)
    log = model.fit(X, Y, batch_size=4, shuffle=False, verbose=0)
    batches = [np.arange(0, 4), np.arange(4, 8), np.arange(8, 10)]
    weight, bias, loss = by_hand(weight, bias, batches, 0.1, 0.9)
    np.testing.assert_allclose(model.get_weights()["layers.0.weight"], weight, rtol=1e-12)
    np.testing.assert_allclose(model.get_weights()["layers.0.bias"], bias, rtol=1e-12)
    np.testing.assert_allclose(log["loss"], [loss], rtol=1e-12)
    assert model.step == 3


def test_shuffled_epochs_follow_the_permutation_of_seed_and_epoch():
    model = linear(cn.optim.SGD(0.1), seed=3)
    weight, bias = start(model)
    model.fit(X, Y, epochs=2, batch_size=4, verbose=0)
    batches = []
    for epoch in range(2):
        order = permutation(10, epoch, (3, 0))
        assert sorted(order) == list(range(10))
        batches += [order[0:4], order[4:8], order[8:10]]
    weight, bias, _ = by_hand(weight, bias, batches, 0.1)
    np.testing.assert_allclose(model.get_weights()["layers.0.weight"], weight, rtol=1e-12)


def test_sample_weights_scale_losses_and_gradients():
    model = linear(cn.optim.SGD(0.1))
    weight, bias = start(model)
    weights = np.linspace(0.0, 2.0, 10)
    log = model.fit(X, Y, batch_size=10, shuffle=False, sample_weight=weights, verbose=0)
    weight, bias, loss = by_hand(weight, bias, [np.arange(10)], 0.1, sample_weight=weights)
    np.testing.assert_allclose(model.get_weights()["layers.0.weight"], weight, rtol=1e-12)
    np.testing.assert_allclose(log["loss"], [loss], rtol=1e-12)


@pytest.mark.parametrize("form", ["sparse", "one_hot"])
def test_class_weights_scale_the_loss_of_each_class(form):
    labels = np.array([0, 1, 2, 1, 0, 2, 1, 1])
    x = RNG.normal(size=(8, 4))
    name = "SparseCategoricalCrossentropy" if form == "sparse" else "CategoricalCrossentropy"
    loss = getattr(cn.losses, name)(from_logits=True)
    y = labels if form == "sparse" else np.eye(3)[labels]
    net = nn.Sequential(nn.Dense(4, 3))
    model = cn.Model(net, loss=loss, optimizer=cn.optim.SGD(0.0), dtype="float64")
    log = model.fit(x, y, class_weight={0: 0.5, 2: 3.0}, shuffle=False, verbose=0)
    scores = model.predict(x)
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    weights = np.array([0.5, 1.0, 3.0])[labels]
    expected = (weights * -np.log(chances[np.arange(8), labels])).mean()
    np.testing.assert_allclose(log["loss"], [expected], rtol=1e-12)


def test_data_of_another_dtype_is_converted_in_the_step():
    pixels = np.arange(40, dtype=np.uint8).reshape(10, 4)
    results = []
    for data in (pixels, pixels.astype("float64"), pixels.astype("float32")):
        net = nn.Sequential(nn.Rescaling(1 / 255), nn.Dense(2))
        model = cn.Model(net, loss="mse", optimizer=cn.optim.SGD(0.1))
        model.fit(data, Y, verbose=0)
        results.append(model.predict(pixels))
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_frozen_layers_do_not_move_and_others_do():
    net = nn.Sequential(nn.Dense(3, 4), nn.Tanh(), nn.Dense(4, 2))
    model = cn.Model(net, loss="mse", optimizer=cn.optim.SGD(0.1))
    before = model.get_weights()
    net.layers[0].trainable = False
    model.fit(X, Y, epochs=2, verbose=0)
    after = model.get_weights()
    np.testing.assert_array_equal(after["layers.0.weight"], before["layers.0.weight"])
    assert np.abs(after["layers.2.weight"] - before["layers.2.weight"]).max() > 1e-4


def test_weights_assigned_by_the_user_are_what_trains_and_predicts():
    model = linear(cn.optim.SGD(0.1))
    model.predict(X)
    layer = model.net.layers[0]
    layer.weight.data = np.ones((3, 2))
    layer.bias.data[...] = 2.0
    np.testing.assert_allclose(model.predict(X), X.sum(axis=1, keepdims=True) + np.full(2, 2.0))
    model.fit(X, Y, batch_size=10, shuffle=False, verbose=0)
    weight, _, _ = by_hand(np.ones((3, 2)), np.full(2, 2.0), [np.arange(10)], 0.1)
    np.testing.assert_allclose(layer.weight.data, weight, rtol=1e-12)


def test_several_inputs_and_outputs():
    a, b = nn.Input(3), nn.Input(2)
    both = nn.Concatenate()(a, b)
    net = nn.Network([a, b], [nn.Dense(2)(both), nn.Dense(1)(both)])
    losses = ["mse", "mae"]
    model = cn.Model(net, losses, cn.optim.SGD(0.0), metrics=[["mae"], ["mse"]], dtype="float64")
    targets = (Y, X[:, :1])
    found = model.evaluate((X, Y), targets)
    first, second = model.predict((X, Y))
    expected = np.mean((first - Y) ** 2) + np.mean(np.abs(second - X[:, :1]))
    np.testing.assert_allclose(found["loss"], expected, rtol=1e-12)
    np.testing.assert_allclose(found["y1_mse"], np.mean((second - X[:, :1]) ** 2), rtol=1e-12)
    model.fit((X, Y), targets, verbose=0)
