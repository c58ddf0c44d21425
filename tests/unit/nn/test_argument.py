import numpy as np
import pytest

from constnet.errors import UsageError
from constnet.nn import argument


def test_accepted():
    assert argument.extent("X", "n", np.int32(3)) == 3
    assert argument.integer("X", "n", -4) == -4
    assert argument.number("X", "n", np.float32(0.5)) == 0.5
    assert argument.flag("X", "n", np.True_) is True
    assert argument.shape("X", "n", 3) == (3,)
    assert argument.shape("X", "n", [2, 3]) == (2, 3)
    assert argument.shape("X", "n", ()) == ()
    assert argument.texts("X", "n", ["a", "b"]) == ("a", "b")
    assert argument.count("X", "n", 0) == 0
    assert argument.choice("X", "n", "b", ("a", "b")) == "b"


@pytest.mark.parametrize(
    ("check", "given", "message"),
    [
        (argument.extent, 0, "X: n is 0; expected 1 to 2147483647"),
        (argument.extent, 2**31, "n is 2147483648"),
        (argument.count, -1, "n is -1; expected 0 to 2147483647"),
        (argument.integer, True, "n is True; expected a whole number"),
        (argument.integer, 2.0, r"n is 2\.0"),
        (argument.number, "1", "n is '1'; expected a number"),
        (argument.number, np.inf, "n is inf; expected a finite number"),
        (argument.flag, 0, "n is 0; expected True or False"),
        (argument.shape, "ab", "n is 'ab'; expected a shape"),
        (argument.shape, (2, 0), r"n\[1\] is 0"),
        (argument.shape, True, "n is True"),
        (argument.texts, "ab", "n is 'ab'; expected a list"),
        (argument.texts, [""], "distinct texts"),
    ],
)
def test_refused(check, given, message):
    with pytest.raises(UsageError, match=message):
        check("X", "n", given)


def test_number_within_limits():
    with pytest.raises(UsageError, match=r"n is 2\.0; expected a finite number from 0\.0 to 1\.0"):
        argument.number("X", "n", 2, 0.0, 1.0)


def test_one_of_several_choices():
    with pytest.raises(UsageError, match="X: n is 3; expected 'a', 'b'"):
        argument.choice("X", "n", 3, ("a", "b"))
