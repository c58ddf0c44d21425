import json

import numpy as np
import pytest

from constnet import optim
from constnet.errors import FormatError, UsageError

NAMES = ("SGD", "Adam", "AdamW", "Nadam", "RMSprop", "Adagrad", "Adadelta", "Lion")


def test_l1_and_decoupled_decay(one_step):
    theta, grad = np.array([2.0, -1.0, 0.0]), np.array([0.5, 0.5, 0.0])
    update = one_step(optim.SGD(0.1, l1=0.3, weight_decay=0.2), 3, "float64")
    (after,) = update(0, theta, grad)
    expected = theta * (1 - 0.1 * 0.2) - 0.1 * (grad + 0.3 * np.sign(theta))
    np.testing.assert_allclose(after, expected, rtol=1e-15)


def test_the_last_elements_may_be_left_out_of_decay(one_step):
    theta, grad = np.array([2.0, -1.0, 3.0]), np.array([0.5, 0.5, 0.5])
    optimizer = optim.SGD(0.1, l1=0.3, l2=0.7, weight_decay=0.2)
    update = one_step(optimizer, 3, "float64", decayed=2)
    (after,) = update(0, theta, grad)
    decays = np.array([1.0, 1.0, 0.0])
    gradient = grad + decays * (0.3 * np.sign(theta) + 0.7 * theta)
    expected = theta * (1 - decays * 0.1 * 0.2) - 0.1 * gradient
    np.testing.assert_allclose(after, expected, rtol=1e-15)


def test_the_first_step_of_the_average_is_a_copy(one_step):
    update = one_step(optim.SGD(0.5, use_ema=True), 2, "float32")
    theta, ema = update(0, np.ones(2, "f4"), np.ones(2, "f4"), np.full(2, 9, "f4"))
    np.testing.assert_allclose(ema, theta, rtol=1e-6)


def test_config_builds_an_equal_optimizer(entry):
    config = optim.from_config({"class": entry["name"], **entry["arguments"]}).config()
    assert json.loads(json.dumps(config, allow_nan=False)) == config
    assert optim.from_config(config).config() == config


def test_config_keeps_a_schedule():
    optimizer = optim.Adam(optim.Warmup(optim.ExponentialDecay(0.1, 0.5), 4), clipnorm=1.0)
    again = optim.from_config(json.loads(json.dumps(optimizer.config())))
    assert again.schedule == optimizer.schedule
    assert again.config() == optimizer.config()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.SGD(-0.1), "learning_rate must be a number of at least 0 or a Schedule"),
        (lambda: optim.SGD("fast"), r"SGD\(learning_rate='fast'\)"),
        (lambda: optim.Adam(clipnorm=1, clipvalue=1), "clipvalue and clipnorm; at most one"),
        (lambda: optim.SGD(l2=float("nan")), r"SGD\(l2=nan\)"),
        (lambda: optim.SGD(use_ema=True, ema_momentum=2), "at least 0 and at most 1"),
        (lambda: optim.get("adamm"), "no optimizer is called 'adamm'; there are: sgd, adam"),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(UsageError, match=message):
        make()


def test_config_of_a_file_is_checked():
    with pytest.raises(FormatError, match=r"names the schedule 'os\.system'"):
        optim.from_config({"class": "SGD", "learning_rate": {"class": "os.system"}})
    with pytest.raises(FormatError, match="momentum must be"):
        optim.from_config({"class": "SGD", "momentum": True})


def test_names_resolve():
    for name, class_ in {"sgd": optim.SGD, "AdamW": optim.AdamW, "Lion": optim.Lion}.items():
        assert type(optim.get(name)) is class_
