import pytest

import constnet as cn
from constnet.train.history import History


def log():
    found = History()
    found.add(0, {"loss": 2.0})
    found.add(1, {"loss": 1.0, "val_loss": 3.0})
    return found


def test_a_name_that_comes_later_has_none_before():
    assert log().history == {"loss": [2.0, 1.0], "val_loss": [None, 3.0]}
    assert log().epoch == [0, 1]


def test_a_missing_name_lists_those_there_are():
    with pytest.raises(cn.UsageError, match="history has no 'acc'; it has: loss, val_loss"):
        log()["acc"]


def test_a_record_holds_the_curves():
    found = log()
    found.history["matrix"] = [[[1, 0]], [[0, 1]]]
    record = found.to_record()
    assert record == {
        "epoch": [0, 1], "logs": {"loss": [2.0, 1.0], "val_loss": [None, 3.0]},
    }  # fmt: skip
    assert History.from_record(record).history == log().history
    assert History.from_record({"epoch": [0], "logs": {"m": [[1]]}}).history == {}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ([], "a history is an object of epochs and logs"),
        ({"epoch": ["a"], "logs": {}}, "a history is an object of epochs and logs"),
        ({"epoch": [0], "logs": {"loss": [1, 2]}}, "a history of 1 epochs has as many of 'loss'"),
        ({"epoch": [0], "logs": {"loss": 1.0}}, "has as many of 'loss'"),
    ],
)
def test_a_record_of_another_form(record, message):
    with pytest.raises(ValueError, match=message):
        History.from_record(record)


def test_plot_draws_training_and_validation():
    pytest.importorskip("matplotlib")
    (axes,) = log().plot().axes
    assert axes.get_ylabel() == "loss"
    assert [list(line.get_ydata()) for line in axes.lines] == [[2.0, 1.0], [None, 3.0]]
    with pytest.raises(cn.UsageError, match="no curve"):
        History().plot()
