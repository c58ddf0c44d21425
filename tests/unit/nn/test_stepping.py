"""Steps on arrays: what is traced once, and what is looked at each time."""

import numpy as np

from constnet import nn

X = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")


def test_a_step_is_traced_once_for_each_kind_of_input():
    net = nn.Sequential(nn.Embedding(5, 4), nn.GRU(3))
    net.build(6)
    ids = np.array([1, 2])
    state = net.initial_state(2)
    for _ in range(3):
        _, state = net.step(ids, state)
    traced = len(net.internals.streams)
    net.step(ids.astype("uint8"), state)
    assert (traced, len(net.internals.streams)) == (2, 3)


def test_lists_and_numbers_of_another_width_are_taken():
    layer = nn.GRU(3)
    layer.forward(X)
    state = layer.initial_state(2)
    expected, _ = layer.step(X[:, 0], state)
    np.testing.assert_array_equal(layer.step(X[:, 0].tolist(), state)[0], expected)


def test_parameters_are_initialized_where_nobody_did():
    layer = nn.GRU(3)
    layer.build((5, 4))
    y, _ = layer.step(X[:, 0], layer.initial_state(2))
    assert layer.weight.has_data
    assert np.abs(y).max() > 0
