"""Losses with their gradients, optimizers and metrics give the interpreter's bits when compiled.

All entries of a kind are one graph, so that each kind is compiled once.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from constnet import autodiff, dtypes, interpreter, losses, metrics, optim
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.tensor import Trace, tracing
from constnet.runtime.predictor import NativePredictor
from constnet.runtime.toolchain import find_compiler

FIXTURES = Path(__file__).parents[1] / "fixtures"


class Recorder:
    """Collects the inputs and outputs of one graph."""

    def __init__(self, dtype):
        self.trace = Trace(GraphBuilder("parts"), dtype=dtypes.as_dtype(dtype))
        self.dtype, self.arrays, self.outputs = dtype, [], []

    def input(self, given, dtype=None):
        array = np.asarray(given)
        array = array.astype(dtype or ("int32" if array.dtype.kind == "i" else self.dtype))
        self.arrays.append(array)
        name = f"x{len(self.arrays)}"
        return self.trace.input(name, TensorType(array.shape, dtypes.as_dtype(array.dtype)))


def add_losses(recorder):
    for entry in json.loads((FIXTURES / "losses.json").read_text()):
        loss = losses.from_config({"class": entry["name"], **entry["arguments"]})
        y_true, y_pred = recorder.input(entry["y_true"]), recorder.input(entry["y_pred"])
        weight = entry["sample_weight"]
        value = loss(y_true, y_pred, None if weight is None else recorder.input(weight))
        recorder.outputs += [value, *autodiff.gradients(value, [y_pred])]


def add_optimizers(recorder):
    rng = np.random.default_rng(5)
    for entry in json.loads((FIXTURES / "optimizers.json").read_text()):
        if entry["name"] == "clip":
            continue
        optimizer = optim.from_config({"class": entry["name"], **entry["arguments"]})
        step = recorder.input(np.uint32(7), "uint32")
        theta, grad = recorder.input(rng.normal(size=80)), recorder.input(rng.normal(size=80))
        slots = {name: recorder.input(rng.uniform(1, 2, size=80)) for name in optimizer.slots()}
        theta, new = optimizer.update(step, theta, grad, slots, optimizer.schedule(step))
        recorder.outputs += [theta, *new.values()]


def add_schedules(recorder):
    for entry in json.loads((FIXTURES / "schedules.json").read_text()):
        schedule = optim.schedule_from_config({"class": entry["name"], **entry["arguments"]})
        recorder.outputs += [schedule(recorder.input(step, "uint32")) for step in (0, 5, 23)]


def add_metrics(recorder):
    for entry in json.loads((FIXTURES / "metrics.json").read_text()):
        metric = metrics.from_config({"class": entry["name"], **entry["arguments"]})
        states = {
            name: recorder.input(np.zeros(shape), "float64")
            for name, shape in metric.states().items()
        }
        y_true, y_pred = recorder.input(entry["y_true"]), recorder.input(entry["y_pred"])
        weight = entry["weight"]
        weight = None if weight is None else recorder.input(weight)
        recorder.outputs += metric.update(states, y_true, y_pred, weight).values()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "add",
    [
        pytest.param(add_losses, marks=pytest.mark.slow),
        add_optimizers,
        add_schedules,
        pytest.param(add_metrics, marks=pytest.mark.slow),
    ],
)
def test_compiled_bits_are_those_of_the_interpreter(add, dtype):
    compiler = find_compiler()
    if compiler is None:
        pytest.skip("no C compiler found: pip install ziglang")
    recorder = Recorder(dtype)
    with tracing(recorder.trace):
        add(recorder)
    graph = recorder.trace.builder.build([tensor.value for tensor in recorder.outputs])
    expected = interpreter.run(graph, recorder.arrays)
    for threads in (1, 2):
        compiled = NativePredictor(graph, {}, "exact", compiler, threads=threads)
        results = compiled(*recorder.arrays)
        for got, wanted in zip(results, expected, strict=True):
            np.testing.assert_array_equal(got, wanted)
            assert got.dtype == wanted.dtype
