"""What is timed: network, data, initial weights and FLOPs, the same for every peer.

Fixed-data workloads keep their batches in memory and take them in order; `gaussian2d` draws fresh
points in every step. Data and weights come from NumPy's generator with fixed seeds, so that every
peer starts from the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

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
    all_macs,
    output_shape,
    parameter_shapes,
)

MOMENTUM, BETA_1, BETA_2, EPSILON = 0.9, 0.9, 0.999, 1e-8
DECAY = 1e-4  # sgd_decay: learning rate / (1 + DECAY * step), step = 0, 1, 2, ...
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Workload:
    """One network with its training rule. `batches` = 0: inputs are drawn inside the step."""

    name: str
    input_shape: tuple[int, ...]
    layers: tuple[Layer, ...]
    loss: str = ""  # "mse", "ce" (softmax cross-entropy on logits), "" where it is only run
    batch: int = 0
    optimizer: str = ""  # "sgd", "sgd_decay", "momentum" or "adam"
    learning_rate: float = 0.0
    batches: int = 0
    steps_per_call: int = 1  # JAX: steps in one compiled scan
    dtype: str = "float32"

    @cached_property
    def output_shape(self) -> tuple[int, ...]:
        return output_shape(self.layers, self.input_shape)

    @property
    def takes_tokens(self) -> bool:
        return isinstance(self.layers[0], Embedding)

    @property
    def takes_images(self) -> bool:
        return len(self.input_shape) == 3

    @property
    def flops_per_step(self) -> int:
        """Multiplies and adds of forward, weight gradients and input gradients of one step.

        No gradient into the data; activations, normalizations, pooling, losses and the optimizer
        are not counted.
        """
        macs = all_macs(self.layers, self.input_shape)
        return 2 * self.batch * (sum(macs) + sum(macs) + sum(macs[1:]))

    @property
    def flops_per_sample(self) -> int:
        """Multiplies and adds of one prediction."""
        return 2 * sum(all_macs(self.layers, self.input_shape))

    def data(self) -> tuple[np.ndarray, np.ndarray] | None:
        """(x, y), each with the batch number as first axis; None when points are drawn."""
        if self.batches == 0:
            return None
        if self.name == "xor":
            x = np.array([[[0, 0], [0, 1], [1, 0], [1, 1]]], self.dtype)
            return x, np.array([[[0], [1], [1], [0]]], self.dtype)
        rng, rows = np.random.default_rng(1), (self.batches, self.batch)
        if self.takes_tokens:
            text = rng.integers(
                0, self.output_shape[-1], (*rows, self.input_shape[0] + 1), dtype=np.int32
            )
            return text[:, :, :-1].copy(), text[:, :, 1:].copy()
        x = rng.standard_normal((*rows, *self.input_shape)).astype(self.dtype)
        if self.loss == "mse":
            return x, rng.standard_normal((*rows, *self.output_shape)).astype(self.dtype)
        return x, rng.integers(0, self.output_shape[-1], rows, dtype=np.int32)

    def initial_weights(self) -> Arrays:
        """Every parameter by path: Glorot uniform, zeros, ones; tables normal with 0.02."""
        rng = np.random.default_rng(0)
        shapes = parameter_shapes(self.layers, self.input_shape)
        return {name: _drawn(rng, name, shape).astype(self.dtype) for name, shape in shapes}

    def statistics(self) -> Arrays:
        """`mean` and `variance` of each batch normalization, by path.

        They play no part in training losses. Drawn, so that a prediction shows who ignores them,
        and small, so that signals reach the output of networks that nobody trained.
        """
        rng, found = np.random.default_rng(3), {}
        for name, shape in parameter_shapes(self.layers, self.input_shape):
            path, _, kind = name.rpartition(".")
            if kind == "scale" and isinstance(_find(self.layers, path), Convolution):
                found[f"{path}.mean"] = rng.normal(0, 0.05, shape).astype(self.dtype)
                found[f"{path}.variance"] = rng.uniform(0.05, 0.15, shape).astype(self.dtype)
        return found

    def folded_weights(self) -> Arrays:
        """The parameters with every batch normalization folded into its convolution."""
        weights, statistics = self.initial_weights(), self.statistics()
        for path in [name.removesuffix("mean") for name in statistics if name.endswith("mean")]:
            root = np.sqrt(statistics[f"{path}variance"] + NORM_EPSILON)
            factor = weights.pop(f"{path}scale") / root
            centered = weights[f"{path}bias"] - statistics[f"{path}mean"]
            weights[f"{path}weight"] = weights[f"{path}weight"] * factor
            weights[f"{path}bias"] = centered * factor + weights.pop(f"{path}shift")
        return weights

    def inference_input(self, batch: int) -> np.ndarray:
        """A batch to predict."""
        rng = np.random.default_rng(2)
        return rng.standard_normal((batch, *self.input_shape)).astype(self.dtype)


def _drawn(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    kind = name.rpartition(".")[2]
    if kind == "weight":
        fans = int(np.prod(shape[:-2])) * (shape[-2] + shape[-1])
        return rng.uniform(-1, 1, shape) * np.sqrt(6 / fans)
    if kind in ("table", "position"):
        return rng.standard_normal(shape) * 0.02
    return np.ones(shape) if kind == "scale" else np.zeros(shape)


def _find(layers: tuple[Layer, ...], path: str) -> Layer:
    """The layer at a path such as `3.body.0`."""
    number, _, rest = path.partition(".")
    layer = layers[int(number)]
    branch, _, rest = rest.partition(".")
    return _find(getattr(layer, branch), rest) if isinstance(layer, Residual) else layer


def dense_network(
    sizes: tuple[int, ...], activation: str = "relu", last: str | None = None
) -> tuple[Layer, ...]:
    """Dense layers between `sizes`, the last with another activation."""
    hidden = tuple(Dense(units, activation) for units in sizes[1:-1])
    return (*hidden, Dense(sizes[-1], last))


def _lenet() -> tuple[Layer, ...]:
    whole = ((0, 0), (0, 0))
    return (
        Convolution(20, (5, 5), padding=whole, norm=False), MaxPool(),
        Convolution(50, (5, 5), padding=whole, norm=False), MaxPool(),
        Flatten(), Dense(500, "relu"), Dense(10),
    )  # fmt: skip


def _residual(filters: int, stride: int) -> Residual:
    body = (Convolution(filters, stride=stride), Convolution(filters, activation=None))
    if stride == 1:
        return Residual(body)
    whole = ((0, 0), (0, 0))
    narrow = Convolution(filters, (1, 1), stride, whole, norm=False, activation=None)
    return Residual(body, (narrow,))


def _resnet8() -> tuple[Layer, ...]:
    blocks = (_residual(16, 1), _residual(32, 2), _residual(64, 2))
    return (Convolution(16), *blocks, GlobalAverage(), Dense(10))


def _separable(
    channels: int, filters: int, stride: int = 1, extent: int = 3
) -> tuple[Layer, Layer]:
    """Depthwise 3 x 3 and pointwise, both normalized; padding as `same` gives it."""
    total = 2 if stride == 1 or extent % 2 else 1
    pads = (total // 2, total - total // 2)
    return (
        Convolution(channels, stride=stride, padding=(pads, pads), depthwise=True),
        Convolution(filters, (1, 1), padding=((0, 0), (0, 0))),
    )


def _dscnn() -> tuple[Layer, ...]:
    first = Convolution(64, (10, 4), 2, ((5, 5), (1, 1)))
    blocks = [layer for _ in range(4) for layer in _separable(64, 64)]
    return (first, *blocks, GlobalAverage(), Dense(12))


def _mobilenet() -> tuple[Layer, ...]:
    """MobileNetV1 with a quarter of the width, the visual wake words model of MLPerf Tiny."""
    layers: list[Layer] = [Convolution(8, stride=2, padding=((0, 1), (0, 1)))]
    channels, extent = 8, 48
    for filters, stride in (
        (16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *[(128, 1)] * 5, (256, 2), (256, 1),
    ):  # fmt: skip
        layers += _separable(channels, filters, stride, extent)
        channels, extent = filters, -(-extent // stride)
    return (*layers, GlobalAverage(), Dense(2))


def _gpt() -> tuple[Layer, ...]:
    return (Embedding(64, 64), Block(4, 256), Block(4, 256), LayerNorm(),
            Dense(64, use_bias=False))  # fmt: skip


_GAUSSIAN = dense_network((2, 8, 8, 1))
_TABULAR, _MNIST = dense_network((64, 128, 128, 10)), dense_network((784, 512, 512, 10))
_WIDE = dense_network((1024, 2048, 2048, 1000))
WORKLOADS = {
    w.name: w
    for w in (
        Workload("xor", (2,), dense_network((2, 3, 1), "tanh", "tanh"), "mse", 4, "sgd", 0.1,
                 1, 50_000),
        Workload("gaussian2d", (2,), _GAUSSIAN, "mse", 16, "sgd_decay", 0.1, 0, 20_000),
        Workload("gaussian2d_f64", (2,), _GAUSSIAN, "mse", 16, "sgd_decay", 0.1, 0, 20_000,
                 "float64"),
        Workload("rl_mlp", (10,), dense_network((10, 32, 32, 1)), "mse", 32, "adam", 1e-3,
                 64, 8_192),
        Workload("mlp_tabular", (64,), _TABULAR, "ce", 128, "adam", 1e-3, 64, 1_024),
        Workload("mlp_mnist", (784,), _MNIST, "ce", 128, "adam", 1e-3, 64, 64),
        Workload("mlp_wide", (1024,), _WIDE, "ce", 256, "momentum", 1e-2, 8, 8),
        Workload("cnn_lenet", (28, 28, 1), _lenet(), "ce", 64, "momentum", 1e-2, 32, 32),
        Workload("resnet8", (32, 32, 3), _resnet8(), "ce", 32, "adam", 1e-3, 32, 16),
        Workload("dscnn", (49, 10, 1), _dscnn(), "ce", 32, "adam", 1e-3, 32, 16),
        Workload("lstm", (64, 16), (Recurrent("lstm", 64), Dense(1)), "mse", 32, "adam", 1e-3,
                 32, 64),
        Workload("gru", (64, 16), (Recurrent("gru", 64), Dense(1)), "mse", 32, "adam", 1e-3,
                 32, 64),
        Workload("transformer", (64,), _gpt(), "ce", 16, "adam", 1e-3, 32, 64),
        Workload("mobilenet", (96, 96, 3), _mobilenet(), "ce", 32, "adam", 1e-3, 4),
        Workload("autoencoder", (640,), dense_network((640, *[128] * 4, 8, *[128] * 4, 640))),
    )
}  # fmt: skip
TRAINING = (
    "xor", "gaussian2d", "gaussian2d_f64", "rl_mlp", "mlp_tabular", "mlp_mnist", "mlp_wide",
    "cnn_lenet", "resnet8", "dscnn", "lstm", "gru", "transformer",
)  # fmt: skip
INFERENCE = ("gaussian2d", "mlp_tabular", "mlp_mnist", "cnn_lenet", "resnet8", "dscnn",
             "mobilenet", "autoencoder", "lstm")  # fmt: skip
COSTED = ("cnn_lenet", "resnet8", "dscnn", "lstm", "gru", "transformer", "mobilenet")


def scaling(width: int, batch: int) -> Workload:
    """A two-hidden-layer network of one width, for the sweep over widths and batches."""
    calls = max(1, min(8_192, 20_000_000_000 // max(1, 18 * batch * width * width)))
    return Workload(
        f"width{width}_batch{batch}", (width,), dense_network((width,) * 4), "mse", batch, "sgd",
        1e-4, 2, calls,
    )  # fmt: skip


def find(name: str) -> Workload:
    """A workload by name; `widthW_batchB` is one of the sweep."""
    if name in WORKLOADS:
        return WORKLOADS[name]
    width, _, batch = name.removeprefix("width").partition("_batch")
    return scaling(int(width), int(batch))
