import numpy as np
import pytest

import constnet as cn
from constnet import nn


def model():
    return cn.Model(nn.Sequential(nn.Dense(2, 3)), "mse")


def test_weights_go_out_and_in_again():
    one, other = model(), model()
    weights = {path: array + 1 for path, array in one.get_weights().items()}
    other.set_weights(weights)
    for path, array in other.get_weights().items():
        np.testing.assert_array_equal(array, weights[path])


def test_missing_unknown_and_misshapen_weights_are_refused_before_any_is_used():
    one = model()
    before = one.get_weights()
    with pytest.raises(cn.UsageError, match=r"lacks \['layers.0.bias'\] and .* unknown \['b'\]"):
        one.set_weights({"layers.0.weight": before["layers.0.weight"] + 1, "b": np.zeros(3)})
    with pytest.raises(cn.ShapeError, match=r"'layers.0.bias' has shape \(4,\)"):
        one.set_weights({**before, "layers.0.bias": np.zeros(4)})
    np.testing.assert_array_equal(one.get_weights()["layers.0.weight"], before["layers.0.weight"])
