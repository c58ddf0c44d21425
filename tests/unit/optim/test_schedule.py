import json

import numpy as np
import pytest

from constnet import dtypes, interpreter, optim
from constnet.errors import FormatError, UsageError
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.tensor import Trace, tracing

NAMES = tuple(optim.__all__)
SCHEDULES = {
    name
    for name in NAMES
    if isinstance(class_ := getattr(optim, name), type) and issubclass(class_, optim.Schedule)
}
NAMES = tuple(sorted(SCHEDULES))


def from_entry(entry):
    return optim.schedule_from_config({"class": entry["name"], **entry["arguments"]})


def test_rates_in_the_graph_are_float32(entry):
    trace = Trace(GraphBuilder("rate"), dtype=dtypes.float32)
    with tracing(trace):
        rate = from_entry(entry)(trace.input("step", TensorType((), dtypes.uint32)))
    graph = trace.builder.build([rate.value])
    rates = [interpreter.run(graph, [np.uint32(step)])[0] for step in range(30)]
    assert rates[0].dtype == np.float32
    np.testing.assert_allclose(rates, entry["rates"], rtol=2e-5, atol=1e-7)


def test_config_builds_an_equal_schedule(entry):
    schedule = from_entry(entry)
    again = optim.schedule_from_config(json.loads(json.dumps(schedule.config())))
    assert again == schedule


def test_a_slow_decay_stays_accurate_over_many_steps():
    trace = Trace(GraphBuilder("rate"), dtype=dtypes.float32)
    with tracing(trace):
        step = trace.input("step", TensorType((), dtypes.uint32))
        rate = optim.ExponentialDecay(2e-3, 0.99999)(step)
    (value,) = interpreter.run(trace.builder.build([rate.value]), [np.uint32(200_000)])
    np.testing.assert_allclose(value, 2e-3 * 0.99999**200_000, rtol=1e-6)


@pytest.mark.parametrize("step", [-1, 0.5, 2**32, "now"])
def test_steps_are_whole_numbers(step):
    with pytest.raises(UsageError, match="whole numbers from 0"):
        optim.Constant(0.1)(step)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.ExponentialDecay(0.1, 0.0), "decay_rate must be a finite number and above"),
        (lambda: optim.StepDecay(0.1, 0), "every must be a whole number of at least 1"),
        (lambda: optim.PiecewiseConstantDecay((3, 1), (1, 2, 3)), "boundaries must ascend"),
        (lambda: optim.PiecewiseConstantDecay((3,), (1,)), "1 boundaries and 1 values"),
        (lambda: optim.CosineDecay(0.1, 10, warmup_steps=3), "a warm-up needs both"),
        (lambda: optim.CosineDecayRestarts(0.1, 1, 1.001), "restarts more than 1024 times"),
        (lambda: optim.OneCycle(0.1, 3), "no step to go up in"),
        (lambda: optim.Warmup("cosine", 3), "after must be a Schedule or a number"),
        (lambda: optim.Constant(0.1)(-1), "whole numbers from 0"),
        (lambda: optim.Constant(0.1)(0.5), "whole numbers from 0"),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(UsageError, match=message):
        make()


def test_config_of_a_file_is_checked():
    with pytest.raises(FormatError, match="does not know: extra"):
        optim.schedule_from_config({"class": "Constant", "learning_rate": 1.0, "extra": 2})
    with pytest.raises(FormatError, match=r"does not fit: .*missing"):
        optim.schedule_from_config({"class": "Constant"})
