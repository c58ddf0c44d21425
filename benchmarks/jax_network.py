"""A workload's network as a JAX function of its parameters, channels last.

A variant is a list of words. `shifted`: a depthwise convolution as shifted multiply-adds. `sums`:
the channel sums of batch normalization as products with ones. Both beat XLA's own on CPUs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
from jax import lax

from benchmarks.layers import (
    NORM_EPSILON,
    NORM_MOMENTUM,
    Block,
    Convolution,
    Dense,
    Embedding,
    Flatten,
    GlobalAverage,
    Layer,
    LayerNorm,
    MaxPool,
    Recurrent,
    Residual,
    walk,
)

_ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh, None: lambda x: x}


@dataclass
class Pass:
    """One forward pass: arrays by path; `moved` collects the running statistics in training."""

    weights: dict[str, jax.Array]
    statistics: dict[str, jax.Array]
    words: tuple[str, ...] = ()
    training: bool = False
    moved: dict[str, jax.Array] = field(default_factory=dict)

    def dense(self, path: str, x):
        y = x @ self.weights[f"{path}weight"]
        bias = self.weights.get(f"{path}bias")
        return y if bias is None else y + bias

    def layer_norm(self, path: str, x):
        centered = x - x.mean(-1, keepdims=True)
        scale = lax.rsqrt((centered * centered).mean(-1, keepdims=True) + NORM_EPSILON)
        return centered * scale * self.weights[f"{path}scale"] + self.weights[f"{path}shift"]

    def sequence(self, layers: tuple[Layer, ...], path: str, x):
        for below, layer, _ in walk(layers, x.shape[1:], path):
            x = self.layer(layer, below, x)
        return x

    def layer(self, layer: Layer, path: str, x):
        match layer:
            case Dense():
                return _ACTIVATIONS[layer.activation](self.dense(path, x))
            case Convolution():
                return self._normalized_convolution(layer, path, x)
            case MaxPool():
                return _pool(x)
            case GlobalAverage():
                return x.mean((1, 2))
            case Flatten():
                return x.reshape(x.shape[0], -1)
            case Residual():
                body = self.sequence(layer.body, f"{path}body.", x)
                shortcut = self.sequence(layer.shortcut, f"{path}shortcut.", x)
                return jax.nn.relu(body + shortcut)
            case Recurrent():
                return self._recurrent(layer, path, x)
            case Embedding():
                return self.weights[f"{path}table"][x] + self.weights[f"{path}position"]
            case LayerNorm():
                return self.layer_norm(path, x)
            case Block():
                return self._block(layer, path, x)
            case _:
                raise NotImplementedError(layer)

    def _normalized_convolution(self, layer: Convolution, path: str, x):
        y = _convolution(layer, self.weights[f"{path}weight"], x, self.words)
        y = y + self.weights[f"{path}bias"]
        if layer.norm:
            y = self._batch_norm(path, y)
        return _ACTIVATIONS[layer.activation](y)

    def _batch_norm(self, path: str, x):
        if self.training:
            mean, variance = self._batch_statistics(x)
            count = x.size // x.shape[-1]
            unbiased = variance * (count / (count - 1))
            for name, new in (("mean", mean), ("variance", unbiased)):
                old = self.statistics[path + name]
                self.moved[path + name] = NORM_MOMENTUM * old + (1 - NORM_MOMENTUM) * new
        else:
            mean = self.statistics[f"{path}mean"]
            variance = self.statistics[f"{path}variance"]
        factor = lax.rsqrt(variance + NORM_EPSILON) * self.weights[f"{path}scale"]
        return (x - mean) * factor + self.weights[f"{path}shift"]

    def _batch_statistics(self, x):
        if "sums" in self.words:
            count = x.size // x.shape[-1]
            share, rows = jnp.full((count,), 1 / count, x.dtype), x.reshape(count, -1)
            mean, square = share @ rows, share @ (rows * rows)
        else:
            mean, square = x.mean((0, 1, 2)), (x * x).mean((0, 1, 2))
        return mean, square - mean * mean

    def _recurrent(self, layer: Recurrent, path: str, x):
        given = self.dense(f"{path}input.", jnp.swapaxes(x, 0, 1))
        zeros = jnp.zeros((x.shape[0], layer.hidden), x.dtype)
        if layer.kind == "lstm":

            def step(carry, given):
                h, c = carry
                gates = given + self.dense(f"{path}state.", h)
                i, f, g, o = jnp.split(gates, 4, 1)
                c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
                return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

            return lax.scan(step, (zeros, zeros), given)[0][0]

        def step(h, given):
            xr, xz, xn = jnp.split(given, 3, 1)
            hr, hz, hn = jnp.split(self.dense(f"{path}state.", h), 3, 1)
            r, z = jax.nn.sigmoid(xr + hr), jax.nn.sigmoid(xz + hz)
            n = jnp.tanh(xn + r * hn)
            return n + z * (h - n), None

        return lax.scan(step, zeros, given)[0]

    def _block(self, layer: Block, path: str, x):
        batch, steps, width = x.shape
        depth = width // layer.heads
        qkv = self.dense(f"{path}qkv.", self.layer_norm(f"{path}norm1.", x))
        q, k, v = jnp.moveaxis(qkv.reshape(batch, steps, 3, layer.heads, depth), 2, 0)
        scores = jnp.einsum("bthd,bshd->bhts", q, k) * depth**-0.5
        mask = jnp.tril(jnp.ones((steps, steps), bool))
        seen = jax.nn.softmax(jnp.where(mask, scores, -1e30), -1)
        mixed = jnp.einsum("bhts,bshd->bthd", seen, v).reshape(x.shape)
        x = x + self.dense(f"{path}out.", mixed)
        hidden = self.dense(f"{path}up.", self.layer_norm(f"{path}norm2.", x))
        return x + self.dense(f"{path}down.", jax.nn.gelu(hidden, approximate=True))


def _convolution(layer: Convolution, weight, x, words: tuple[str, ...]):
    if layer.kernel == (1, 1) and layer.stride == 1:
        return x @ weight[0, 0]
    if layer.depthwise and "shifted" in words:
        rows, columns, _ = layer.output(x.shape[1:])
        padded = jnp.pad(x, ((0, 0), *layer.padding, (0, 0)))
        step = layer.stride
        return sum(
            padded[:, i : i + rows * step : step, j : j + columns * step : step] * weight[i, j, 0]
            for i in range(layer.kernel[0])
            for j in range(layer.kernel[1])
        )
    return lax.conv_general_dilated(
        x, weight, (layer.stride, layer.stride), layer.padding,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=layer.filters if layer.depthwise else 1,
    )  # fmt: skip


def _pool(x):
    """Faster than a reduce_window."""
    batch, rows, columns, channels = x.shape
    x = x.reshape(batch, rows // 2, 2, columns // 2, 2, channels)
    upper = jnp.maximum(x[:, :, 0, :, 0], x[:, :, 0, :, 1])
    return jnp.maximum(upper, jnp.maximum(x[:, :, 1, :, 0], x[:, :, 1, :, 1]))
