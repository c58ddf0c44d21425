"""Arguments of fit; those that are refused are in test_tables."""

import numpy as np
import pytest

import constnet as cn
from constnet import nn

X = np.random.default_rng(0).normal(size=(20, 2))
Y = X[:, :1]


def make():
    return cn.Model(nn.Sequential(nn.Dense(2, 1)), "mse", cn.optim.SGD(0.1))


def test_validation_split_takes_the_last_rows():
    one, other = make(), make()
    split = one.fit(X, Y, validation_split=0.25, verbose=0)
    given = other.fit(X[:15], Y[:15], validation_data=(X[15:], Y[15:]), verbose=0)
    assert split.history == given.history


def test_a_model_without_a_loss_only_predicts():
    model = cn.Model(nn.Sequential(nn.Dense(2, 1)))
    assert model.predict(X).shape == (20, 1)
    with pytest.raises(cn.UsageError, match="has no loss"):
        model.fit(X, Y, verbose=0)
    with pytest.raises(cn.UsageError, match="has no loss"):
        model.evaluate(X, Y)


def test_lists_of_numbers_are_data():
    log = make().fit([[0, 1], [1, 0]], [1, 0], verbose=0)
    assert np.isfinite(log["loss"][0])


def test_class_weights_need_a_label():
    with pytest.raises(cn.DataError, match="class_weight is empty"):
        make().fit(X, Y, class_weight={}, verbose=0)


@pytest.mark.parametrize("name", ["epochs", "batch_size", "steps", "initial_epoch"])
@pytest.mark.parametrize("value", ["3", 1.5, True])
def test_counts_are_whole_numbers(name, value):
    with pytest.raises(cn.UsageError, match=f"fit: {name} is {value!r}; expected a whole number"):
        make().fit(X, Y, verbose=0, **{name: value})


@pytest.mark.parametrize("given", [print, cn.callbacks.EarlyStopping])
def test_callbacks_are_objects(given):
    with pytest.raises(cn.UsageError, match=r"expected objects of constnet\.callbacks"):
        make().fit(X, Y, verbose=0, callbacks=[given])


def test_weights_below_zero_are_refused():
    weight = np.ones(20)
    weight[7] = -0.5
    with pytest.raises(cn.DataError, match=r"sample_weight in row 7 is -0\.5"):
        make().fit(X, Y, verbose=0, sample_weight=weight)
