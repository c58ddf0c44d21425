"""The fit loop: no result depends on where chunks end."""

import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.train import fitting

X = np.random.default_rng(0).normal(size=(30, 2))
Y = X[:, :1] * X[:, 1:]


def make(optimizer=None):
    net = nn.Sequential(nn.Dense(2, 4), nn.Tanh(), nn.Dropout(0.2), nn.Dense(1))
    return cn.Model(net, "mse", optimizer or cn.optim.Adam(0.01), ["mae"], seed=2)


@pytest.mark.parametrize("seconds", [1e-9, 10.0])
def test_chunks_of_any_length_give_the_same_bits(seconds, monkeypatch):
    expected = make().fit(X, Y, epochs=4, batch_size=7, verbose=0).history
    monkeypatch.setattr(fitting, "CHUNK_SECONDS", seconds)
    assert make().fit(X, Y, epochs=4, batch_size=7, verbose=0).history == expected


def test_two_fits_go_on_and_begin_with_whole_epochs():
    model = make()
    model.fit(X, Y, epochs=1, batch_size=7, verbose=0)
    log = model.fit(X[:10], Y[:10], epochs=2, batch_size=4, verbose=0)
    assert model.step == 5 + 2 * 3
    assert log.epoch == [0, 1]
    assert float(model.store().arrays["metric.loss.count"]) == 10


def test_steps_may_be_fewer_or_more_than_a_pass():
    for steps, rows in ((2, 14), (9, 30 + 28)):
        model = make()
        model.fit(X, Y, steps=steps, batch_size=7, verbose=0)
        assert model.step == steps
        assert float(model.store().arrays["metric.loss.count"]) == rows


def test_initial_epoch_counts_on():
    log = make().fit(X, Y, initial_epoch=3, epochs=5, verbose=0)
    assert log.epoch == [3, 4]


def test_the_average_of_the_weights_is_what_stays():
    momentum = 0.5
    model = make(cn.optim.SGD(0.1, use_ema=True, ema_momentum=momentum))
    seen = []
    keep = cn.callbacks.LambdaCallback(
        on_steps=lambda *_: seen.append(model.get_weights()["layers.0.weight"]), every_steps=1
    )
    model.fit(X, Y, epochs=2, batch_size=10, verbose=0, callbacks=[keep])
    average = seen[0].astype(np.float64)
    for weight in seen[1:]:
        average = momentum * average + (1 - momentum) * weight
    np.testing.assert_allclose(model.get_weights()["layers.0.weight"], average, rtol=1e-5)


def test_metrics_start_anew_each_epoch():
    log = make(cn.optim.SGD(0.0)).fit(X, Y, epochs=2, batch_size=30, verbose=0)
    net = make()
    assert len(set(log["mae"])) <= 2  # dropout differs, sums do not carry over
    assert max(log["mae"]) < 2 * min(log["mae"])
    assert net.history.epoch == []
