"""JAX: the training loop in one `jit` around `lax.scan`, or one `jit` a step; donated state.

A variant is a list of words: `scan` or `step`, `rbg` (the random generator), and those of
`jax_network`. Convolutions inside `lax.scan` fall off a cliff, so those networks take `step`.
"""

from __future__ import annotations

import contextlib
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.jax_network import Pass
from benchmarks.workloads import BETA_1, BETA_2, DECAY, EPSILON, MOMENTUM, Workload

_TRAINING = {
    "gaussian2d": ("scan rbg",), "gaussian2d_f64": ("scan rbg",),
    "cnn_lenet": ("step",), "resnet8": ("step",), "dscnn": ("scan shifted sums",),
    "mlp_mnist": ("scan", "step"), "transformer": ("scan", "step"),
}  # fmt: skip
_DEPTHWISE = ("dscnn", "mobilenet")


def _objective(workload: Workload, words, parameters, statistics, x, y):
    forward = Pass(parameters, statistics, words, training=True)
    out = forward.sequence(workload.layers, "", x)
    if workload.loss != "ce":
        return jnp.mean((out - y) ** 2), forward.moved
    labels = jnp.take_along_axis(jax.nn.log_softmax(out), y[..., None], -1)
    return -jnp.mean(labels), forward.moved


def _update(workload: Workload, carry, gradients):
    dtype, rate = np.dtype(workload.dtype).type, workload.learning_rate
    tree, result = jax.tree_util.tree_map, dict(carry)
    if workload.optimizer in ("sgd", "sgd_decay"):
        if workload.optimizer == "sgd_decay":
            rate = (rate / (1 + DECAY * carry["step"].astype(dtype))).astype(dtype)
        result["p"] = tree(lambda p, g: p - rate * g, carry["p"], gradients)
    elif workload.optimizer == "momentum":
        result["m"] = tree(lambda m, g: MOMENTUM * m + g, carry["m"], gradients)
        result["p"] = tree(lambda p, m: p - rate * m, carry["p"], result["m"])
    else:
        step = (carry["step"] + 1).astype(dtype)
        c1, c2 = 1 - BETA_1**step, 1 - BETA_2**step
        result["m"] = tree(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, carry["m"], gradients)
        result["v"] = tree(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, carry["v"], gradients)
        result["p"] = tree(
            lambda p, m, v: p - rate * (m / c1) / (jnp.sqrt(v / c2) + EPSILON),
            carry["p"], result["m"], result["v"],
        )  # fmt: skip
    return result


def _batch(workload: Workload, carry, x, y):
    if workload.batches == 0:
        dtype = np.dtype(workload.dtype).type
        key, draw = jax.random.split(carry["key"])
        points = jax.random.uniform(draw, (workload.batch, 2), dtype, -3, 3)
        scale = dtype(1 / (2 * np.pi))
        density = jnp.exp(-0.5 * (points * points).sum(1, keepdims=True)) * scale
        return points, density, key
    if workload.batches == 1:
        return x[0], y[0], None
    index = carry["step"] % workload.batches
    return (
        lax.dynamic_index_in_dim(x, index, 0, keepdims=False),
        lax.dynamic_index_in_dim(y, index, 0, keepdims=False),
        None,
    )


def _step(workload: Workload, words, carry, x, y):
    points, labels, key = _batch(workload, carry, x, y)
    objective = functools.partial(_objective, workload, words)
    differentiate = jax.value_and_grad(objective, has_aux=True)
    (loss, moved), gradients = differentiate(carry["p"], carry["statistics"], points, labels)
    result = _update(workload, carry, gradients)
    result["step"], result["statistics"] = carry["step"] + 1, moved
    if key is not None:
        result["key"] = key
    return result, loss


def _start(workload: Workload, words) -> dict:
    """Everything that one step changes."""
    parameters = jax.tree_util.tree_map(jnp.asarray, workload.initial_weights())
    statistics = jax.tree_util.tree_map(jnp.asarray, workload.statistics())
    zeros = functools.partial(jax.tree_util.tree_map, jnp.zeros_like)
    carry = {"p": parameters, "statistics": statistics, "step": jnp.int32(0)}
    if workload.optimizer in ("momentum", "adam"):
        carry["m"] = zeros(parameters)
    if workload.optimizer == "adam":
        carry["v"] = zeros(parameters)
    if workload.batches == 0:
        carry["key"] = jax.random.key(0, impl="rbg" if "rbg" in words else "threefry2x32")
    return carry


class JaxTraining:
    """`quantum` steps in one call of a compiled scan, or one step in a call."""

    def __init__(self, workload: Workload, variant: str, *, stepwise: bool) -> None:
        jax.config.update("jax_enable_x64", workload.dtype == "float64")
        words = tuple(variant.split())
        self.quantum = 1 if stepwise or "step" in words else workload.steps_per_call
        self.carry = _start(workload, words)
        data = workload.data() or (np.zeros(1, workload.dtype), np.zeros(1, workload.dtype))
        self.data = tuple(map(jnp.asarray, data))
        step = functools.partial(_step, workload, words)
        if "scan" in words:

            def call(carry, x, y):
                carry, losses = lax.scan(
                    lambda c, _: step(c, x, y), carry, None, length=self.quantum
                )
                return carry, losses[-1]
        else:
            call = step
        self.call = jax.jit(call, donate_argnums=0)

    def run(self, steps: int) -> None:
        for _ in range(max(1, steps // self.quantum)):
            self.carry, self.last = self.call(self.carry, *self.data)
        jax.block_until_ready((self.carry["p"], self.last))

    def loss(self) -> float:
        return float(self.last)


class JaxInference:
    """Ahead-of-time compiled with the weights as constants."""

    context = contextlib.nullcontext

    def __init__(self, workload: Workload, batch: int, variant: str) -> None:
        jax.config.update("jax_enable_x64", workload.dtype == "float64")
        forward = Pass(
            jax.tree_util.tree_map(jnp.asarray, workload.initial_weights()),
            jax.tree_util.tree_map(jnp.asarray, workload.statistics()),
            tuple(variant.split()),
        )
        self.input = jnp.asarray(workload.inference_input(batch))
        function = jax.jit(lambda x: forward.sequence(workload.layers, "", x))
        self.function = function.lower(self.input).compile()

    def call(self) -> object:
        return self.function(self.input).block_until_ready()

    def output(self) -> np.ndarray:
        return np.asarray(self.function(self.input))


class JaxPeer:
    """JAX on the CPU."""

    def version(self) -> str:
        return jax.__version__

    def variants(self, workload: Workload, mode: str) -> tuple[str, ...]:
        if mode == "train":
            return _TRAINING.get(workload.name, ("scan",))
        return ("", "shifted") if workload.name in _DEPTHWISE else ("",)

    def train(self, workload: Workload, threads: int, variant: str, *, stepwise: bool):
        del threads  # the environment decides, before import
        return JaxTraining(workload, variant, stepwise=stepwise)

    def infer(self, workload: Workload, threads: int, batch: int, variant: str):
        del threads
        return JaxInference(workload, batch, variant)


PEERS = {"jax": JaxPeer}
