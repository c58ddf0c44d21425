"""A workload's network as a PyTorch module; images go channels first, as PyTorch has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.layers import (
    NORM_EPSILON,
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

if TYPE_CHECKING:
    from benchmarks.workloads import Arrays, Workload

_ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}


class Weights:
    """Parameters and statistics below a path, as tensors in PyTorch's layouts."""

    def __init__(self, arrays: Arrays, path: str = "") -> None:
        self.arrays, self.path = arrays, path

    def below(self, path: str) -> Weights:
        return Weights(self.arrays, self.path + path)

    def array(self, name: str) -> np.ndarray:
        return self.arrays[self.path + name]

    def tensor(self, name: str) -> torch.Tensor:
        return torch.tensor(self.array(name))

    def across(self, name: str) -> torch.Tensor:
        """A matrix as (out, in)."""
        return torch.tensor(np.ascontiguousarray(self.array(name).T))


def _dense(weights: Weights, image: tuple[int, ...] = ()) -> nn.Linear:
    """`image` is the (rows, columns, channels) that were flattened channels first before it."""
    weight = weights.array("weight")
    if image:
        weight = weight.reshape(*image, -1).transpose(2, 0, 1, 3).reshape(weight.shape)
    has_bias = weights.path + "bias" in weights.arrays
    dense = nn.Linear(*weight.shape, bias=has_bias, dtype=torch.tensor(weight).dtype)
    dense.weight.data = torch.tensor(np.ascontiguousarray(weight.T))
    if has_bias:
        dense.bias.data = weights.tensor("bias")
    return dense


def _convolution(layer: Convolution, weights: Weights) -> list[nn.Module]:
    weight = weights.array("weight").transpose(3, 2, 0, 1)
    groups = layer.filters if layer.depthwise else 1
    (top, bottom), (left, right) = layer.padding
    is_even = top == bottom and left == right
    made = nn.Conv2d(
        weight.shape[1] * groups, layer.filters, layer.kernel, layer.stride,
        (top, left) if is_even else 0, groups=groups,
    )  # fmt: skip
    made.weight.data = torch.tensor(np.ascontiguousarray(weight))
    made.bias.data = weights.tensor("bias")
    modules = [] if is_even else [nn.ZeroPad2d((left, right, top, bottom))]
    modules.append(made)
    if layer.norm:
        norm = nn.BatchNorm2d(layer.filters, NORM_EPSILON)
        norm.weight.data, norm.bias.data = weights.tensor("scale"), weights.tensor("shift")
        norm.running_mean, norm.running_var = weights.tensor("mean"), weights.tensor("variance")
        modules.append(norm)
    return modules


class _Residual(nn.Module):
    def __init__(self, layer: Residual, shape: tuple[int, ...], weights: Weights) -> None:
        super().__init__()
        self.body = _sequence(layer.body, shape, weights.below("body."))
        self.shortcut = (
            _sequence(layer.shortcut, shape, weights.below("shortcut."))
            if layer.shortcut
            else nn.Identity()
        )

    def forward(self, x):
        return functional.relu(self.body(x) + self.shortcut(x))


class _GlobalAverage(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class _Recurrent(nn.Module):
    def __init__(self, layer: Recurrent, inputs: int, weights: Weights) -> None:
        super().__init__()
        kind = {"lstm": nn.LSTM, "gru": nn.GRU}[layer.kind]
        self.cells = kind(inputs, layer.hidden, batch_first=True)
        for given, name in (("input", "ih"), ("state", "hh")):
            getattr(self.cells, f"weight_{name}_l0").data = weights.across(f"{given}.weight")
            getattr(self.cells, f"bias_{name}_l0").data = weights.tensor(f"{given}.bias")
        self.cells.flatten_parameters()

    def forward(self, x):
        return self.cells(x)[0][:, -1]


class _Embedding(nn.Module):
    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.table = nn.Parameter(weights.tensor("table"))
        self.position = nn.Parameter(weights.tensor("position"))

    def forward(self, tokens):
        return functional.embedding(tokens, self.table) + self.position


def _layer_norm(weights: Weights) -> nn.LayerNorm:
    scale = weights.tensor("scale")
    norm = nn.LayerNorm(len(scale), NORM_EPSILON)
    norm.weight.data, norm.bias.data = scale, weights.tensor("shift")
    return norm


class _Block(nn.Module):
    def __init__(self, layer: Block, weights: Weights) -> None:
        super().__init__()
        self.heads = layer.heads
        self.norm1 = _layer_norm(weights.below("norm1."))
        self.norm2 = _layer_norm(weights.below("norm2."))
        self.qkv, self.out, self.up, self.down = (
            _dense(weights.below(name)) for name in ("qkv.", "out.", "up.", "down.")
        )

    def forward(self, x):
        batch, steps, width = x.shape
        split = self.qkv(self.norm1(x)).view(batch, steps, 3, self.heads, width // self.heads)
        q, k, v = split.permute(2, 0, 3, 1, 4).unbind(0)
        seen = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(seen.transpose(1, 2).reshape(batch, steps, width))
        return x + self.down(functional.gelu(self.up(self.norm2(x)), approximate="tanh"))


def _modules(layer: Layer, shape: tuple[int, ...], weights: Weights) -> list[nn.Module]:
    match layer:
        case Dense():
            made = [_dense(weights)]
        case Convolution():
            made = _convolution(layer, weights)
        case MaxPool():
            made = [nn.MaxPool2d(2)]
        case GlobalAverage():
            made = [_GlobalAverage()]
        case Flatten():
            made = [nn.Flatten()]
        case Residual():
            made = [_Residual(layer, shape, weights)]
        case Recurrent():
            made = [_Recurrent(layer, shape[-1], weights)]
        case Embedding():
            made = [_Embedding(weights)]
        case LayerNorm():
            made = [_layer_norm(weights)]
        case Block():
            made = [_Block(layer, weights)]
        case _:
            raise NotImplementedError(layer)
    activation = getattr(layer, "activation", None)
    return [*made, _ACTIVATIONS[activation]()] if activation else made


def _sequence(layers: tuple[Layer, ...], shape: tuple[int, ...], weights: Weights):
    modules: list[nn.Module] = []
    image = ()
    for path, layer, inputs in walk(layers, shape):
        if image and isinstance(layer, Dense):
            modules.append(_dense(weights.below(path), image))
            modules += [_ACTIVATIONS[layer.activation]()] if layer.activation else []
        else:
            modules += _modules(layer, inputs, weights.below(path))
        image = inputs if isinstance(layer, Flatten) else ()
    return nn.Sequential(*modules)


def torch_network(workload: Workload) -> nn.Sequential:
    """The network with its initial weights."""
    arrays = workload.initial_weights() | workload.statistics()
    return _sequence(workload.layers, workload.input_shape, Weights(arrays))


def torch_input(workload: Workload, x: np.ndarray) -> torch.Tensor:
    """`x` as the network takes it: images channels first, tokens int64."""
    tensor = torch.tensor(x)
    if workload.takes_tokens:
        return tensor.long()
    return tensor.movedim(-1, -3).contiguous() if workload.takes_images else tensor
