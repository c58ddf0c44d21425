import json
from pathlib import Path

import numpy as np
import pytest

from constnet import nn

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
ENTRIES = json.loads((FIXTURES / "layers.json").read_text())
IMAGES = json.loads((FIXTURES / "images.json").read_text())
SEQUENCES = json.loads((FIXTURES / "sequences.json").read_text())


def pytest_generate_tests(metafunc):
    """A test of `image` runs on every recorded image of the layers its module names."""
    if "image" in metafunc.fixturenames:
        found = [one for one in IMAGES if one["config"]["class"] in metafunc.module.LAYERS]
        assert {one["config"]["class"] for one in found} == set(metafunc.module.LAYERS)
        metafunc.parametrize("image", found, ids=lambda one: one["config"]["class"])


@pytest.fixture
def recorded():
    """Entries of one layer class."""
    return lambda name: [entry for entry in ENTRIES if entry["config"]["class"] == name]


@pytest.fixture
def images():
    """Entries of one layer class, of images."""
    return lambda name: [entry for entry in IMAGES if entry["config"]["class"] == name]


@pytest.fixture
def agrees_with_pytorch():
    """Value, input gradient and parameter gradients of a recorded layer are PyTorch's."""

    def check(entry, dtype):
        tolerance = {"float32": 2e-5, "float64": 1e-12}[dtype]
        layer = nn.from_config(entry["config"])
        x, dy = np.array(entry["x"], dtype), np.array(entry["dy"], dtype)
        layer.build(x.shape[1:])
        layer.initialize(0, dtype)
        for name, values in entry["parameters"].items():
            layer.parameters()[name].data = np.array(values)
        y = layer.forward(x, training=True)
        dx = layer.backward(dy)
        assert y.dtype == dx.dtype == dtype
        np.testing.assert_allclose(y, entry["y"], rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(dx, entry["dx"], rtol=tolerance, atol=tolerance)
        for name, values in entry["gradients"].items():
            found = getattr(layer, f"{name}_grad")
            np.testing.assert_allclose(found, values, rtol=tolerance, atol=tolerance)
        return layer

    return check


@pytest.fixture
def difference_agrees():
    """All gradients of a layer agree with central differences in float64."""

    def check(layer, *inputs, step=1e-6):
        y = layer.forward(*inputs)
        dy = np.random.default_rng(7).normal(size=y.shape)
        layer.forward(*inputs)
        dx = layer.backward(dy)
        slopes = [(inputs[0], dx)]
        slopes += [(found.data, found.grad) for found in layer.parameters().values()]
        for array, gradient in slopes:
            for index in np.ndindex(array.shape):
                old = array[index]
                array[index] = old + step
                above = np.sum(layer.forward(*inputs) * dy)
                array[index] = old - step
                below = np.sum(layer.forward(*inputs) * dy)
                array[index] = old
                assert abs((above - below) / (2 * step) - gradient[index]) < 1e-6

    return check


@pytest.fixture
def sequences_agree():
    """All outputs and gradients of recorded layers of sequences are PyTorch's; how many were."""

    def check(name, dtype):
        entries = [entry for entry in SEQUENCES if entry["config"]["class"] == name]
        for entry in entries:
            _agrees(entry, dtype, {"float32": 2e-5, "float64": 1e-12}[dtype])
        return len(entries)

    return check


def _agrees(entry, dtype, tolerance):
    layer = nn.from_config(entry["config"])
    arrays = [np.array(values) for values in entry["inputs"]]
    inputs = [array.astype(dtype) if array.dtype.kind == "f" else array for array in arrays]
    layer.forward(*inputs)
    layer.initialize(0, dtype)
    assert set(layer.parameters()) == set(entry["parameters"])
    for path, values in entry["parameters"].items():
        layer.parameters()[path].data = np.array(values)

    def same(found, expected):  # of an array's largest element: products are sums of many
        room = tolerance * max(1.0, np.abs(expected).max())
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=room)

    layer.forward(*inputs, training=True)
    for found, expected in zip(layer.last_outputs, entry["outputs"], strict=True):
        assert found.dtype == dtype
        same(found, expected)
    layer.backward(*(np.array(values) for values in entry["cotangents"]))
    for found, expected in zip(layer.input_grads, entry["input_gradients"], strict=True):
        if expected is not None:
            same(found, expected)
    for path, expected in entry["gradients"].items():
        same(layer.parameters()[path].grad, expected)
