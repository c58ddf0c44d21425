"""The compiled engine and the interpreter are one thing to everyone else."""

import warnings

import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.train import engines

X = np.random.default_rng(0).normal(size=(22, 3))
Y = X[:, :1] * X[:, 1:2]


def train():
    net = nn.Sequential(nn.Dense(3, 8), nn.GELU(), nn.BatchNorm(), nn.Dropout(0.3), nn.Dense(1))
    model = cn.Model(net, "mse", cn.optim.Adam(0.01), ["mae"], numerics="exact", seed=5)
    log = model.fit(X, Y, epochs=3, batch_size=8, verbose=0, validation_split=0.2)
    return log.history, model.predict(X), model.get_weights()


def test_without_a_compiler_the_interpreter_gives_the_same_bits_and_says_so(monkeypatch):
    compiled = train()
    monkeypatch.setattr(engines, "find_compiler", lambda: None)
    engines._warn_once.cache_clear()
    with pytest.warns(UserWarning, match="no C compiler was found"):
        interpreted = train()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train()
    assert interpreted[0] == compiled[0]
    np.testing.assert_array_equal(interpreted[1], compiled[1])
    for path, weight in compiled[2].items():
        np.testing.assert_array_equal(interpreted[2][path], weight, err_msg=path)
