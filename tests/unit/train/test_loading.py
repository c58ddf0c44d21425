import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.errors import FormatError


def test_a_model_comes_back_with_what_it_predicts(tmp_path):
    model = cn.Model(nn.Sequential(nn.Dense(2, 3), nn.Tanh()), "mse", seed=5, numerics="exact")
    model.metadata = {"unit": "m"}
    model.save(tmp_path / "m.safetensors")
    again = cn.load(tmp_path / "m.safetensors")
    x = np.random.default_rng(0).normal(size=(4, 2)).astype("float32")
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    assert (again.seed, again.numerics, again.metadata) == (5, "exact", {"unit": "m"})


def test_a_file_that_is_none(tmp_path):
    path = tmp_path / "m.safetensors"
    path.write_bytes(b"no model")
    with pytest.raises(FormatError, match=r"m\.safetensors"):
        cn.load(path)
