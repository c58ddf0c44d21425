"""Values and gradients of losses by PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional

Entry = dict[str, Any]


def losses() -> list[Entry]:
    """Value and gradient of each loss, with and without weights of samples."""
    rng = np.random.default_rng(1)
    weight = [0.5, 2.0, 0.0, 1.0, 3.0]
    return [
        _loss_entry(name, arguments, np.asarray(y_true), np.asarray(y_pred), given, elements)
        for name, arguments, y_true, y_pred, elements in _loss_cases(rng)
        for given in (None, weight)
    ]


def _loss_entry(
    name: str,
    arguments: Entry,
    y_true: np.ndarray,
    y_pred: np.ndarray,
    weight: list[float] | None,
    elements: Any,
) -> Entry:
    prediction = torch.tensor(y_pred, dtype=torch.float64, requires_grad=True)
    rows = elements(torch.tensor(y_true), prediction).reshape(len(y_pred), -1).mean(dim=1)
    loss = (rows if weight is None else rows * torch.tensor(weight, dtype=torch.float64)).mean()
    loss.backward()
    assert prediction.grad is not None
    return {
        "name": name,
        "arguments": arguments,
        "y_true": y_true.tolist(),
        "y_pred": y_pred.tolist(),
        "sample_weight": weight,
        "loss": loss.item(),
        "gradient": prediction.grad.tolist(),
    }


def _loss_cases(rng: np.random.Generator) -> list[tuple[str, Entry, Any, Any, Any]]:
    return [*_regression_cases(rng), *_binary_cases(rng), *_class_cases(rng)]


def _regression_cases(rng: np.random.Generator) -> list[tuple[str, Entry, Any, Any, Any]]:
    y, p = rng.normal(size=(5, 3)) * 2, rng.normal(size=(5, 3)) * 2
    deep_y, deep_p = rng.normal(size=(5, 2, 3)), rng.normal(size=(5, 2, 3))
    counts, rates = rng.poisson(2.0, size=(5, 2)), rng.uniform(0.1, 4, size=(5, 2))

    def pinball(t: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return torch.maximum(0.8 * (t - x), -0.2 * (t - x))

    def mse(t: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return functional.mse_loss(x, t, reduction="none")

    def huber(t: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return functional.huber_loss(x, t, reduction="none", delta=0.7)

    def poisson(log_input: bool) -> Any:
        return lambda t, x: functional.poisson_nll_loss(
            x, t, log_input=log_input, eps=1e-7, reduction="none"
        )

    return [
        ("MeanSquaredError", {}, y, p, mse),
        ("MeanSquaredError", {}, deep_y, deep_p, mse),
        ("MeanAbsoluteError", {}, y, p, lambda t, x: functional.l1_loss(x, t, reduction="none")),
        ("Huber", {"delta": 0.7}, y, p, huber),
        ("LogCosh", {}, y, p, lambda t, x: torch.log(torch.cosh(x - t))),
        ("Quantile", {"quantile": 0.8}, y, p, pinball),
        ("Poisson", {}, counts, rates, poisson(False)),
        ("Poisson", {"log_input": True}, counts, rates, poisson(True)),
        (
            "CosineSimilarity",
            {},
            y,
            p,
            lambda t, x: -functional.cosine_similarity(t, x, dim=-1, eps=1e-12),
        ),
    ]


def _binary_cases(rng: np.random.Generator) -> list[tuple[str, Entry, Any, Any, Any]]:
    yes = rng.integers(0, 2, size=(5, 2))
    logits = np.concatenate([rng.normal(size=(3, 2)) * 3, [[0.0, -0.0], [120.0, -120.0]]])
    shares = rng.uniform(0.05, 0.95, size=(5, 2))
    class_weight = torch.tensor([0.5, 2.0], dtype=torch.float64)

    def from_logits(t: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return functional.binary_cross_entropy_with_logits(x, t.double(), reduction="none")

    def from_shares(t: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return functional.binary_cross_entropy(x, t.double(), reduction="none")

    def hinge(t: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(1 - (2 * t - 1) * x)

    return [
        ("BinaryCrossentropy", {"from_logits": True}, yes, logits, from_logits),
        ("BinaryCrossentropy", {}, yes, shares, from_shares),
        (
            "BinaryCrossentropy",
            {"from_logits": True, "label_smoothing": 0.2},
            yes,
            logits,
            lambda t, x: from_logits(t.double() * 0.8 + 0.1, x),
        ),
        (
            "BinaryCrossentropy",
            {"class_weight": [0.5, 2.0]},
            yes,
            shares,
            lambda t, x: from_shares(t, x) * class_weight[t],
        ),
        ("Hinge", {}, yes, logits, hinge),
        ("SquaredHinge", {}, yes, logits, lambda t, x: hinge(t, x) ** 2),
    ]


def _class_cases(rng: np.random.Generator) -> list[tuple[str, Entry, Any, Any, Any]]:
    labels = np.array([0, 3, 1, 2, 3])
    logits = np.concatenate([rng.normal(size=(4, 4)) * 3, [[500.0, -500.0, 0.0, 499.0]]])
    shares = rng.dirichlet(np.ones(4) * 2, size=5)
    soft = rng.dirichlet(np.ones(4), size=5)
    deep_labels, deep_logits = rng.integers(0, 4, size=(5, 3)), rng.normal(size=(5, 3, 4))
    weights = [0.5, 1.0, 2.0, 3.0]

    def entropy(**options: Any) -> Any:
        if "weight" in options:
            options["weight"] = torch.tensor(options["weight"], dtype=torch.float64)

        def elements(t: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
            scores = x.movedim(-1, 1)
            return functional.cross_entropy(scores, t, reduction="none", **options)

        return elements

    def from_shares(t: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(torch.log(x / x.sum(-1, keepdim=True)), t, reduction="none")

    def divergence(t: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return functional.kl_div(torch.log(x), t, reduction="none").sum(dim=-1)

    smooth = {"from_logits": True, "label_smoothing": 0.1}
    weighted = {"from_logits": True, "class_weight": weights}
    sparse, dense = "SparseCategoricalCrossentropy", "CategoricalCrossentropy"
    return [
        (sparse, {"from_logits": True}, labels, logits, entropy()),
        (sparse, {"from_logits": True}, deep_labels, deep_logits, entropy()),
        (sparse, smooth, labels, logits, entropy(label_smoothing=0.1)),
        (sparse, weighted, labels, logits, entropy(weight=weights)),
        (sparse, {}, labels, shares, from_shares),
        (dense, {"from_logits": True}, soft, logits, entropy()),
        (dense, smooth, soft, logits, entropy(label_smoothing=0.1)),
        (dense, weighted, soft, logits, entropy(weight=weights)),
        (dense, {}, soft, shares, from_shares),
        ("KLDivergence", {}, soft, shares, divergence),
    ]
