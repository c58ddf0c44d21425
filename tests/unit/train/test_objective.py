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


SCORES = np.random.default_rng(3).normal(size=(7, 4, 3))
LABELS = np.random.default_rng(4).integers(0, 3, (7, 4))
EACH = (
    np.log(np.exp(SCORES).sum(axis=-1)) - np.take_along_axis(SCORES, LABELS[..., None], -1)[..., 0]
)
MASK = np.random.default_rng(5).uniform(size=(7, 4)) < 0.6


def sequences(**options):
    options = {"dtype": "float64", **options}
    loss = cn.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = cn.Model(nn.Sequential(nn.Dense(3, 3)), loss, cn.optim.SGD(0.0), **options)
    model.set_weights({"layers.0.weight": np.eye(3), "layers.0.bias": np.zeros(3)})
    return model


def test_the_epochs_loss_under_a_mask_does_not_depend_on_batches():
    for batch in (1, 3, 7):
        options = {"batch_size": batch, "shuffle": False, "sample_weight": MASK, "verbose": 0}
        log = sequences(metrics=["accuracy", "perplexity"]).fit(SCORES, LABELS, **options)
        np.testing.assert_allclose(log["loss"], [EACH[MASK].mean()], rtol=1e-12)
        np.testing.assert_allclose(log["perplexity"], [np.exp(EACH[MASK].mean())], rtol=1e-12)
        right = SCORES.argmax(axis=-1) == LABELS
        np.testing.assert_allclose(log["accuracy"], [right[MASK].mean()], rtol=1e-12)


@pytest.mark.parametrize("kind", ["none", "mask", "row mask", "positions", "rows"])
def test_class_weights_of_positions(kind):
    table = np.array([1.0, 3.0, 0.5])[LABELS]
    rows = np.random.default_rng(6).uniform(size=7)
    given, expected = {
        "none": (None, np.mean(EACH * table)),
        "mask": (MASK, (EACH * table)[MASK].mean()),
        "row mask": (rows > 0.5, (EACH * table)[rows > 0.5].mean()),
        "positions": (MASK * 2.0, np.mean(EACH * table * MASK * 2)),
        "rows": (rows, np.mean(EACH * table * rows[:, None])),
    }[kind]
    options = {"class_weight": {1: 3.0, 2: 0.5}, "shuffle": False, "verbose": 0}
    log = sequences().fit(SCORES, LABELS, sample_weight=given, **options)
    np.testing.assert_allclose(log["loss"], [expected], rtol=1e-12)


def test_class_weights_need_labels():
    model = cn.Model(nn.Sequential(nn.Dense(2, 3)), "mse")
    with pytest.raises(cn.ShapeError, match=r"float32\[6, 3\].* labels of shape \(6,\), or use"):
        model.fit(X, np.zeros((6, 3)), class_weight={3: 2.0}, verbose=0)
