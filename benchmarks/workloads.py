"""The networks that are timed: shapes, data, initial weights and FLOPs, the same for every peer.

A weight is (in, out). Fixed-data workloads keep their batches in memory and take them in order;
`gaussian2d` draws fresh points in every step. Data and weights come from NumPy's generator with
fixed seeds, so that every peer starts from the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

MOMENTUM, BETA_1, BETA_2, EPSILON = 0.9, 0.9, 0.999, 1e-8
DECAY = 1e-4  # sgd_decay: learning rate / (1 + DECAY * step), step = 0, 1, 2, ...


@dataclass(frozen=True)
class Workload:
    """One network with its training rule. `batches` = 0: inputs are drawn inside the step."""

    name: str
    sizes: tuple[int, ...]
    loss: str  # "mse" or "ce" (softmax cross-entropy on logits)
    batch: int
    optimizer: str  # "sgd", "sgd_decay", "momentum" or "adam"
    learning_rate: float
    batches: int
    steps_per_call: int  # JAX: steps in one compiled scan
    activation: str = "relu"
    output_activation: str | None = None
    dtype: str = "float32"
    variants: dict[str, str] = field(default_factory=dict)  # a peer's best setting, by trial

    @property
    def layers(self) -> list[tuple[int, int]]:
        """(inputs, outputs) of each dense layer."""
        return list(pairwise(self.sizes))

    @property
    def parameter_count(self) -> int:
        return sum((i + 1) * o for i, o in self.layers)

    @property
    def flops_per_step(self) -> int:
        """Multiplies and adds of forward, weight gradients and input gradients of one step.

        No gradient into the data; activations, losses and the optimizer are not counted.
        """
        macs = [i * o for i, o in self.layers]
        return 2 * self.batch * (sum(macs) + sum(macs) + sum(macs[1:]))

    @property
    def flops_per_sample(self) -> int:
        """Multiplies and adds of one prediction."""
        return 2 * sum(i * o for i, o in self.layers)

    def data(self) -> tuple[np.ndarray, np.ndarray] | None:
        """(x, y), each with the batch number as first axis; None when points are drawn."""
        if self.batches == 0:
            return None
        if self.name == "xor":
            x = np.array([[[0, 0], [0, 1], [1, 0], [1, 1]]], self.dtype)
            return x, np.array([[[0], [1], [1], [0]]], self.dtype)
        rng = np.random.default_rng(1)
        x = rng.standard_normal((self.batches, self.batch, self.sizes[0])).astype(self.dtype)
        if self.loss == "mse":
            y = rng.standard_normal((self.batches, self.batch, self.sizes[-1]))
            return x, y.astype(self.dtype)
        return x, rng.integers(0, self.sizes[-1], (self.batches, self.batch), dtype=np.int32)

    def initial_weights(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """(weight, bias) of each layer, Glorot uniform and zeros."""
        rng = np.random.default_rng(0)
        pairs = []
        for i, o in self.layers:
            weight = rng.uniform(-1, 1, (i, o)) * np.sqrt(6 / (i + o))
            pairs.append((weight.astype(self.dtype), np.zeros(o, self.dtype)))
        return pairs

    def inference_input(self, batch: int) -> np.ndarray:
        """A batch to predict."""
        rng = np.random.default_rng(2)
        return rng.standard_normal((batch, self.sizes[0])).astype(self.dtype)


# Variants were chosen by trial, each peer by itself: the optimizer's implementation for eager
# PyTorch, the random generator for JAX. Whole-step graphs through torch.func with cpp_wrapper were
# the fastest torch.compile on every workload.
TRAINING = {
    w.name: w
    for w in (
        Workload(
            "xor", (2, 3, 1), "mse", 4, "sgd", 0.1, 1, 50_000, "tanh", "tanh",
            variants={"torch": "loop"},
        ),
        Workload(
            "gaussian2d", (2, 8, 8, 1), "mse", 16, "sgd_decay", 0.1, 0, 20_000,
            variants={"torch": "loop", "jax": "rbg"},
        ),
        Workload(
            "gaussian2d_f64", (2, 8, 8, 1), "mse", 16, "sgd_decay", 0.1, 0, 20_000,
            dtype="float64", variants={"torch": "loop", "jax": "rbg"},
        ),
        Workload("rl_mlp", (10, 32, 32, 1), "mse", 32, "adam", 1e-3, 64, 8_192),
        Workload("mlp_tabular", (64, 128, 128, 10), "ce", 128, "adam", 1e-3, 64, 1_024),
        Workload("mlp_mnist", (784, 512, 512, 10), "ce", 128, "adam", 1e-3, 64, 64),
        Workload("mlp_wide", (1024, 2048, 2048, 1000), "ce", 256, "momentum", 1e-2, 8, 8),
    )
}  # fmt: skip
INFERENCE = ("gaussian2d", "mlp_tabular", "mlp_mnist")


def scaling(width: int, batch: int) -> Workload:
    """A two-hidden-layer network of one width, for the sweep over widths and batches."""
    calls = max(1, min(8_192, 20_000_000_000 // max(1, 18 * batch * width * width)))
    return Workload(
        f"width{width}_batch{batch}", (width, width, width, width), "mse", batch, "sgd",
        1e-4, 2, calls,
    )  # fmt: skip


def find(name: str) -> Workload:
    """A workload by name; `widthW_batchB` is one of the sweep."""
    if name in TRAINING:
        return TRAINING[name]
    width, _, batch = name.removeprefix("width").partition("_batch")
    return scaling(int(width), int(batch))
