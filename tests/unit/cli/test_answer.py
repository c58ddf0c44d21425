import numpy as np
import pytest

from constnet.cli import answer


def test_logits_become_probabilities():
    found = answer.as_probabilities(np.array([0.0, np.log(3.0)]))
    assert found == pytest.approx([0.25, 0.75])


def test_probabilities_stay():
    given = np.array([0.2, 0.8])
    assert answer.as_probabilities(given) is given


def model(*names):
    nn = pytest.importorskip("constnet.nn")
    layers = [nn.ClassNames(names)] if names else [nn.ReLU()]

    class Model:
        net = nn.Sequential(*layers)

    return Model


def test_class_and_probability():
    assert answer.describe_row(model("dog", "cat"), np.array([0.0, np.log(3.0)])) == "cat (75.0%)"


def test_numbers_without_classes():
    assert answer.describe_row(model(), np.array([[1.5, -2.0]])) == "1.5 -2"
