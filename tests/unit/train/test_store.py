import numpy as np

import constnet as cn
from constnet import nn


def make():
    model = cn.Model(nn.Sequential(nn.Dense(2, 3), nn.BatchNorm()), "mse", "adam")
    return model, model.store()


def test_parameters_are_views_of_theta():
    model, store = make()
    weight = model.net.layers[0].weight
    assert np.shares_memory(weight.data, store.arrays["theta"])
    store.arrays["theta"][...] = 4
    np.testing.assert_array_equal(weight.data, np.full((2, 3), 4.0))


def test_what_is_assigned_is_pulled_in():
    model, store = make()
    assert store.is_bound()
    model.net.layers[0].bias.data = np.full(3, 9.0)
    assert not store.is_bound()
    assert store.pull()
    assert store.is_bound()
    assert (store.arrays["theta"][16:19] == 9).all()
    assert np.shares_memory(model.net.layers[0].bias.data, store.arrays["theta"])
    assert not store.pull()


def test_snapshots_restore_everything_a_step_changes():
    model, store = make()
    x = np.random.default_rng(0).normal(size=(8, 2))
    model.fit(x, x[:, [0, 1, 0]], verbose=0)
    before = store.snapshot()
    model.fit(x, x[:, [0, 1, 0]], verbose=0)
    assert (store.arrays["theta"] != before["theta"]).any()
    store.restore(before)
    for name, array in before.items():
        np.testing.assert_array_equal(store.arrays[name], array)


def test_an_engine_with_arrays_of_its_own_is_followed():
    model, store = make()
    live = {name: array.copy() for name, array in store.arrays.items()}
    assert store.adopt(live)
    live["theta"][...] = 1
    assert (model.net.layers[0].weight.data == 1).all()
    other = {name: np.zeros_like(array) for name, array in live.items()}
    store.lend(other)
    assert (other["theta"] == 1).all()
    assert not store.adopt(live)
