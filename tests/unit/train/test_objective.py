"""Losses and weights of a batch; values are checked with the step, in test_step."""

import numpy as np
import pytest

import constnet as cn
from constnet import nn

X = np.random.default_rng(0).normal(size=(6, 2))
Y = X[:, :1]


def test_penalties_of_regularizers_are_part_of_the_loss():
    layer = nn.Dense(2, 1, kernel_regularizer=nn.regularizers.L2(0.1))
    model = cn.Model(nn.Sequential(layer), "mse", dtype="float64")
    weight = model.get_weights()["layers.0.weight"]
    expected = np.mean((model.predict(X) - Y) ** 2) + 0.1 * np.sum(weight**2)
    np.testing.assert_allclose(model.evaluate(X, Y)["loss"], expected, rtol=1e-12)


def test_class_and_sample_weights_multiply():
    labels = np.array([0, 1, 1, 0, 1, 0])
    loss = cn.losses.BinaryCrossentropy(from_logits=True)
    model = cn.Model(nn.Sequential(nn.Dense(2, 1)), loss, cn.optim.SGD(0.0), dtype="float64")
    given = np.linspace(1, 2, 6)
    options = {"class_weight": {1: 3.0}, "sample_weight": given, "verbose": 0}
    log = model.fit(X, labels, shuffle=False, **options)
    logits = model.predict(X)[:, 0]
    losses = np.log1p(np.exp(logits)) - labels * logits
    weights = given * np.where(labels == 1, 3.0, 1.0)
    np.testing.assert_allclose(log["loss"], [np.mean(weights * losses)], rtol=1e-12)


@pytest.mark.parametrize("given", [{0: 2.0}, {1: 2.5}, {2: 0.25}])
@pytest.mark.parametrize("is_one_hot", [False, True])
def test_classes_without_a_weight_weigh_1_whichever_label_is_the_last_given(given, is_one_hot):
    labels = np.array([0, 1, 2, 2, 1, 0])
    kind = "CategoricalCrossentropy" if is_one_hot else "SparseCategoricalCrossentropy"
    loss = getattr(cn.losses, kind)(from_logits=True)
    model = cn.Model(nn.Sequential(nn.Dense(2, 3)), loss, cn.optim.SGD(0.0), dtype="float64")
    targets = np.eye(3)[labels] if is_one_hot else labels
    log = model.fit(X, targets, class_weight=given, shuffle=False, verbose=0)
    scores = model.predict(X)
    losses = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(6), labels]
    weights = np.array([given.get(label, 1.0) for label in labels])
    np.testing.assert_allclose(log["loss"], [np.mean(weights * losses)], rtol=1e-12)


def test_a_lone_class_weight_of_a_yes_or_no_answer():
    labels = np.array([0, 1, 1, 0, 1, 0])
    loss = cn.losses.BinaryCrossentropy(from_logits=True)
    model = cn.Model(nn.Sequential(nn.Dense(2, 1)), loss, cn.optim.SGD(0.0), dtype="float64")
    log = model.fit(X, labels, class_weight={0: 3.0}, shuffle=False, verbose=0)
    logits = model.predict(X)[:, 0]
    losses = np.log1p(np.exp(logits)) - labels * logits
    expected = np.mean(np.where(labels == 0, 3.0, 1.0) * losses)
    np.testing.assert_allclose(log["loss"], [expected], rtol=1e-12)


def test_a_target_per_output():
    one = nn.Input(2)
    net = nn.Network([one], [nn.Dense(1)(one), nn.Dense(1)(one)])
    model = cn.Model(net, ["mse", "mse"])
    sampler = cn.data.Sampler(lambda rng: (rng.uniform((2,)), rng.uniform((1,))), 4)
    with pytest.raises(cn.UsageError, match="has 2 outputs and 1 targets"):
        model.fit(sampler, steps=1, verbose=0)
