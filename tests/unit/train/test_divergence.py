"""A loss that is not finite: the step and the operation are named, the model stays usable."""

import numpy as np
import pytest

import constnet as cn
from constnet import nn

X = np.random.default_rng(0).normal(size=(64, 2))
Y = X[:, :1] * 3


def test_the_step_and_layer_are_named_and_the_last_good_state_is_kept(tmp_path):
    net = nn.Sequential(nn.Dense(2, 8), nn.Dense(8, 1))
    model = cn.Model(net, loss="mse", optimizer=cn.optim.SGD(5.0))
    keep = cn.callbacks.ModelCheckpoint(tmp_path / "last.safetensors", "loss")
    with pytest.raises(cn.DivergenceError, match=r"at step \d+ of epoch 2.*operation '\w+'"):
        model.fit(X, Y, epochs=50, batch_size=64, steps=2, verbose=0, callbacks=[keep])
    assert np.isfinite(model.get_weights()["layers.0.weight"]).all()
    assert cn.load(tmp_path / "last.safetensors").step == 2


def test_the_state_is_that_before_the_step_that_spoilt_it():
    def build():
        net = nn.Sequential(nn.Dense(2, 8), nn.Dense(8, 1))
        return cn.Model(net, loss="mse", optimizer=cn.optim.SGD(5.0), seed=1)

    model = build()
    with pytest.raises(cn.DivergenceError, match="lower learning rate"):
        model.fit(X, Y, epochs=100, batch_size=16, shuffle=False, verbose=0)
    steps = model.step
    assert steps > 0
    other = build()
    other.fit(X, Y, steps=steps, batch_size=16, shuffle=False, verbose=0)
    for path, weight in model.get_weights().items():
        np.testing.assert_array_equal(weight, other.get_weights()[path])


def test_the_layer_that_makes_a_nan_is_named():
    class Root(nn.Layer):
        def call(self, x):
            return cn.ops.sqrt(x)

    net = nn.Sequential(nn.Dense(2, 1, kernel_initializer="ones"), Root())
    model = cn.Model(net, loss="mse", optimizer=cn.optim.SGD(0.1))
    with pytest.raises(cn.DivergenceError, match=r"operation 'sqrt'.*layers\.1.*NaN"):
        model.fit(-np.abs(X), Y, verbose=0)


def test_weights_that_are_not_finite_from_the_start_are_a_divergence():
    model = cn.Model(nn.Sequential(nn.Dense(2, 1)), "mse")
    model.set_weights({path: w * np.nan for path, w in model.get_weights().items()})
    with pytest.raises(cn.DivergenceError, match="diverged at step 0"):
        model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
