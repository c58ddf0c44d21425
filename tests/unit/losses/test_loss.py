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
    rows = r"sample_weight is float32\[3\], the losses of the batch are float32\[2, 1\]"
    with pytest.raises(ShapeError, match=rows):
        losses.MeanSquaredError().forward(np.zeros((2, 1)), np.zeros((2, 1), "f4"), np.ones(3))
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    labels, scores = np.zeros((2, 5), int), np.zeros((2, 5, 3), "f4")
    with pytest.raises(ShapeError, match=r"bool\[2, 4\].*float32\[2, 5\].*shape \(2,\), or one"):
        loss.forward(labels, scores, np.ones((2, 4), bool))


SEQUENCE = [
    (losses.SparseCategoricalCrossentropy(from_logits=True), "labels"),
    (losses.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.2), "labels"),
    (losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2), "shares"),
    (losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1), "yes"),
    (losses.MeanSquaredError(), "numbers"),
    (losses.Huber(0.5), "numbers"),
    (losses.CosineSimilarity(), "numbers"),
    (losses.Hinge(), "yes"),
]


def by_hand(loss, y, p):
    """Losses by position, written apart: shape `(N, T)` or `(N, H, W)`."""
    name, smooth = type(loss).__name__, getattr(loss, "label_smoothing", 0.0)
    log_p = p - np.log(np.exp(p).sum(axis=-1, keepdims=True))
    if name == "SparseCategoricalCrossentropy":
        y = np.eye(p.shape[-1])[y]
    if name.endswith("CategoricalCrossentropy"):
        return -np.sum((y * (1 - smooth) + smooth / p.shape[-1]) * log_p, axis=-1)
    if name == "BinaryCrossentropy":
        z = y * (1 - smooth) + smooth / 2
        return np.mean(np.log1p(np.exp(p)) - z * p, axis=-1)
    if name == "CosineSimilarity":
        lengths = np.linalg.norm(y, axis=-1) * np.linalg.norm(p, axis=-1)
        return -np.sum(y * p, axis=-1) / lengths
    if name == "Hinge":
        return np.mean(np.maximum(0, 1 - (2 * y - 1) * p), axis=-1)
    far = np.abs(y - p)
    if name == "Huber":
        return np.mean(np.where(far < 0.5, far**2 / 2, 0.5 * (far - 0.25)), axis=-1)
    return np.mean(far**2, axis=-1)


@pytest.mark.parametrize(("loss", "kind"), SEQUENCE)
@pytest.mark.parametrize("shape", [(3, 7), (2, 3, 4)])
def test_sequences_and_images(loss, kind, shape):
    rng = np.random.default_rng(1)
    p = rng.normal(size=(*shape, 4))
    targets = {
        "labels": rng.integers(0, 4, shape),
        "shares": rng.dirichlet(np.ones(4), shape),
        "yes": rng.integers(0, 2, p.shape),
        "numbers": rng.normal(size=p.shape),
    }
    y = targets[kind]
    each = by_hand(loss, y, p)
    np.testing.assert_allclose(loss.forward(y, p), each.mean(), rtol=1e-12)
    by_row = rng.uniform(size=shape[0])
    expected = np.mean(by_row * each.mean(axis=tuple(range(1, each.ndim))))
    np.testing.assert_allclose(loss.forward(y, p, by_row), expected, rtol=1e-12)
    by_position = rng.uniform(size=shape)
    expected = np.mean(by_position * each)
    np.testing.assert_allclose(loss.forward(y, p, by_position), expected, rtol=1e-12)
    mask = rng.uniform(size=shape) < 0.6
    np.testing.assert_allclose(loss.forward(y, p, mask), each[mask].mean(), rtol=1e-12)
    gradient = loss.backward()
    assert not gradient[~mask].any()
    direction = rng.normal(size=p.shape)
    step = 1e-6 * direction
    slope = (loss.forward(y, p + step, mask) - loss.forward(y, p - step, mask)) / 2e-6
    np.testing.assert_allclose(np.sum(gradient * direction), slope, rtol=1e-6, atol=1e-9)


def test_a_batch_of_padding_alone_costs_nothing():
    loss = losses.MeanSquaredError()
    assert loss.forward(np.ones((2, 3, 1)), np.zeros((2, 3, 1)), np.zeros((2, 3), bool)) == 0.0
    assert not loss.backward().any()


def test_long_sequences_under_weights_are_added_up_row_by_row():
    rng = np.random.default_rng(0)
    y, p, w = rng.normal(size=(3, 50, 2)), rng.normal(size=(3, 50, 2)), rng.uniform(size=(3, 50))
    expected = np.mean(w * np.mean((y - p) ** 2, axis=-1))
    np.testing.assert_allclose(losses.MeanSquaredError().forward(y, p, w), expected, rtol=1e-13)


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
