"""Bad data is refused before it is used, with the facts and the way out."""

import re

import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.train.tables import check_finite, collect

X = np.zeros((8, 3), np.float32)
Y = np.zeros((8, 1), np.float32)


def model(**options):
    return cn.Model(nn.Sequential(nn.Dense(3, 1)), loss="mse", **options)


def with_value(value, row=5, column=2):
    x = X.copy()
    x[row, column] = value
    return x


@pytest.mark.parametrize(
    ("x", "y", "error", "match"),
    [
        (with_value(np.nan), Y, cn.DataError, "x holds nan at row 5, column 2"),
        (with_value(-np.inf), Y, cn.DataError, "x holds -inf at row 5, column 2"),
        (X, Y * np.nan, cn.DataError, "y holds nan at row 0, column 0"),
        (X[:0], Y[:0], cn.DataError, "there are no rows"),
        (X, Y[:7], cn.DataError, "x has 8, y has 7"),
        (X[:, :2], Y, cn.ShapeError, r"receives \(batch, 2\) from the input"),
        (X.astype(object), Y, cn.DTypeError, "x has dtype object"),
        (X.astype("U"), Y, cn.DTypeError, "x has dtype <U"),
        (X.astype("float16"), Y, cn.DTypeError, "x has dtype float16"),
        (3.0, Y, cn.ShapeError, "x is the single value 3.0"),
        ((X, X), Y, cn.ShapeError, "1 inputs and 2 arrays"),
        (X, (Y, Y), cn.ShapeError, "1 outputs and 2 targets"),
        (X, None, cn.UsageError, "no y"),
    ],
)
def test_refused(x, y, error, match):
    with pytest.raises(error, match=match):
        model().fit(x, y, verbose=0)


def test_labels_out_of_range_name_the_row():
    net = nn.Sequential(nn.Dense(3, 4))
    classifier = cn.Model(net, loss=cn.losses.SparseCategoricalCrossentropy(from_logits=True))
    labels = np.array([0, 1, 2, 3, 0, 4, 1, 2])
    with pytest.raises(cn.DataError, match=r"row 5.*4"):
        classifier.fit(X, labels, verbose=0)
    with pytest.raises(cn.DataError, match=r"row 5.*4"):
        classifier.evaluate(X, labels)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"batch_size": 9}, "batch_size is 9 and there are 8 rows"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"epochs": 0}, "epochs is 0"),
        ({"epochs": 2, "initial_epoch": 3}, "initial_epoch 3"),
        ({"steps": 0}, "steps is 0"),
        ({"validation_split": 1.5}, "validation_split is 1.5"),
        ({"validation_split": 0.01}, "leaves 8 for training and 0"),
        ({"validation_data": (X,)}, "1 parts"),
        ({"validation_split": 0.5, "validation_data": (X, Y)}, "give one of them"),
        ({"verbose": 7}, "verbose is 7"),
        ({"batchsize": 4}, "batchsize"),
        ({"class_weight": {-1: 1.0}}, "class_weight has -1"),
        ({"sample_weight": np.ones(7)}, "sample_weight has 7"),
        ({"sample_weight": np.ones((8, 2))}, re.escape("(8, 2), that is (2,) per sample")),
    ],
)
def test_refused_options(options, match):
    with pytest.raises(cn.ConstnetError, match=match):
        model().fit(X, Y, **{"verbose": 0, **options})


def test_an_overflowing_sum_of_finite_values_is_no_error():
    check_finite("x", np.full((4, 3), 3e38, np.float32))


def test_memory_maps_are_read_where_they_lie(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, X)
    mapped = np.load(path, mmap_mode="r")
    assert np.shares_memory(collect(mapped, Y).xs[0], mapped)
    model().fit(mapped, Y, verbose=0)


def test_masks_of_another_shape_are_refused_before_the_first_step():
    net = cn.nn.Sequential(cn.nn.Reshape((6, 2)), cn.nn.Dense(3))
    model = cn.Model(net, cn.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, labels = np.zeros((8, 12)), np.zeros((8, 6), int)
    match = re.escape(
        "(8, 5), that is (5,) per sample; the network gives (6, 3) per sample. Give "
        "one weight a row, (8,), or one for each position, (8, 6)."
    )
    with pytest.raises(cn.ShapeError, match=match):
        model.fit(x, labels, sample_weight=np.ones((8, 5), bool), verbose=0)
    with pytest.raises(cn.ShapeError, match=match):
        model.evaluate(x, labels, sample_weight=np.ones((8, 5), bool))


def test_targets_under_a_mask_are_not_looked_at():
    net = cn.nn.Sequential(cn.nn.Reshape((2, 2)), cn.nn.Dense(3))
    model = cn.Model(net, cn.losses.SparseCategoricalCrossentropy(from_logits=True))
    x, labels = np.ones((2, 4)), np.array([[0, -100], [2, 1]])
    mask = labels >= 0
    with pytest.raises(cn.DataError, match=re.escape("row 0, position (1,) is -100")):
        model.fit(x, labels, verbose=0)
    log = model.fit(x, labels, sample_weight=mask, verbose=0)
    other = cn.Model(cn.nn.from_config(net.config()), model.losses[0])
    again = other.fit(x, np.maximum(labels, 0), sample_weight=mask, verbose=0)
    assert log["loss"] == again["loss"]


def test_a_negative_weight_of_a_position():
    weight = np.ones((2, 3))
    weight[1, 2] = -1
    with pytest.raises(cn.DataError, match=re.escape("row 1, position (2,), is -1.0")):
        collect(np.zeros((2, 1)), np.zeros((2, 3)), weight)
