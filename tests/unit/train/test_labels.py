import numpy as np
import pytest

import constnet as cn
from constnet import nn

X = np.array([[3.0, 1.0], [0.0, 2.0]], np.float32)


def same(*layers):
    return cn.Model(nn.Sequential(nn.Identity(), *layers), "mse")


def test_the_largest_score_is_the_class():
    np.testing.assert_array_equal(same().predict_classes(X), [0, 1])
    np.testing.assert_array_equal(same(nn.Argmax()).predict_classes(X), [0, 1])


def test_names_are_used_where_the_network_has_them():
    assert list(same(nn.ClassNames(["cat", "dog"])).predict_classes(X)) == ["cat", "dog"]


def test_one_score_is_compared_with_a_half_or_with_zero_for_logits():
    x = np.array([[0.2], [0.7], [-1.0]], np.float32)
    np.testing.assert_array_equal(same().predict_classes(x), [0, 1, 0])
    loss = cn.losses.BinaryCrossentropy(from_logits=True)
    model = cn.Model(nn.Sequential(nn.Identity()), loss)
    np.testing.assert_array_equal(model.predict_classes(x), [1, 1, 0])


def test_positions_of_a_sequence_have_a_class_each():
    x = np.array([[[0.2, 0.9], [0.7, 0.1], [0.5, 0.4]]], np.float32)
    np.testing.assert_array_equal(same().predict_classes(x), [[1, 0, 0]])
    np.testing.assert_array_equal(same().predict_classes(x[..., :1]), [[0, 1, 0]])


def test_several_outputs_are_refused():
    one = nn.Input(2)
    model = cn.Model(nn.Network([one], [nn.Dense(2)(one), nn.Dense(2)(one)]))
    with pytest.raises(cn.UsageError, match="this one has 2"):
        model.predict_classes(X)
