import numpy as np
import pytest

from constnet import losses
from constnet.errors import DataError, UsageError

NAMES = (
    "MeanSquaredError",
    "MeanAbsoluteError",
    "Huber",
    "LogCosh",
    "Quantile",
    "Poisson",
    "CosineSimilarity",
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradient_are_those_of_pytorch(entry, dtype, agrees):
    agrees(entry, dtype)


def test_log_cosh_does_not_overflow():
    loss = losses.LogCosh()
    np.testing.assert_allclose(loss.forward([0.0], np.float32([1e4])), 1e4 - np.log(2), rtol=1e-6)
    np.testing.assert_array_equal(loss.backward(), [1.0])


def test_absolute_error_has_gradient_0_at_0():
    loss = losses.MeanAbsoluteError()
    assert loss.forward([2.0], [2.0]) == 0.0
    assert loss.backward() == 0.0


def test_cosine_of_a_zero_vector():
    loss = losses.CosineSimilarity()
    assert loss.forward([[0.0, 0.0]], [[1.0, 0.0]]) == 0.0
    assert loss.forward([[1.0, 0.0]], [[0.0, 0.0]]) == 0.0
    assert np.isfinite(loss.backward()).all()


def test_counts_are_not_negative():
    with pytest.raises(DataError, match="Counts cannot be negative"):
        losses.Poisson().forward([[-1]], [[1.0]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: losses.Huber(delta=0.0), "delta must be a finite number and above 0"),
        (lambda: losses.Quantile(1.0), "above 0 and below 1"),
        (lambda: losses.Poisson(log_input=1), "log_input must be True or False"),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(UsageError, match=message):
        make()
