import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.train.callback import Callback, LambdaCallback, LearningRateLogger

X = np.random.default_rng(0).normal(size=(20, 2))
Y = X[:, :1]


def make(optimizer=None):
    return cn.Model(nn.Sequential(nn.Dense(2, 1)), "mse", optimizer or cn.optim.SGD(0.1))


def test_hooks_are_called_in_order_with_the_logs_so_far():
    calls = []

    class Recorder(Callback):
        every_steps = 2

        def on_train_begin(self, epoch):
            calls.append(("train begins", epoch))

        def on_epoch_begin(self, epoch):
            calls.append(("epoch begins", epoch))

        def on_steps(self, step, logs):
            calls.append(("steps", step, sorted(logs)))

        def on_epoch_end(self, epoch, logs):
            calls.append(("epoch ends", epoch, sorted(logs)))
            logs["mine"] = epoch * 10

        def on_train_end(self):
            calls.append(("train ends", self.model.step))

    log = make().fit(X, Y, epochs=2, batch_size=8, verbose=0, callbacks=[Recorder()])
    assert calls == [
        ("train begins", 0),
        ("epoch begins", 0),
        ("steps", 2, ["loss"]),
        ("epoch ends", 0, ["loss"]),
        ("epoch begins", 1),
        ("steps", 4, ["loss"]),
        ("steps", 6, ["loss"]),
        ("epoch ends", 1, ["loss"]),
        ("train ends", 6),
    ]
    assert log["mine"] == [0, 10]


def test_lambda_callbacks_take_functions():
    seen = []
    callback = LambdaCallback(
        lambda epoch, logs: seen.append((epoch, logs["loss"])),
        on_epoch_begin=seen.append,
        on_steps=lambda step, _: seen.append(step),
        every_steps=3,
    )
    log = make().fit(X, Y, batch_size=8, verbose=0, callbacks=[callback])
    assert seen == [0, 3, (0, log["loss"][0])]
    with pytest.raises(cn.UsageError, match="give both, or neither"):
        LambdaCallback(every_steps=3)
    with pytest.raises(cn.UsageError, match="every_steps is 0"):
        LambdaCallback(on_steps=print, every_steps=0)


def test_the_learning_rate_is_logged():
    model = make(cn.optim.SGD(cn.optim.ExponentialDecay(0.1, 0.5)))
    log = model.fit(X, Y, epochs=2, verbose=0, callbacks=[LearningRateLogger()])
    np.testing.assert_allclose(log["learning_rate"], [0.05, 0.025])


def test_a_callback_without_a_model_says_so():
    with pytest.raises(cn.UsageError, match="Callback has no model yet"):
        _ = Callback().model


def test_stop_training_ends_the_run_after_this_step():
    model = make()

    def stop(step, logs):
        model.stop_training = step == 2

    callback = LambdaCallback(on_steps=stop, every_steps=1)
    model.fit(X, Y, epochs=9, batch_size=4, verbose=0, callbacks=[callback])
    assert model.step == 2
