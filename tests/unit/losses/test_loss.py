import json

import numpy as np
import pytest

from constnet import losses
from constnet.errors import FormatError, ShapeError, UsageError

NAMES = tuple(losses.__all__)


def test_config_builds_an_equal_loss(entry):
    config = losses.from_config({"class": entry["name"], **entry["arguments"]}).config()
    assert json.loads(json.dumps(config, allow_nan=False)) == config
    assert losses.from_config(config).config() == config
    assert entry["arguments"].items() <= config.items()


def test_forward_keeps_what_a_reader_wants_to_see():
    loss = losses.MeanSquaredError()
    assert loss.forward([[1.0], [2.0]], [[1.0], [4.0]]) == 2.0
    np.testing.assert_array_equal(loss.y_true, [[1.0], [2.0]])
    np.testing.assert_array_equal(loss.y_pred, [[1.0], [4.0]])
    np.testing.assert_array_equal(loss.y_pred_grad, [[0.0], [2.0]])
    np.testing.assert_array_equal(loss.backward(3.0), [[0.0], [6.0]])


def test_backward_before_forward():
    with pytest.raises(UsageError, match=r"Huber\.backward\(\) came before forward"):
        losses.Huber().backward()


def test_targets_of_another_shape():
    with pytest.raises(ShapeError, match=r"float32\[2, 3\].*float32\[2, 4\]"):
        losses.MeanSquaredError().forward(np.zeros((2, 3), "f4"), np.zeros((2, 4), "f4"))
    with pytest.raises(ShapeError, match="needs a batch axis"):
        losses.MeanSquaredError().forward(1.0, 1.0)


def test_weights_of_another_shape():
    with pytest.raises(ShapeError, match=r"sample_weight is float32\[3\], the batch has 2 rows"):
        losses.MeanSquaredError().forward(np.zeros((2, 1)), np.zeros((2, 1), "f4"), np.ones(3))


def test_targets_may_leave_out_a_last_axis_of_one():
    assert losses.MeanSquaredError().forward([1.0, 2.0], [[0.0], [0.0]]) == 2.5


def test_a_loss_of_ones_own():
    class Cubic(losses.Loss):
        def elements(self, y_true, y_pred):
            return (y_pred - y_true) ** 3.0

    loss = Cubic()
    assert loss.forward([1.0], [3.0]) == pytest.approx(8.0)
    np.testing.assert_allclose(loss.backward(), [12.0], rtol=1e-6)
    assert isinstance(losses.from_config(loss.config(), custom=[Cubic]), Cubic)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("nonsense", "no loss is called 'nonsense'; there are: mse, "),
        (3, "3 is not a loss"),
    ],
)
def test_unknown_names(given, message):
    with pytest.raises(UsageError, match=message):
        losses.get(given)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"class": "Evil"}, "names the loss 'Evil'"),
        ({"class": ["Huber"]}, "names the loss"),
        ({"class": "Huber", "more": 1}, "does not know: more"),
        ({"class": "Huber", "delta": "1"}, "delta must be a finite number"),
        ({"class": "BinaryCrossentropy", "class_weight": 3}, "does not fit"),
    ],
)
def test_config_of_a_file_is_checked(config, message):
    with pytest.raises(FormatError, match=message):
        losses.from_config(config)


def test_names_resolve():
    assert isinstance(losses.get("mse"), losses.MeanSquaredError)
    assert isinstance(losses.get("Hinge"), losses.Hinge)
    loss = losses.Huber()
    assert losses.get(loss) is loss
    assert losses.get({"class": "Huber", "delta": 2.0}).delta == 2.0


def test_long_rows_are_added_up_row_by_row():
    rng = np.random.default_rng(0)
    y, p = rng.normal(size=(3, 5, 40)), rng.normal(size=(3, 5, 40))
    loss = losses.MeanSquaredError()
    np.testing.assert_allclose(loss.forward(y, p), np.mean((y - p) ** 2), rtol=1e-14)
    np.testing.assert_allclose(loss.backward(), 2 * (p - y) / y.size, rtol=1e-14)
