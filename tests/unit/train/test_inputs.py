import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.errors import DataError

IDS = np.array([[0, 1, 2], [3, 0, 1]])
TARGETS = np.zeros((2, 1))


def made():
    net = nn.Sequential(nn.Embedding(4, 2), nn.Flatten(), nn.Dense(1))
    return cn.Model(net, loss="mse")


def wrong(value, dtype):
    ids = IDS.astype(dtype)
    ids[1, 2] = value
    return ids


@pytest.mark.parametrize(
    ("ids", "match"),
    [
        (wrong(4, "int64"), r"x holds 4 at row 1, position 2 .* has 4 tokens, 0 to 3"),
        (wrong(-1, "int32"), "x holds -1 at row 1, position 2"),
        (wrong(2**40, "int64"), "x holds 1099511627776 at row 1"),
        (wrong(1.5, "float64"), r"x holds 1\.5 at row 1, position 2"),
        (wrong(np.nan, "float64"), "nan at row 1"),
        (wrong(255, "uint8"), "x holds 255 at row 1"),
    ],
)
def test_ids_without_a_row_are_refused_before_the_first_step(ids, match):
    model = made()
    for call in (lambda: model.fit(ids, TARGETS, verbose=0), lambda: model.predict(ids)):
        with pytest.raises(DataError, match=match):
            call()


def test_every_prediction_is_checked():
    model = made()
    for _ in range(3):
        assert model.predict(IDS).shape == (2, 1)
    with pytest.raises(DataError, match="x holds 4 at row 1"):
        model.predict(wrong(4, "int64"))


def test_the_input_is_named_where_there_are_several():
    a, b = nn.Input(3, "int32"), nn.Input(1)
    joined = nn.Concatenate()(nn.Flatten()(nn.Embedding(4, 2)(a)), b)
    model = cn.Model(nn.Network(inputs=(a, b), outputs=nn.Dense(1)(joined)))
    with pytest.raises(DataError, match=r"x\[0\] holds 9 at row 1"):
        model.predict((wrong(9, "int64"), np.zeros((2, 1))))


def test_ids_of_a_single_axis():
    model = cn.Model(nn.Sequential(nn.Embedding(4, 2), nn.Dense(1)))
    with pytest.raises(DataError, match=r"x holds 7 at row 2 \(counted"):
        model.predict(np.array([0, 1, 7]))


def test_training_on_ids():
    model = made()
    log = model.fit(IDS, np.array([[1.0], [-1.0]]), epochs=900, verbose=0)
    assert log["loss"][-1] < 1e-4
