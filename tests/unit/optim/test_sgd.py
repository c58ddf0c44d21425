import pytest

from constnet import optim
from constnet.errors import UsageError

NAMES = ("SGD", "Lion")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parameters_follow_those_of_pytorch(entry, dtype, agrees):
    agrees(entry, dtype)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.SGD(momentum=1.0), "momentum must be a finite number and at least 0"),
        (lambda: optim.SGD(nesterov=True), "Nesterov needs a momentum"),
        (lambda: optim.Lion(beta_1=-1), "beta_1 must be"),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(UsageError, match=message):
        make()
