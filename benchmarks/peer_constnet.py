"""constnet: the engine that `Model.fit` runs, and `Model.predict`.

The step is the one `fit` compiles, with the sums of the loss that its progress bar shows.
"""

from __future__ import annotations

import contextlib
import functools
import time

import numpy as np

import constnet as cn
from benchmarks.constnet_network import Network
from benchmarks.memory import live_buffers, live_tensors
from benchmarks.workloads import BETA_1, BETA_2, DECAY, EPSILON, MOMENTUM, Workload, find
from constnet.passes import run as run_passes
from constnet.train import fit_call
from constnet.train.fitting import Fit
from constnet.train.progress import reporter
from constnet.train.step import build_step

_SUM, _COUNT = "metric.loss.sum", "metric.loss.count"


def _optimizer(workload: Workload):
    rate = workload.learning_rate
    if workload.optimizer == "adam":
        return cn.optim.Adam(rate, beta_1=BETA_1, beta_2=BETA_2, epsilon=EPSILON)
    if workload.optimizer == "momentum":
        return cn.optim.SGD(rate, momentum=MOMENTUM)
    if workload.optimizer == "sgd_decay":
        return cn.optim.SGD(cn.optim.InverseTimeDecay(rate, decay_steps=1, decay_rate=DECAY))
    return cn.optim.SGD(rate)


def _model(workload: Workload) -> cn.Model:
    network = Network(workload)
    losses = {
        "mse": "mse",
        "ce": cn.losses.SparseCategoricalCrossentropy(from_logits=True),
    }
    model = cn.Model(
        network.net,
        losses.get(workload.loss),
        _optimizer(workload),
        seed=0,
        dtype=workload.dtype,
    )
    model.build_for([workload.input_shape], ["int32"] if workload.takes_tokens else [])
    model.set_weights(network.arrays())
    return model


def _draw(rng):
    x = rng.uniform((2,), -3.0, 3.0)
    squares = cn.ops.sum(x * x, axis=1, keepdims=True)
    return x, cn.ops.exp(squares * -0.5) * float(1 / (2 * np.pi))


class ConstnetTraining:
    """Steps in one native call, as `fit` makes them between two looks at the clock."""

    quantum = 1

    def __init__(self, workload: Workload, data: tuple[np.ndarray, np.ndarray] | None) -> None:
        model = _model(workload)
        if data is None:
            sampler = cn.data.Sampler(_draw, batch_size=workload.batch)
            plan = fit_call._sampler_plan(model, sampler, None, {"steps": 1 << 30}, (0, 1))
        else:
            x, y = (array.reshape(-1, *array.shape[2:]) for array in data)
            options = {"batch_size": workload.batch, "shuffle": False}
            plan, _ = fit_call._array_plan(model, x, y, options, (0, 1))
        fit = Fit(model, model.store().recipe, plan, [], None, reporter(0))
        fit._prepare()
        self.fit, self.engine = fit, fit.engine
        self.before = (0.0, 0.0)

    def run(self, steps: int) -> None:
        state = self.engine.state
        self.before = float(np.sum(state[_SUM])), float(np.sum(state[_COUNT]))
        result = self.engine.run(steps)
        assert result.steps == steps, f"a loss that is not finite after {result.steps} steps"

    def loss(self) -> float:
        """The mean over the steps of the last run."""
        state = self.engine.state
        total, count = float(np.sum(state[_SUM])), float(np.sum(state[_COUNT]))
        return (total - self.before[0]) / (count - self.before[1])


class ConstnetInference:
    """`model.predict` of an array, as a user calls it."""

    context = contextlib.nullcontext

    def __init__(self, workload: Workload, batch: int) -> None:
        self.model = _model(workload)
        self.call = functools.partial(self.model.predict, workload.inference_input(batch))

    def output(self) -> np.ndarray:
        return self.call()


def first_step(workload: Workload, threads: int) -> dict[str, float]:
    """Seconds from the definition to the end of the first step; bytes of its memory.

    A tiny network goes first, so that imports and what a compiler does once per machine are not
    counted.
    """
    cn.set_threads(threads)
    ConstnetTraining(find("xor"), find("xor").data()).run(1)
    data = workload.data()
    begun = time.perf_counter()
    training = ConstnetTraining(workload, data)
    training.run(1)
    seconds = time.perf_counter() - begun
    program = training.engine.program
    step = build_step(training.fit.recipe, training.fit.plan.sources()[0])
    return {
        "seconds": seconds,
        "arena": program.arena_bytes,
        "live_buffers": live_buffers(program),
        "live_tensors": live_tensors(run_passes(step.graph)),
    }


class ConstnetPeer:
    """constnet with its default compiler."""

    def version(self) -> str:
        from constnet.runtime.toolchain import find_compiler, version_line

        compiler = find_compiler()
        built = f"{compiler.name}, {version_line(compiler)}" if compiler else "no compiler"
        return f"{cn.__version__} ({built})"

    def variants(self, workload: Workload, mode: str) -> tuple[str, ...]:
        del workload, mode
        return ("",)

    def train(self, workload: Workload, threads: int, variant: str, *, stepwise: bool):
        del variant, stepwise
        cn.set_threads(threads)
        return ConstnetTraining(workload, workload.data())

    def infer(self, workload: Workload, threads: int, batch: int, variant: str):
        del variant
        cn.set_threads(threads)
        return ConstnetInference(workload, batch)


PEERS = {"constnet": ConstnetPeer}
