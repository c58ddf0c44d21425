import pytest

from constnet import optim
from constnet.errors import UsageError

NAMES = ("RMSprop", "Adagrad", "Adadelta")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parameters_follow_those_of_pytorch(entry, dtype, agrees):
    agrees(entry, dtype)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.RMSprop(rho=1.0), "rho must be"),
        (lambda: optim.Adagrad(initial_accumulator_value=-1), "initial_accumulator_value must be"),
        (lambda: optim.Adadelta(epsilon=0), "epsilon must be a finite number and above 0"),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(UsageError, match=message):
        make()
