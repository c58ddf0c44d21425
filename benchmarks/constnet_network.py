"""A workload's network made of constnet's layers, and which array belongs to which parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    import numpy as np

    from benchmarks.workloads import Arrays, Workload
    from constnet.ops.tensor import Tensor

_ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}
_NORM_NAMES = {
    "weight": "scale", "bias": "shift", "moving_mean": "mean", "moving_variance": "variance",
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


class Positioned(nn.Layer):
    """Adds a learned row to each position."""

    def build(self, shape: Shape) -> None:
        self.weight = self.parameter("weight", shape, "zeros")

    def call(self, x: Tensor) -> Tensor:
        return x + self.weight.as_tensor(x.trace)


class GPTBlock(nn.Layer):
    """A pre-norm block whose queries, keys and values come from one product."""

    def __init__(self, layer: Block) -> None:
        self.heads, self.hidden = layer.heads, layer.hidden
        self.norm1, self.norm2 = nn.LayerNorm(NORM_EPSILON), nn.LayerNorm(NORM_EPSILON)

    def build(self, shape: Shape) -> None:
        width = shape[-1]
        self.qkv, self.out = nn.Dense(3 * width), nn.Dense(width)
        self.up, self.down = nn.Dense(self.hidden), nn.Dense(width)

    def call(self, x: Tensor) -> Tensor:
        batch, steps, width = x.shape
        split = (batch, steps, 3, self.heads, width // self.heads)
        parts = ops.transpose(ops.reshape(self.qkv(self.norm1(x)), split), (2, 0, 3, 1, 4))
        q, k, v = (ops.squeeze(part, 0) for part in ops.split(parts, 3, axis=0))
        seen = ops.attention(q, k, v, causal=True)
        x = x + self.out(ops.reshape(ops.swapaxes(seen, 1, 2), x.shape))
        return x + self.down(ops.gelu(self.up(self.norm2(x)), approximate=True))


class Network:
    """`net`, and `arrays()` by its own parameter paths once it is built."""

    def __init__(self, workload: Workload) -> None:
        self.given = workload.initial_weights() | workload.statistics()
        self.owners: list[tuple[nn.Layer, str, dict[str, str]]] = []
        self.net = self._sequence(workload.layers, workload.input_shape, "")

    def arrays(self) -> Arrays:
        """Every parameter and state of the built network."""
        paths = {id(layer): path for path, layer in self.net.walk()}
        found: dict[str, np.ndarray] = {}
        for layer, prefix, names in self.owners:
            for own in layer.internals.parameters:
                array = self.given[prefix + names.get(own, own)]
                if isinstance(layer, nn.DepthwiseConv2D) and own == "weight":
                    array = array.transpose(0, 1, 3, 2)
                found[f"{paths[id(layer)]}.{own}"] = array
        return found

    def _own(self, layer: nn.Layer, prefix: str, names: dict[str, str] | None = None) -> nn.Layer:
        """Note where the layer's arrays are found, under which names if they differ."""
        self.owners.append((layer, prefix, names or {}))
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
                return [self._own(dense, path)]
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
                table = self._own(nn.Embedding(layer.tokens, layer.width), path,
                                  {"weight": "table"})  # fmt: skip
                return [table, self._own(Positioned(), path, {"weight": "position"})]
            case LayerNorm():
                return [self._own(nn.LayerNorm(NORM_EPSILON), path, _NORM_NAMES)]
            case Block():
                return [self._block(layer, shape, path)]
            case _:
                raise NotImplementedError(layer)

    def _convolution(self, layer: Convolution, path: str) -> list[nn.Layer]:
        options = {"strides": layer.stride, "padding": layer.padding}
        made = (
            nn.DepthwiseConv2D(layer.kernel, **options)
            if layer.depthwise
            else nn.Conv2D(layer.filters, layer.kernel, **options)
        )
        convolution = self._own(made, path)
        if not layer.norm:
            return [convolution]
        return [convolution, self._own(nn.BatchNorm(NORM_MOMENTUM, NORM_EPSILON), path,
                                       _NORM_NAMES)]  # fmt: skip

    def _recurrent(self, layer: Recurrent, path: str) -> nn.Layer:
        kind = {"lstm": LSTMWithTwoBiases, "gru": nn.GRU}[layer.kind]
        names = {
            "weight": "input.weight", "bias": "input.bias",
            "recurrent_weight": "state.weight", "recurrent_bias": "state.bias",
        }  # fmt: skip
        return self._own(kind(layer.hidden), path, names)

    def _block(self, layer: Block, shape: Shape, path: str) -> nn.Layer:
        block = GPTBlock(layer)
        block.build(shape)
        for name in ("norm1", "norm2"):
            self._own(getattr(block, name), f"{path}{name}.", _NORM_NAMES)
        for name in ("qkv", "out", "up", "down"):
            self._own(getattr(block, name), f"{path}{name}.")
        return block
