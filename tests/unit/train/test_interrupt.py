"""Ctrl-C stops at a step boundary and leaves a usable model."""

import signal
import threading

import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.train.interrupt import Interrupts

X = np.random.default_rng(0).normal(size=(32, 2))
Y = X[:, :1]


def make():
    return cn.Model(nn.Sequential(nn.Dense(2, 1)), "mse", cn.optim.SGD(0.1), seed=1)


def test_training_stops_at_a_step_and_the_model_is_as_after_that_many_steps():
    def press(step, logs):
        if step == 5:
            signal.raise_signal(signal.SIGINT)

    model = make()
    callback = cn.callbacks.LambdaCallback(on_steps=press, every_steps=1)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=100, batch_size=8, verbose=0, callbacks=[callback])
    assert model.step == 5
    assert model.history.epoch == [0]
    other = make()
    other.fit(X, Y, steps=5, batch_size=8, verbose=0)
    np.testing.assert_array_equal(model.predict(X), other.predict(X))
    model.fit(X, Y, verbose=0)


def test_the_first_is_noted_and_the_second_raises():
    outer = signal.getsignal(signal.SIGINT)
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
        assert interrupts.seen
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is outer


def test_other_threads_leave_the_handler_alone():
    seen = []

    def train():
        make().fit(X, Y, verbose=0)
        seen.append(signal.getsignal(signal.SIGINT))

    outer = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert seen == [outer]
