import numpy as np
import pytest

from constnet import optim
from constnet.errors import UsageError

NAMES = (
    "Constant",
    "StepDecay",
    "ExponentialDecay",
    "InverseTimeDecay",
    "PolynomialDecay",
    "PiecewiseConstantDecay",
)


def test_rates_are_those_of_pytorch(entry):
    schedule = optim.schedule_from_config({"class": entry["name"], **entry["arguments"]})
    np.testing.assert_allclose(schedule(range(30)), entry["rates"], rtol=1e-11, atol=1e-16)


def test_polynomial_cycles():
    schedule = optim.PolynomialDecay(1.0, 10, 0.0, cycle=True)
    np.testing.assert_allclose(schedule([0, 5, 10, 15, 20]), [1, 0.5, 0, 0.25, 0], atol=1e-15)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.ExponentialDecay(0.1, 0.0), "decay_rate must be a finite number and above"),
        (lambda: optim.StepDecay(0.1, 0), "every must be a whole number of at least 1"),
        (lambda: optim.PiecewiseConstantDecay((3, 1), (1, 2, 3)), "boundaries must ascend"),
        (lambda: optim.PiecewiseConstantDecay(3, (1, 2)), "boundaries must be a tuple"),
        (lambda: optim.PiecewiseConstantDecay((3.5,), (1, 2)), "boundaries must be a whole number"),
        (lambda: optim.PiecewiseConstantDecay((3,), (1,)), "1 boundaries and 1 values"),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(UsageError, match=message):
        make()
