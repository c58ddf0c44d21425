"""Records what PyTorch's layers compute, for tests that have no PyTorch.

    python -m scripts.record_layer_fixtures

writes tests/fixtures/layers.json in float64. Needs the `bench` extra. Each entry has the layer's
configuration, inputs, parameters, the gradient given to `backward`, and PyTorch's answers.
PyTorch's weight is (units, input_size); it is recorded transposed. Its running variance divides by
count - 1; recorded is the one that divides by the count, as Keras does and as constnet does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Iterator

FIXTURE = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "layers.json"
ROWS = 6


class HardSigmoid(nn.Module):
    """In pieces, because nn.Hardsigmoid multiplies its float64 gradient by a float32 1/6."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply the formula."""
        return nn.functional.relu6(x + 3) / 6


ACTIVATIONS: list[tuple[str, dict[str, Any], nn.Module]] = [
    ("Identity", {}, nn.Identity()),
    ("ReLU", {}, nn.ReLU()),
    ("LeakyReLU", {"negative_slope": 0.3}, nn.LeakyReLU(0.3)),
    ("ELU", {"alpha": 0.7}, nn.ELU(0.7)),
    ("SELU", {}, nn.SELU()),
    ("GELU", {"approximate": False}, nn.GELU()),
    ("GELU", {"approximate": True}, nn.GELU(approximate="tanh")),
    ("SiLU", {}, nn.SiLU()),
    ("Softplus", {}, nn.Softplus()),
    ("Softsign", {}, nn.Softsign()),
    ("Sigmoid", {}, nn.Sigmoid()),
    ("HardSigmoid", {}, HardSigmoid()),
    ("Tanh", {}, nn.Tanh()),
    ("Softmax", {"axis": -1}, nn.Softmax(dim=-1)),
    ("LogSoftmax", {"axis": -1}, nn.LogSoftmax(dim=-1)),
]


def record(
    name: str,
    arguments: dict[str, Any],
    module: nn.Module,
    names: dict[str, str],
    features: int = 5,
) -> dict[str, Any]:
    """One entry; `names` gives PyTorch's name of each of our parameters."""
    module.double().train()
    known = dict(module.named_parameters())
    x = (torch.randn(ROWS, features) * 2).double().requires_grad_()
    y = module(x)
    dy = torch.randn_like(y)
    y.backward(dy)

    def array(ours: str, tensor: torch.Tensor) -> Any:
        return (tensor.T if name == "Dense" and ours == "weight" else tensor).tolist()

    return {
        "config": {"class": name, "arguments": arguments},
        "x": x.tolist(),
        "dy": dy.tolist(),
        "y": y.tolist(),
        "dx": x.grad.tolist(),
        "parameters": {ours: array(ours, known[theirs].data) for ours, theirs in names.items()},
        "gradients": {ours: array(ours, known[theirs].grad) for ours, theirs in names.items()},
    }


def entries() -> Iterator[dict[str, Any]]:
    """All entries."""
    for name, arguments, module in ACTIVATIONS:
        yield record(name, arguments, module, {})
    both = {"weight": "weight", "bias": "bias"}
    yield record("PReLU", {"alpha_initializer": "zeros"}, nn.PReLU(5, 0.2), {"alpha": "weight"})
    yield record("Dense", {"sizes": [5, 3]}, nn.Linear(5, 3), both)
    yield record("Dense", {"sizes": [3], "use_bias": False}, nn.Linear(5, 3, bias=False),
                 {"weight": "weight"})  # fmt: skip
    yield record("LayerNorm", {"epsilon": 1e-3}, randomized(nn.LayerNorm(5, eps=1e-3)), both)
    norm = randomized(nn.BatchNorm1d(5, eps=1e-3, momentum=0.1))
    entry = record("BatchNorm", {"momentum": 0.9, "epsilon": 1e-3}, norm, both)
    variance = (norm.running_var - 0.9) * (ROWS - 1) / ROWS + 0.9
    entry["states"] = {
        "moving_mean": norm.running_mean.tolist(),
        "moving_variance": variance.tolist(),
    }
    x = torch.tensor(entry["x"], dtype=torch.float64)
    entry["y_eval"] = nn.functional.batch_norm(
        x, norm.running_mean, variance, norm.weight, norm.bias, training=False, eps=1e-3
    ).tolist()
    yield entry


def randomized(module: nn.Module) -> nn.Module:
    """The module with weight and bias away from 1 and 0."""
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    return module


def main() -> None:
    """Write the fixture."""
    torch.manual_seed(0)
    FIXTURE.write_text("[" + ",\n ".join(json.dumps(entry) for entry in entries()) + "]\n")
    print("tests/fixtures/layers.json")


if __name__ == "__main__":
    main()
