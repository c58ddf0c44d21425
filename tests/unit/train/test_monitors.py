import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.train.callback import Callback
from constnet.train.monitors import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau

X = np.random.default_rng(0).normal(size=(16, 2))
Y = X[:, :1]


def make(rate=0.1):
    return cn.Model(nn.Sequential(nn.Dense(2, 1)), "mse", cn.optim.SGD(rate))


class Script(Callback):
    """Reports given numbers, and remembers the weights of each epoch."""

    def __init__(self, *values):
        self.values = values
        self.weights = []
        self.scales = []

    def on_epoch_end(self, epoch, logs):
        logs["score"] = self.values[epoch]
        self.weights.append(self.model.get_weights()["layers.0.weight"])
        self.scales.append(self.model.learning_rate_scale)


@pytest.mark.parametrize(
    ("mode", "values", "stopped", "best"),
    [
        ("min", (3.0, 2.0, 2.5, 2.1, 1.0, 0.0), 3, 1),
        ("max", (3.0, 4.0, 3.9, 4.0, 9.0, 9.0), 3, 1),
    ],
)
def test_early_stopping_waits_and_restores_the_best(mode, values, stopped, best):
    script = Script(*values)
    stopper = EarlyStopping("score", patience=1, mode=mode, restore_best_weights=True)
    model = make()
    log = model.fit(X, Y, epochs=6, verbose=0, callbacks=[script, stopper])
    assert stopper.stopped_epoch == stopped == log.epoch[-1]
    assert stopper.best_epoch == best
    found = model.get_weights()["layers.0.weight"]
    np.testing.assert_array_equal(found, script.weights[best])
    assert (found != script.weights[-1]).any()


def test_min_delta_is_the_least_that_counts():
    stopper = EarlyStopping("score", min_delta=0.5)
    log = make().fit(X, Y, epochs=4, verbose=0, callbacks=[Script(3.0, 2.0, 1.6, 0.0), stopper])
    assert log.epoch == [0, 1, 2]


def test_auto_mode_goes_by_the_name():
    assert EarlyStopping("val_accuracy").is_max
    assert not EarlyStopping("val_loss").is_max
    with pytest.raises(cn.UsageError, match="mode is 'up'"):
        EarlyStopping("loss", mode="up")


def test_an_unknown_name_lists_what_was_reported():
    with pytest.raises(cn.UsageError, match=r"watches 'val_loss'.*it reported: loss"):
        make().fit(X, Y, verbose=0, callbacks=[EarlyStopping()])


def test_the_rate_is_reduced_on_a_plateau_and_rests_in_between():
    script = Script(1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    reducer = ReduceLROnPlateau("score", factor=0.5, patience=1, cooldown=1, min_scale=0.2)
    model = make()
    model.fit(X, Y, epochs=6, verbose=0, callbacks=[script, reducer])
    assert script.scales == [1.0, 1.0, 0.5, 0.25, 0.20000000298023224, 0.20000000298023224]
    with pytest.raises(cn.UsageError, match="factor is 2"):
        ReduceLROnPlateau(factor=2)


def test_the_scale_multiplies_the_step():
    one, other = make(0.1), make(0.05)
    one.learning_rate_scale = 0.5
    for model in (one, other):
        model.fit(X, Y, verbose=0)
    np.testing.assert_allclose(one.predict(X), other.predict(X), rtol=1e-6)
    assert one.learning_rate == pytest.approx(0.05)
    with pytest.raises(cn.UsageError, match="was set to -1"):
        one.learning_rate_scale = -1


def test_checkpoints_of_every_epoch_and_of_the_best(tmp_path):
    every = ModelCheckpoint(tmp_path / "{epoch:02d}-{score:.1f}.safetensors", "score")
    best = ModelCheckpoint(tmp_path / "best.safetensors", "score", save_best_only=True)
    script = Script(2.0, 1.0, 3.0)
    make().fit(X, Y, epochs=3, verbose=0, callbacks=[best, every, script])
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [
        "00-2.0.safetensors", "01-1.0.safetensors", "02-3.0.safetensors", "best.safetensors",
    ]  # fmt: skip
    found = cn.load(tmp_path / "best.safetensors").get_weights()["layers.0.weight"]
    np.testing.assert_array_equal(found, script.weights[1])
    with pytest.raises(cn.UsageError, match="cannot be filled in"):
        make().fit(X, Y, verbose=0, callbacks=[ModelCheckpoint("{nothing}", "loss")])
