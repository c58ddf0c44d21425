import json

import numpy as np
import pytest

from constnet import dtypes, interpreter, losses, metrics
from constnet.errors import FormatError, ShapeError, UsageError
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.tensor import Trace, tracing

NAMES = ()  # all


def test_batches_add_up(entry):
    metric = metrics.from_config({"class": entry["name"], **entry["arguments"]})
    y_true, y_pred = np.asarray(entry["y_true"]), np.asarray(entry["y_pred"])
    if y_true.dtype.kind == "i":
        y_true = y_true.astype(np.int32)
    totals = {name: np.zeros(shape) for name, shape in metric.states().items()}
    trace = Trace(GraphBuilder("update"), dtype=dtypes.float64)
    half = len(y_true) // 2
    with tracing(trace):
        states = {
            name: trace.input(name, TensorType(shape, dtypes.float64))
            for name, shape in metric.states().items()
        }
        y = trace.input("y", TensorType(y_true[:half].shape, dtypes.as_dtype(y_true.dtype)))
        p = trace.input("p", TensorType(y_pred[:half].shape, dtypes.float64))
        weight = trace.input("w", TensorType((half,), dtypes.float64))
        new = metric.update(states, y, p, weight)
    assert new.keys() == totals.keys()
    graph = trace.builder.build([new[name].value for name in totals])
    weights = np.asarray(entry["weight"] or np.ones(len(y_true)))
    for rows in (slice(half), slice(half, None)):
        inputs = [*totals.values(), y_true[rows], y_pred[rows], weights[rows]]
        totals = dict(zip(totals, interpreter.run(graph, inputs), strict=True))
    assert all(total.dtype == np.float64 for total in totals.values())
    np.testing.assert_allclose(metric.result(totals), entry["result"], atol=entry["tolerance"])


def test_config_builds_an_equal_metric(entry):
    metric = metrics.from_config({"class": entry["name"], **entry["arguments"]})
    assert metrics.from_config(json.loads(json.dumps(metric.config()))) == metric
    assert isinstance(metric.name, str)


def test_nothing_seen_gives_zero():
    assert metrics.Accuracy().result({"total": np.zeros(()), "count": np.zeros(())}) == 0.0


def test_a_loss_of_logits_moves_thresholds():
    loss = losses.BinaryCrossentropy(from_logits=True)
    assert metrics.get("accuracy", loss) == metrics.Accuracy(threshold=0.0)
    assert metrics.get("auc", loss) == metrics.AUC(from_logits=True)
    assert metrics.get("mae", loss) == metrics.MeanAbsoluteError()
    assert metrics.get("accuracy", losses.BinaryCrossentropy()) == metrics.Accuracy()
    assert metrics.get(metrics.F1Score(), loss) == metrics.F1Score()


def test_unknown_names():
    with pytest.raises(UsageError, match="no metric is called 'acuracy'; there are: accuracy"):
        metrics.get("acuracy")
    with pytest.raises(UsageError, match="ConfusionMatrix needs arguments"):
        metrics.get("ConfusionMatrix")


def test_weights_of_another_shape():
    with pytest.raises(ShapeError, match=r"weight is .*\[3\], the batch has 2 rows"):
        metrics.Accuracy()([0, 1], np.zeros((2, 4)), np.ones(3))


def test_config_of_a_file_is_checked():
    with pytest.raises(FormatError, match="names the metric None"):
        metrics.from_config({})
