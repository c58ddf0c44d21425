import numpy as np
import pytest

from constnet import metrics
from constnet.errors import UsageError

NAMES = ("Precision", "Recall", "F1Score", "ConfusionMatrix", "AUC")


def test_value_is_that_of_scikit_learn(entry):
    metric = metrics.from_config({"class": entry["name"], **entry["arguments"]})
    y_true, y_pred = np.asarray(entry["y_true"]), np.asarray(entry["y_pred"], np.float32)
    result = metric(y_true, y_pred, entry["weight"])
    np.testing.assert_allclose(result, entry["result"], atol=entry["tolerance"])


def test_auc_error_is_bounded_by_shared_bins():
    rng = np.random.default_rng(0)
    yes, scores = rng.integers(0, 2, 2000), rng.uniform(size=2000)
    pairs = scores[yes == 1][:, None] - scores[yes == 0][None, :]
    exact = np.mean(pairs > 0)
    assert abs(metrics.AUC()(yes, scores) - exact) < 0.5 / 200
    assert metrics.AUC()([0, 1], [0.2, 0.9]) == 1.0


def test_nothing_to_divide_by_gives_zero():
    assert metrics.Precision()([0, 1], [[0.1], [0.2]]) == 0.0
    assert metrics.AUC()([1, 1], [0.1, 0.2]) == 0.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.Precision(average="macro"), "num_classes=10"),
        (lambda: metrics.Recall(average="mean"), "must be one of 'binary', 'micro', 'macro'"),
        (lambda: metrics.ConfusionMatrix(1), "num_classes must be a whole number of at least 2"),
        (
            lambda: metrics.ConfusionMatrix(3)([0, 1], np.zeros((2, 4))),
            "made for num_classes=3, the network gives 4 scores",
        ),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(UsageError, match=message):
        make()
