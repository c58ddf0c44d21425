import numpy as np

import constnet as cn
from constnet import nn
from constnet.runtime.batches import Batches
from constnet.train.interpreter_engine import InterpreterEngine, InterpreterPredictor
from constnet.train.prediction import predict_graph
from constnet.train.step import build_step
from constnet.train.tables import collect

X = np.arange(10.0).reshape(5, 2)
Y = np.ones((5, 1))


def engine(rate):
    net = nn.Sequential(nn.Dense(2, 1, kernel_initializer="zeros"))
    model = cn.Model(net, "mse", cn.optim.SGD(rate), dtype="float64")
    store, tables = model.store(), collect(X, Y)
    full = build_step(store.recipe, tables.source(4))
    rest = build_step(store.recipe, tables.source(1))
    batches = Batches(5, 4, False, (0, 0))
    return InterpreterEngine(full, rest, tables.feeds(), batches, store.arrays), model


def test_it_runs_whole_and_partial_batches_in_place():
    runner, model = engine(0.0)
    result = runner.run(4)
    assert (result.steps, result.finite) == (4, True)
    assert model.step == 4
    assert float(runner.state["metric.loss.sum"]) == 10.0
    assert float(runner.state["metric.loss.count"]) == 10.0


def test_it_stops_after_a_loss_that_is_not_finite():
    runner, model = engine(1e200)
    result = runner.run(100)
    assert not result.finite
    assert result.steps == model.step < 100


def test_the_predictor_gives_arrays_of_its_own():
    _, model = engine(0.1)
    graph = predict_graph(model.store(), 5, ("float64",))
    predictor = InterpreterPredictor(graph, model.store().arrays)
    (first,) = predictor(X)
    model.set_weights({k: w + 1 for k, w in model.get_weights().items()})
    (second,) = predictor(X)
    np.testing.assert_array_equal(first, np.zeros((5, 1)))
    np.testing.assert_array_equal(second, X.sum(axis=1, keepdims=True) + 1)
