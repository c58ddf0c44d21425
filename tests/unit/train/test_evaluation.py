import numpy as np
import pytest

import constnet as cn
from constnet import nn

RNG = np.random.default_rng(2)
X, Y = RNG.normal(size=(23, 3)), RNG.normal(size=(23, 2))


def make(**options):
    return cn.Model(
        nn.Sequential(nn.Dense(3, 2)), "mse", metrics=["mae"], dtype="float64", **options
    )


@pytest.mark.parametrize("batch", [None, 1, 7, 23, 100])
def test_every_row_counts_once_whatever_the_batch(batch):
    model = make()
    found = model.evaluate(X, Y, batch_size=batch)
    error = model.predict(X) - Y
    np.testing.assert_allclose(found["loss"], np.mean(error**2), rtol=1e-12)
    np.testing.assert_allclose(found["mae"], np.mean(np.abs(error)), rtol=1e-12)


def test_sample_weights():
    model = make()
    weights = RNG.uniform(size=23)
    found = model.evaluate(X, Y, sample_weight=weights)
    error = model.predict(X) - Y
    np.testing.assert_allclose(found["loss"], np.mean(weights[:, None] * error**2), rtol=1e-12)


def test_inference_mode_has_no_dropout_and_running_statistics():
    net = nn.Sequential(nn.Dense(3, 4), nn.BatchNorm(), nn.Dropout(0.9), nn.Dense(2))
    model = cn.Model(net, "mse", cn.optim.SGD(0.01), dtype="float64")
    model.fit(X, Y, verbose=0)
    found = model.evaluate(X, Y)["loss"]
    np.testing.assert_allclose(found, np.mean((model.predict(X) - Y) ** 2), rtol=1e-12)
    assert found == model.evaluate(X, Y)["loss"]


def test_validation_sees_the_weights_of_its_epoch():
    model = make(optimizer=cn.optim.SGD(0.1))
    log = model.fit(X, Y, epochs=2, validation_data=(X, Y), verbose=0)
    assert log["val_loss"][1] == model.evaluate(X, Y)["loss"]
    assert log["val_loss"][0] != log["val_loss"][1]


def test_a_loss_that_is_not_finite_is_reported_not_raised():
    model = make()
    model.set_weights({k: np.full_like(w, 1e200) for k, w in model.get_weights().items()})
    assert not np.isfinite(model.evaluate(X, Y, batch_size=5)["loss"])


def test_scores_are_judged_where_the_network_ends_in_class_numbers():
    net = nn.Sequential(nn.Dense(3, 4), nn.Argmax())
    loss = cn.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = cn.Model(net, loss, metrics=["accuracy"])
    labels = model.predict(X)
    found = model.evaluate(X, labels)
    assert found["accuracy"] == 1.0
    assert found["loss"] > 0


@pytest.mark.parametrize("size", [0, -1, 2.5, "8", True])
def test_a_batch_is_a_whole_number_of_rows(size):
    model = cn.Model(nn.Sequential(nn.Dense(2, 1)), "mse")
    x, y = np.zeros((4, 2)), np.zeros((4, 1))
    with pytest.raises(cn.UsageError, match="expected a whole number, at least 1"):
        model.evaluate(x, y, batch_size=size)
    with pytest.raises(cn.UsageError, match="expected a whole number, at least 1"):
        model.predict(x, batch_size=size)
