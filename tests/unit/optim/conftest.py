"""Recorded optimizers for the modules that ask for an `entry`: those of the module's NAMES."""

import json
from pathlib import Path

import numpy as np
import pytest

from constnet import dtypes, interpreter, optim
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.tensor import Trace, tracing

FIXTURES = Path(__file__).parents[2] / "fixtures"
ENTRIES = [
    entry
    for name in ("optimizers", "schedules")
    for entry in json.loads((FIXTURES / f"{name}.json").read_text())
]
TOLERANCE = {"float64": {"rtol": 1e-9, "atol": 1e-12}, "float32": {"rtol": 3e-5, "atol": 3e-6}}


def label(entry):
    return f"{entry['name']}-{entry['arguments']}"


def pytest_generate_tests(metafunc):
    if "entry" in metafunc.fixturenames:
        entries = [entry for entry in ENTRIES if entry["name"] in metafunc.module.NAMES]
        metafunc.parametrize("entry", entries, ids=label)


def compiled(optimizer, size, dtype, decayed=None):
    """The update as a function of arrays: (step, theta, grad, *slots) -> [theta, *slots]."""
    kind = dtypes.as_dtype(dtype)
    trace = Trace(GraphBuilder("update"), dtype=kind)
    with tracing(trace):
        step = trace.input("step", TensorType((), dtypes.uint32))
        vector = TensorType((size,), kind)
        theta, grad = trace.input("theta", vector), trace.input("grad", vector)
        slots = {name: trace.input(name, vector) for name in optimizer.slots()}
        rate = optimizer.schedule(step)
        theta, new = optimizer.update(step, theta, grad, slots, rate, decayed)
    assert list(new) == list(optimizer.slots())
    graph = trace.builder.build([theta.value, *(value.value for value in new.values())])
    return lambda step, *arrays: interpreter.run(graph, [np.asarray(step, "uint32"), *arrays])


@pytest.fixture
def one_step():
    return compiled


@pytest.fixture
def agrees():
    """A function that follows one recorded trajectory in one dtype."""

    def check(entry, dtype):
        optimizer = optim.from_config({"class": entry["name"], **entry["arguments"]})
        theta = np.asarray(entry["theta"], dtype)
        update = compiled(optimizer, theta.size, dtype)
        tolerance = TOLERANCE[dtype]
        if entry["name"] == "Nadam":  # PyTorch keeps the product of betas in float32
            tolerance = {**tolerance, "rtol": max(tolerance["rtol"], 1e-6)}
        state = [theta, *(np.zeros_like(theta) for _ in optimizer.slots())]
        for step, grad in enumerate(entry["grads"]):
            state = update(step, state[0], np.asarray(grad, dtype), *state[1:])
            np.testing.assert_allclose(state[0], entry["thetas"][step], **tolerance)
            if "ema" in entry:
                np.testing.assert_allclose(state[1], entry["ema"][step], **TOLERANCE[dtype])
        assert state[0][-1] == 0  # padding stays 0
        assert all(array.dtype == dtype for array in state)

    return check
