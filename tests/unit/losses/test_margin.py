import pytest

from constnet import losses
from constnet.errors import DataError

NAMES = ("Hinge", "SquaredHinge")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradient_are_those_of_pytorch(entry, dtype, agrees):
    agrees(entry, dtype)


def test_targets_may_be_minus_one_and_one():
    loss = losses.Hinge()
    assert loss.forward([-1, 1], [0.5, 0.5]) == loss.forward([0, 1], [0.5, 0.5]) == 1.0


def test_other_targets_are_refused():
    with pytest.raises(DataError, match=r"\[SquaredHinge\] the target in row 1 is 2"):
        losses.SquaredHinge().forward([0, 2], [0.5, 0.5])
