"""JAX: the whole training loop in one `jit` around `lax.scan`, with donated state."""

from __future__ import annotations

import contextlib
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.workloads import BETA_1, BETA_2, DECAY, EPSILON, MOMENTUM, Workload

_ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh, None: lambda x: x}


def _forward(workload: Workload, parameters, x):
    for number, (weight, bias) in enumerate(parameters):
        is_last = number == len(parameters) - 1
        activation = workload.output_activation if is_last else workload.activation
        x = _ACTIVATIONS[activation](x @ weight + bias)
    return x


def _objective(workload: Workload, parameters, x, y):
    out = _forward(workload, parameters, x)
    if workload.loss != "ce":
        return jnp.mean((out - y) ** 2)
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(out), y[..., None], -1))


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


def _step(workload: Workload, carry, x, y):
    points, labels, key = _batch(workload, carry, x, y)
    objective = functools.partial(_objective, workload)
    loss, gradients = jax.value_and_grad(objective)(carry["p"], points, labels)
    result = _update(workload, carry, gradients)
    result["step"] = carry["step"] + 1
    if key is not None:
        result["key"] = key
    return result, loss


class JaxTraining:
    """`quantum` steps in one call of a compiled scan."""

    def __init__(self, workload: Workload, *, stepwise: bool) -> None:
        jax.config.update("jax_enable_x64", workload.dtype == "float64")
        self.quantum = 1 if stepwise else workload.steps_per_call
        parameters = [tuple(map(jnp.asarray, pair)) for pair in workload.initial_weights()]
        zeros = functools.partial(jax.tree_util.tree_map, jnp.zeros_like)
        self.carry = {"p": parameters, "step": jnp.int32(0)}
        if workload.optimizer in ("momentum", "adam"):
            self.carry["m"] = zeros(parameters)
        if workload.optimizer == "adam":
            self.carry["v"] = zeros(parameters)
        if workload.batches == 0:
            generator = workload.variants.get("jax", "threefry2x32")
            self.carry["key"] = jax.random.key(0, impl=generator)
        data = workload.data() or (np.zeros(1, workload.dtype), np.zeros(1, workload.dtype))
        self.data = tuple(map(jnp.asarray, data))

        @functools.partial(jax.jit, donate_argnums=0)
        def call(carry, x, y):
            carry, losses = lax.scan(
                lambda c, _: _step(workload, c, x, y), carry, None, length=self.quantum
            )
            return carry, losses[-1]

        self.call = call

    def run(self, steps: int) -> None:
        for _ in range(max(1, steps // self.quantum)):
            self.carry, self.last = self.call(self.carry, *self.data)
        jax.block_until_ready((self.carry["p"], self.last))

    def loss(self) -> float:
        return float(self.last)


class JaxInference:
    """Ahead-of-time compiled with the weights as constants."""

    context = contextlib.nullcontext

    def __init__(self, workload: Workload, batch: int) -> None:
        jax.config.update("jax_enable_x64", workload.dtype == "float64")
        parameters = [tuple(map(jnp.asarray, pair)) for pair in workload.initial_weights()]
        self.input = jnp.asarray(workload.inference_input(batch))
        forward = jax.jit(lambda x: _forward(workload, parameters, x))
        self.function = forward.lower(self.input).compile()

    def call(self) -> object:
        return self.function(self.input).block_until_ready()


class JaxPeer:
    """JAX on the CPU."""

    def version(self) -> str:
        return jax.__version__

    def train(self, workload: Workload, threads: int, *, stepwise: bool):
        del threads  # the environment decides, before import
        return JaxTraining(workload, stepwise=stepwise)

    def infer(self, workload: Workload, threads: int, batch: int):
        del threads
        return JaxInference(workload, batch)


PEERS = {"jax": JaxPeer}
