import numpy as np
import pytest

import constnet as cn
from constnet import nn


def recipe(metrics=(), loss="mse"):
    return cn.Model(nn.Sequential(nn.Dense(2, 3)), loss, metrics=metrics).store().recipe


def test_accumulators_are_named_after_their_metric():
    shapes = recipe(["mae"]).metric_shapes()
    assert list(shapes)[:2] == ["metric.loss.sum", "metric.loss.count"]
    assert all(name.startswith("metric.mae.") for name in list(shapes)[2:])
    assert len(shapes) > 2


def test_results_are_means():
    state = {"metric.loss.sum": np.array(6.0), "metric.loss.count": np.array(4.0)}
    assert recipe().metric_results(state) == {"loss": 1.5}


def test_a_metric_twice_is_refused():
    with pytest.raises(cn.UsageError, match="two metrics of output 0 are called 'mae'"):
        recipe(["mae", "mae"])


def test_scores_are_what_the_loss_sees():
    net = nn.Sequential(nn.Dense(2, 3), nn.Argmax())
    found = (
        cn.Model(net, "sparse_categorical_crossentropy")
        .store()
        .recipe.score_shapes([np.zeros((1, 2))])
    )
    assert found == ((3,),)
