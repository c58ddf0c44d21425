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
    with pytest.raises(ShapeError, match=r"weight is float64\[3\], the values.* bool\[2\]"):
        metrics.Accuracy()([0, 1], np.zeros((2, 4)), np.ones(3))
    sequences = np.zeros((2, 5), int), np.zeros((2, 5, 4))
    with pytest.raises(
        ShapeError, match=r"weight is bool\[2, 4\].* shape \(2,\), or one .* \(2, 5\)"
    ):
        metrics.Accuracy()(*sequences, np.ones((2, 4), bool))


def test_config_of_a_file_is_checked():
    with pytest.raises(FormatError, match="names the metric None"):
        metrics.from_config({})


def averages(values, weight):
    wide = np.broadcast_to(
        weight.reshape(weight.shape + (1,) * (values.ndim - weight.ndim)), values.shape
    )
    return np.sum(values * wide) / np.sum(wide)


@pytest.mark.parametrize("shape", [(3, 6), (2, 3, 4)])
@pytest.mark.parametrize("kind", ["mask", "positions", "rows"])
def test_sequences_and_images_under_weights(shape, kind):
    rng = np.random.default_rng(2)
    labels, scores = rng.integers(0, 5, shape), rng.normal(size=(*shape, 5))
    weight = {
        "mask": rng.uniform(size=shape) < 0.5,
        "positions": rng.uniform(size=shape),
        "rows": rng.uniform(size=shape[0]),
    }[kind]
    right = scores.argmax(axis=-1) == labels
    ranks = (-scores).argsort(axis=-1)[..., :2]
    in_two = (ranks == labels[..., None]).any(axis=-1)
    error = np.abs(scores - 0.5)
    accuracy = metrics.Accuracy()(labels, scores, weight)
    np.testing.assert_allclose(accuracy, averages(right, weight), rtol=1e-12)
    np.testing.assert_allclose(
        metrics.TopKCategoricalAccuracy(2)(labels, scores, weight), averages(in_two, weight)
    )
    half = np.full(scores.shape, 0.5)
    np.testing.assert_allclose(
        metrics.MeanAbsoluteError()(half, scores, weight), averages(error, weight), rtol=1e-12
    )
    yes = scores[..., 0] > 0.0
    hits = averages(yes & (labels > 2), weight) / averages(yes, weight)
    found = metrics.Precision(threshold=0.0)((labels > 2).astype(int), scores[..., 0], weight)
    np.testing.assert_allclose(found, hits, rtol=1e-12)
    wide = np.broadcast_to(weight.reshape(weight.shape + (1,) * (len(shape) - weight.ndim)), shape)
    counts = np.zeros((5, 5))
    np.add.at(counts, (labels, scores.argmax(axis=-1)), wide.astype(float))
    matrix = metrics.ConfusionMatrix(5)(labels, scores, weight)
    np.testing.assert_allclose(matrix, counts, rtol=1e-12)
    macro = metrics.Recall(average="macro", num_classes=5)(labels, scores, weight)
    sums = np.maximum(counts.sum(axis=1), 1e-300)
    np.testing.assert_allclose(macro, np.mean(np.diag(counts) / sums), rtol=1e-12)
