"""Layers as records: shapes, parameters and arithmetic, and nothing of how a library does them.

Every peer walks the same records with the same arrays. Layout: batch first, channels last;
a dense weight is (in, out), a convolution's (rows, columns, in, out), a recurrent one's
(in, gates * hidden) with the gates i, f, g, o or r, z, n. Parameters are named by path:
`3.body.0.weight` is the weight of the first layer in the body of the fourth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

Shape = tuple[int, ...]
Pads = tuple[tuple[int, int], tuple[int, int]]
NORM_EPSILON = 1e-5  # of batch and layer normalization
NORM_MOMENTUM = 0.9  # of the running statistics, share of the old ones


class Layer(Protocol):
    """What a network is made of. Shapes are without the batch axis."""

    def output(self, shape: Shape) -> Shape: ...

    def parameters(self, shape: Shape) -> Iterator[tuple[str, Shape]]: ...

    def macs(self, shape: Shape) -> list[int]: ...


class Shapeless:
    """A layer without parameters and matrix products."""

    def parameters(self, shape: Shape) -> Iterator[tuple[str, Shape]]:
        del shape
        yield from ()

    def macs(self, shape: Shape) -> list[int]:
        del shape
        return []


@dataclass(frozen=True)
class Dense:
    """x @ weight + bias on the last axis, then the activation."""

    units: int
    activation: str | None = None
    use_bias: bool = True

    def output(self, shape: Shape) -> Shape:
        return (*shape[:-1], self.units)

    def parameters(self, shape: Shape) -> Iterator[tuple[str, Shape]]:
        yield "weight", (shape[-1], self.units)
        if self.use_bias:
            yield "bias", (self.units,)

    def macs(self, shape: Shape) -> list[int]:
        return [math.prod(shape) * self.units]


@dataclass(frozen=True)
class Convolution:
    """Convolution of an image, then batch normalization if `norm`, then the activation.

    A depthwise one has as many filters as channels; its weight is (rows, columns, 1, channels).
    """

    filters: int
    kernel: tuple[int, int] = (3, 3)
    stride: int = 1
    padding: Pads = ((1, 1), (1, 1))
    depthwise: bool = False
    norm: bool = True
    activation: str | None = "relu"

    def output(self, shape: Shape) -> Shape:
        extents = [
            (n + sum(pads) - k) // self.stride + 1
            for n, k, pads in zip(shape, self.kernel, self.padding, strict=False)
        ]
        return (*extents, self.filters)

    def parameters(self, shape: Shape) -> Iterator[tuple[str, Shape]]:
        yield "weight", (*self.kernel, 1 if self.depthwise else shape[-1], self.filters)
        yield "bias", (self.filters,)
        if self.norm:
            yield "scale", (self.filters,)
            yield "shift", (self.filters,)

    def macs(self, shape: Shape) -> list[int]:
        depth = 1 if self.depthwise else shape[-1]
        return [math.prod(self.output(shape)) * math.prod(self.kernel) * depth]


@dataclass(frozen=True)
class MaxPool(Shapeless):
    """The largest of each 2 x 2 window."""

    def output(self, shape: Shape) -> Shape:
        return (shape[0] // 2, shape[1] // 2, shape[2])


@dataclass(frozen=True)
class GlobalAverage(Shapeless):
    """The mean of each channel."""

    def output(self, shape: Shape) -> Shape:
        return (shape[-1],)


@dataclass(frozen=True)
class Flatten(Shapeless):
    """Rows, columns, channels as one axis, channels fastest."""

    def output(self, shape: Shape) -> Shape:
        return (math.prod(shape),)


@dataclass(frozen=True)
class Residual:
    """relu(body(x) + shortcut(x)); without layers the shortcut is x."""

    body: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()

    def output(self, shape: Shape) -> Shape:
        return output_shape(self.body, shape)

    def parameters(self, shape: Shape) -> Iterator[tuple[str, Shape]]:
        yield from parameter_shapes(self.body, shape, "body.")
        yield from parameter_shapes(self.shortcut, shape, "shortcut.")

    def macs(self, shape: Shape) -> list[int]:
        return all_macs(self.body, shape) + all_macs(self.shortcut, shape)


@dataclass(frozen=True)
class Recurrent:
    """An LSTM or a GRU over all steps; gives its last hidden state.

    Two biases, one of the input's product and one of the state's, as PyTorch has them; the GRU
    resets after its product.
    """

    kind: str  # "lstm" or "gru"
    hidden: int

    @property
    def gates(self) -> int:
        return {"lstm": 4, "gru": 3}[self.kind]

    def output(self, shape: Shape) -> Shape:
        del shape
        return (self.hidden,)

    def parameters(self, shape: Shape) -> Iterator[tuple[str, Shape]]:
        width = self.gates * self.hidden
        yield "input.weight", (shape[-1], width)
        yield "input.bias", (width,)
        yield "state.weight", (self.hidden, width)
        yield "state.bias", (width,)

    def macs(self, shape: Shape) -> list[int]:
        steps, inputs = shape
        width = steps * self.gates * self.hidden
        return [inputs * width, self.hidden * width]


@dataclass(frozen=True)
class Embedding:
    """Rows of a table by token, plus a learned row for each position."""

    tokens: int
    width: int

    def output(self, shape: Shape) -> Shape:
        return (*shape, self.width)

    def parameters(self, shape: Shape) -> Iterator[tuple[str, Shape]]:
        yield "table", (self.tokens, self.width)
        yield "position", (shape[0], self.width)

    def macs(self, shape: Shape) -> list[int]:
        """A look-up; it stands first, so that all products behind it have an input gradient."""
        del shape
        return [0]


@dataclass(frozen=True)
class LayerNorm:
    """Layer normalization of the last axis."""

    def output(self, shape: Shape) -> Shape:
        return shape

    def parameters(self, shape: Shape) -> Iterator[tuple[str, Shape]]:
        yield "scale", shape[-1:]
        yield "shift", shape[-1:]

    def macs(self, shape: Shape) -> list[int]:
        del shape
        return []


@dataclass(frozen=True)
class Block:
    """A pre-norm transformer block: causal attention, then two dense layers with tanh-GELU.

    x + out(attention(qkv(norm1(x)))), then x + down(gelu(up(norm2(x)))); the columns of `qkv` are
    queries, keys and values, each heads by width.
    """

    heads: int
    hidden: int

    def output(self, shape: Shape) -> Shape:
        return shape

    def dense(self, width: int) -> Iterator[tuple[str, int, int]]:
        """Name, inputs and outputs of each dense layer."""
        yield "qkv", width, 3 * width
        yield "out", width, width
        yield "up", width, self.hidden
        yield "down", self.hidden, width

    def parameters(self, shape: Shape) -> Iterator[tuple[str, Shape]]:
        width = shape[-1]
        for name, inputs, outputs in self.dense(width):
            if name in ("qkv", "up"):
                norm = "norm1" if name == "qkv" else "norm2"
                yield f"{norm}.scale", (width,)
                yield f"{norm}.shift", (width,)
            yield f"{name}.weight", (inputs, outputs)
            yield f"{name}.bias", (outputs,)

    def macs(self, shape: Shape) -> list[int]:
        """Attention counts in full, not halved for causality."""
        steps, width = shape
        products = [steps * inputs * outputs for _, inputs, outputs in self.dense(width)]
        return [products[0], steps * steps * width, steps * steps * width, *products[1:]]


def output_shape(layers: tuple[Layer, ...], shape: Shape) -> Shape:
    """The shape that comes out at the end."""
    for layer in layers:
        shape = layer.output(shape)
    return shape


def walk(layers: tuple[Layer, ...], shape: Shape, path: str = "") -> Iterator:
    """(path ending in a dot, layer, its input shape) of each layer, not going into branches."""
    for number, layer in enumerate(layers):
        yield f"{path}{number}.", layer, shape
        shape = layer.output(shape)


def parameter_shapes(
    layers: tuple[Layer, ...], shape: Shape, path: str = ""
) -> Iterator[tuple[str, Shape]]:
    """Path and shape of every parameter, in the order in which they are drawn."""
    for prefix, layer, inputs in walk(layers, shape, path):
        for name, found in layer.parameters(inputs):
            yield prefix + name, found


def all_macs(layers: tuple[Layer, ...], shape: Shape) -> list[int]:
    """Multiply-adds of each matrix product of one sample."""
    return [count for _, layer, inputs in walk(layers, shape) for count in layer.macs(inputs)]
