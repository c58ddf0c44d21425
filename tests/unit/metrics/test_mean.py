import numpy as np
import pytest

from constnet import metrics
from constnet.errors import ShapeError, UsageError

NAMES = (
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "SparseCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "MeanSquaredError",
    "RootMeanSquaredError",
    "MeanAbsoluteError",
    "R2Score",
)


def test_value_is_that_of_scikit_learn(entry):
    metric = metrics.from_config({"class": entry["name"], **entry["arguments"]})
    y_true, y_pred = np.asarray(entry["y_true"]), np.asarray(entry["y_pred"], np.float32)
    result = metric(y_true, y_pred, entry["weight"])
    np.testing.assert_allclose(result, entry["result"], atol=entry["tolerance"])


def test_r2_of_equal_targets():
    assert metrics.R2Score()([3.0, 3.0], [[3.0], [3.0]]) == 1.0
    assert metrics.R2Score()([3.1, 3.1], [[3.0], [3.0]]) == 0.0


@pytest.mark.parametrize(
    ("metric", "y_true", "message"),
    [
        (metrics.Accuracy(), np.zeros(3), r"one-hot targets of shape \(2, 4\) or labels of shape"),
        (metrics.CategoricalAccuracy(), np.zeros(2), "use SparseCategoricalAccuracy"),
        (metrics.MeanAbsoluteError(), np.zeros(2), "one target is needed for each prediction"),
        (metrics.R2Score(), np.zeros((2, 4)), r"Use R2Score\(num_outputs=4\)"),
    ],
)
def test_targets_of_another_shape(metric, y_true, message):
    with pytest.raises(ShapeError, match=message):
        metric(y_true, np.zeros((2, 4), np.float32))


def test_ties_are_in_favour_of_top_k():
    metric = metrics.TopKCategoricalAccuracy(1)
    assert metric.name == "top_1_categorical_accuracy"
    assert metric([1], [[0.5, 0.5, 0.1]]) == 1.0


def test_settings_out_of_range():
    with pytest.raises(UsageError, match="k must be a whole number of at least 1"):
        metrics.TopKCategoricalAccuracy(0)
    with pytest.raises(UsageError, match="threshold must be a finite number"):
        metrics.Accuracy(float("nan"))


def test_r2_of_sequences_by_position_and_by_row():
    rng = np.random.default_rng(0)
    y, p, w = rng.normal(size=(4, 5, 2)), rng.normal(size=(4, 5, 2)), rng.uniform(size=(4, 5))
    flat, weights = y.reshape(-1, 2), w.reshape(-1, 1)
    mean = np.sum(flat * weights, axis=0) / weights.sum()
    residual = np.sum(weights * (flat - p.reshape(-1, 2)) ** 2, axis=0)
    expected = np.mean(1 - residual / np.sum(weights * (flat - mean) ** 2, axis=0))
    np.testing.assert_allclose(metrics.R2Score(num_outputs=2)(y, p, w), expected, rtol=1e-10)
    by_row = w[:, 0]
    wide = np.repeat(by_row, 5)[:, None]
    mean = np.sum(flat * wide, axis=0) / wide.sum()
    residual = np.sum(wide * (flat - p.reshape(-1, 2)) ** 2, axis=0)
    expected = np.mean(1 - residual / np.sum(wide * (flat - mean) ** 2, axis=0))
    np.testing.assert_allclose(metrics.R2Score(num_outputs=2)(y, p, by_row), expected, rtol=1e-10)
    whole = metrics.R2Score(num_outputs=10)
    mean = np.sum(y * by_row[:, None, None], axis=0) / by_row.sum()
    residual = np.sum(by_row[:, None, None] * (y - p) ** 2, axis=0)
    spread = np.sum(by_row[:, None, None] * (y - mean) ** 2, axis=0)
    np.testing.assert_allclose(whole(y, p, by_row), np.mean(1 - residual / spread), rtol=1e-10)
    with pytest.raises(ShapeError, match=r"weight is float64\[4, 5\]"):
        whole(y, p, w)
