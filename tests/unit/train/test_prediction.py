import numpy as np
import pytest

import constnet as cn
from constnet import nn

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def model():
    return cn.Model(nn.Sequential(nn.Dense(3, 5), nn.Tanh(), nn.Dense(2)), dtype="float64")


def by_hand(model, x):
    w = model.get_weights()
    hidden = np.tanh(x @ w["layers.0.weight"] + w["layers.0.bias"])
    return hidden @ w["layers.2.weight"] + w["layers.2.bias"]


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 256, 300, 700])
def test_any_number_of_rows(model, rows):
    x = RNG.normal(size=(rows, 3))
    np.testing.assert_allclose(model.predict(x), by_hand(model, x), rtol=1e-12, atol=1e-14)


def test_an_answer_does_not_depend_on_its_neighbours(model):
    x = RNG.normal(size=(70, 3))
    whole = model.predict(x)
    for size in (1, 7, 64):
        np.testing.assert_array_equal(model.predict(x, batch_size=size), whole)
    np.testing.assert_array_equal(
        np.concatenate([model.predict(x[i : i + 1]) for i in range(70)]), whole
    )


def test_a_second_call_of_the_same_shape_sees_new_data_and_new_weights(model):
    one, other = RNG.normal(size=(2, 1, 3))
    first = model.predict(one)
    np.testing.assert_allclose(model.predict(other), by_hand(model, other), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(first, by_hand(model, one), rtol=1e-12, atol=1e-14)
    layer = model.net.layers[0]
    layer.weight.data = np.zeros((3, 5))
    np.testing.assert_allclose(model.predict(one), by_hand(model, one), rtol=1e-12, atol=1e-14)
    layer.bias.data[...] = 0.5
    np.testing.assert_allclose(model.predict(one), by_hand(model, one), rtol=1e-12, atol=1e-14)


def test_strided_and_other_dtypes(model):
    x = RNG.normal(size=(3, 8)).T
    np.testing.assert_allclose(model.predict(x), by_hand(model, x), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(model.predict(x), by_hand(model, x), rtol=1e-12, atol=1e-14)
    whole = np.arange(6, dtype=np.uint8).reshape(2, 3)
    np.testing.assert_allclose(model.predict(whole), by_hand(model, whole), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(
        model.predict(whole.tolist()), by_hand(model, whole), rtol=1e-12, atol=1e-14
    )


def test_the_bare_predictor(model):
    x = RNG.normal(size=(4, 3))
    (found,) = model.predictor(4)(x)
    np.testing.assert_allclose(found, by_hand(model, x), rtol=1e-12, atol=1e-14)


def test_refused(model):
    with pytest.raises(cn.ShapeError, match=r"receives \(batch, 4\)"):
        model.predict(np.zeros((2, 4)))
    with pytest.raises(cn.UsageError, match="batch_size is 0"):
        model.predict(np.zeros((2, 3)), batch_size=0)
    with pytest.raises(cn.DataError, match="there are no rows"):
        model.predict(np.zeros((0, 3)))
