import pytest

import constnet as cn
from constnet import nn


def test_names_and_objects_are_taken():
    model = cn.Model(nn.Sequential(nn.Dense(2, 1)), "mse", metrics=["mae", cn.metrics.R2Score()])
    assert type(model.losses[0]) is cn.losses.MeanSquaredError
    assert [metric.name for metric in model.metrics[0]] == ["mae", "r2"]


def test_metrics_of_two_outputs_need_two_lists():
    with pytest.raises(cn.UsageError, match="2 losses and metrics for 1 outputs"):
        cn.Model(nn.Sequential(nn.Dense(2, 1)), ["mse", "mse"], metrics=["mae"])


def test_a_network_that_states_its_input_size_is_checked_when_the_model_is_made():
    with pytest.raises(cn.ShapeError, match=r"Dense\(9, 1\) at layers.1"):
        cn.Model(nn.Sequential(nn.Dense(2, 8), nn.Dense(9, 1)))
    assert cn.Model(nn.Sequential(nn.Dense(2, 8), nn.Dense(8, 1))).input_shape == (2,)
    assert not cn.Model(nn.Sequential(nn.Dense(8), nn.Dense(8, 1))).net.is_built
