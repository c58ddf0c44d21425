"""Recorded losses for the modules that ask for an `entry`: those of the module's NAMES."""

import json
from pathlib import Path

import numpy as np
import pytest

from constnet import losses

ENTRIES = json.loads((Path(__file__).parents[2] / "fixtures" / "losses.json").read_text())
TOLERANCE = {"float64": {"rtol": 1e-9, "atol": 1e-9}, "float32": {"rtol": 2e-5, "atol": 2e-6}}


def label(entry):
    weighted = "weighted" if entry["sample_weight"] else "plain"
    return f"{entry['name']}-{entry['arguments']}-{weighted}"


def pytest_generate_tests(metafunc):
    if "entry" in metafunc.fixturenames:
        entries = [entry for entry in ENTRIES if entry["name"] in metafunc.module.NAMES]
        metafunc.parametrize("entry", entries, ids=label)


@pytest.fixture
def agrees():
    """A function that compares one recorded loss in one dtype."""

    def check(entry, dtype):
        loss = losses.from_config({"class": entry["name"], **entry["arguments"]})
        y_pred = np.asarray(entry["y_pred"], dtype)
        value = loss.forward(np.asarray(entry["y_true"]), y_pred, entry["sample_weight"])
        gradient = loss.backward()
        assert gradient.dtype == dtype
        np.testing.assert_allclose(value, entry["loss"], **TOLERANCE[dtype])
        np.testing.assert_allclose(gradient, entry["gradient"], **TOLERANCE[dtype])

    return check
