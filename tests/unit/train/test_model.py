"""What a model is made of, and what it refuses; its parts have tests of their own."""

import numpy as np
import pytest

import constnet as cn
from constnet import nn


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"dtype": "float16"}, "dtype is 'float16'"),
        ({"numerics": "fast"}, "numerics is 'fast'"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"loss": "nothing"}, "no loss is called 'nothing'"),
        ({"optimizer": "nothing"}, "no optimizer is called 'nothing'"),
    ],
)
def test_wrong_settings_are_refused(options, match):
    with pytest.raises(cn.UsageError, match=match):
        cn.Model(nn.Sequential(nn.Dense(2, 1)), **options)


def test_what_is_no_layer_is_refused():
    with pytest.raises(cn.UsageError, match="as its network"):
        cn.Model([nn.Dense(2)])


def test_sizes_come_from_the_data_where_they_are_not_stated():
    model = cn.Model(nn.Sequential(nn.Dense(4), nn.Dense(1)), "mse")
    with pytest.raises(cn.UsageError, match="is not built"):
        _ = model.step
    model.fit(np.zeros((3, 5)), np.zeros((3, 1)), verbose=0)
    assert model.input_shape == (5,)
    assert model.get_weights()["layers.0.weight"].shape == (5, 4)


def test_the_seed_decides_the_weights():
    def weights(seed):
        model = cn.Model(nn.Sequential(nn.Dense(2, 4)), seed=seed)
        return model.get_weights()["layers.0.weight"]

    np.testing.assert_array_equal(weights(2**40 + 1), weights(2**40 + 1))
    assert (weights(2**40 + 1) != weights(1)).any()


def test_float64_models_compute_in_float64():
    x = np.random.default_rng(0).normal(size=(5, 2))
    model = cn.Model(nn.Sequential(nn.Dense(2, 3)), dtype="float64")
    weights = model.get_weights()
    expected = x @ weights["layers.0.weight"] + weights["layers.0.bias"]
    assert model.predict(x).dtype == np.float64
    np.testing.assert_allclose(model.predict(x), expected, rtol=1e-14)


def test_xor_is_learnt():
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    y = np.array([0, 1, 1, 0])
    net = nn.Sequential(nn.Dense(2, 8), nn.Tanh(), nn.Dense(8, 1))
    loss = cn.losses.BinaryCrossentropy(from_logits=True)
    model = cn.Model(net, loss, cn.optim.Adam(0.05), ["accuracy"])
    model.fit(x, y, epochs=300, verbose=0)
    assert model.evaluate(x, y)["accuracy"] == 1.0
    assert list(model.predict_classes(x)) == [0, 1, 1, 0]


def test_a_graph_and_arrays_for_those_who_look_inside():
    model = cn.Model(nn.Sequential(nn.Dense(2, 3)))
    graph = model.predict_graph(7)
    assert graph.outputs[0].type.shape == (7, 3)
    assert set(model.arrays()) >= {"theta", "step", "seed", "hyper"}
