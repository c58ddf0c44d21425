"""A workload's network made of constnet's layers, and which array belongs to which parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

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
    Shape,
    walk,
)
from constnet import nn, ops

if TYPE_CHECKING:
    from benchmarks.workloads import Arrays, Workload
    from constnet.ops.tensor import Tensor

_ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}
_DENSE = {"weight": "weight", "bias": "bias"}
_NORM = {"weight": "scale", "bias": "shift", "moving_mean": "mean", "moving_variance": "variance"}
_RECURRENT = {
    "weight": "input.weight", "bias": "input.bias",
    "recurrent_weight": "state.weight", "recurrent_bias": "state.bias",
}  # fmt: skip
_BLOCK = {
    "attention_norm": ("norm1.", _NORM), "feed_forward_norm": ("norm2.", _NORM),
    "attention.output": ("out.", _DENSE),
    "expand": ("up.", _DENSE), "contract": ("down.", _DENSE),
}  # fmt: skip


class Joined(nn.Layer):
    """relu(body(x) + shortcut(x))."""

    def __init__(self, body: nn.Layer, shortcut: nn.Layer) -> None:
        self.body, self.shortcut = body, shortcut

    def call(self, x: Tensor) -> Tensor:
        return ops.relu(self.body(x) + self.shortcut(x))


class LSTMWithTwoBiases(nn.LSTM):
    """`nn.LSTM` with PyTorch's second bias, so that Adam moves their sum as it does there."""

    def build(self, *shapes: Shape) -> None:
        super().build(*shapes)
        self.recurrent_bias = self.parameter("recurrent_bias", (4 * self.units,), "zeros")

    def _project(self, x: Tensor) -> Tensor:
        return super()._project(x) + self.recurrent_bias.as_tensor(x.trace)


class Network:
    """`net`, and `arrays()` by its own parameter paths once it is built."""

    def __init__(self, workload: Workload) -> None:
        self.given = workload.initial_weights() | workload.statistics()
        self.placed: list[tuple[nn.Layer, Arrays]] = []
        self.net = self._sequence(workload.layers, workload.input_shape, "")

    def arrays(self) -> Arrays:
        """Every parameter and state of the built network."""
        paths = {id(layer): path for path, layer in self.net.walk()}
        return {
            f"{paths[id(layer)]}.{name}": array
            for layer, arrays in self.placed
            for name, array in arrays.items()
        }

    def _named(self, names: dict[str, str], path: str) -> Arrays:
        """The given arrays below `path` by constnet's names, those that there are."""
        named = {own: self.given.get(path + given) for own, given in names.items()}
        return {own: array for own, array in named.items() if array is not None}

    def _with(self, layer: nn.Layer, arrays: Arrays) -> nn.Layer:
        """Note the layer's arrays, by paths below it."""
        self.placed.append((layer, arrays))
        return layer

    def _sequence(self, layers: tuple[Layer, ...], shape: Shape, path: str) -> nn.Layer:
        made: list[nn.Layer] = []
        for below, layer, inputs in walk(layers, shape, path):
            made += self._layers(layer, inputs, below)
            if activation := getattr(layer, "activation", None):
                made.append(_ACTIVATIONS[activation]())
        return nn.Sequential(*made) if made else nn.Identity()

    def _layers(self, layer: Layer, shape: Shape, path: str) -> list[nn.Layer]:
        match layer:
            case Dense():
                dense = nn.Dense(shape[-1], layer.units, use_bias=layer.use_bias)
                return [self._with(dense, self._named(_DENSE, path))]
            case Convolution():
                return self._convolution(layer, path)
            case MaxPool():
                return [nn.MaxPool2D(2)]
            case GlobalAverage():
                return [nn.GlobalAveragePool2D()]
            case Flatten():
                return [nn.Flatten()]
            case Residual():
                body = self._sequence(layer.body, shape, f"{path}body.")
                return [Joined(body, self._sequence(layer.shortcut, shape, f"{path}shortcut."))]
            case Recurrent():
                return [self._recurrent(layer, path)]
            case Embedding():
                table = nn.Embedding(layer.tokens, layer.width)
                rows = {"weight": "position"}
                return [
                    self._with(table, self._named({"weight": "table"}, path)),
                    self._with(nn.LearnedPosition(), self._named(rows, path)),
                ]
            case LayerNorm():
                return [self._with(nn.LayerNorm(NORM_EPSILON), self._named(_NORM, path))]
            case Block():
                return [self._block(layer, path)]
            case _:
                raise NotImplementedError(layer)

    def _convolution(self, layer: Convolution, path: str) -> list[nn.Layer]:
        options = {"strides": layer.stride, "padding": layer.padding}
        arrays = self._named(_DENSE, path)
        if layer.depthwise:
            arrays["weight"] = arrays["weight"].transpose(0, 1, 3, 2)
            made = self._with(nn.DepthwiseConv2D(layer.kernel, **options), arrays)
        else:
            made = self._with(nn.Conv2D(layer.filters, layer.kernel, **options), arrays)
        if not layer.norm:
            return [made]
        norm = nn.BatchNorm(NORM_MOMENTUM, NORM_EPSILON)
        return [made, self._with(norm, self._named(_NORM, path))]

    def _recurrent(self, layer: Recurrent, path: str) -> nn.Layer:
        kind = {"lstm": LSTMWithTwoBiases, "gru": nn.GRU}[layer.kind]
        return self._with(kind(layer.hidden), self._named(_RECURRENT, path))

    def _block(self, layer: Block, path: str) -> nn.Layer:
        """constnet's block, whose queries, keys and values are products of their own."""
        gelu = nn.GELU(approximate=True)
        block = nn.TransformerBlock(
            layer.heads, layer.hidden, activation=gelu, causal=True, epsilon=NORM_EPSILON
        )
        found: Arrays = {}
        for below, (given, names) in _BLOCK.items():
            arrays = self._named(names, path + given)
            found |= {f"{below}.{name}": array for name, array in arrays.items()}
        for name in ("weight", "bias"):
            parts = np.split(self.given[f"{path}qkv.{name}"], 3, axis=-1)
            for own, part in zip(("query", "key", "value"), parts, strict=True):
                found[f"attention.{own}.{name}"] = part
        return self._with(block, found)
