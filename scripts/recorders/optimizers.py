"""Parameters under each optimizer by PyTorch; Lion by its paper."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

STEPS = 12
Entry = dict[str, Any]


def optimizers() -> list[Entry]:
    """Parameters after each of twelve steps on given gradients, by PyTorch; Lion by its paper."""
    entries = [
        _optimizer_entry(name, arguments, lambda p, make=make, options=options: make(p, **options))
        for name, arguments, make, options in _optimizer_cases()
    ]
    return [*entries, _lion_entry(), _ema_entry(), *_clipping_entries()]


def _optimizer_cases() -> list[tuple[str, Entry, Any, Entry]]:
    o = torch.optim
    adam = {"betas": (0.8, 0.95), "eps": 1e-6}
    ours = {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-6}
    rms = {"learning_rate": 0.01, "rho": 0.9, "epsilon": 1e-6}
    return [
        ("SGD", {"learning_rate": 0.1}, o.SGD, {"lr": 0.1}),
        ("SGD", {"learning_rate": 0.1, "l2": 0.05}, o.SGD, {"lr": 0.1, "weight_decay": 0.05}),
        ("SGD", {"learning_rate": 0.1, "momentum": 0.9}, o.SGD, {"lr": 0.1, "momentum": 0.9}),
        (
            "SGD",
            {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
            o.SGD,
            {"lr": 0.1, "momentum": 0.9, "nesterov": True},
        ),
        ("Adam", ours, o.Adam, {"lr": 0.01, **adam}),
        ("Adam", {**ours, "amsgrad": True}, o.Adam, {"lr": 0.01, "amsgrad": True, **adam}),
        ("Adam", {**ours, "l2": 0.1}, o.Adam, {"lr": 0.01, "weight_decay": 0.1, **adam}),
        ("Adam", {"epsilon": 1e-8}, o.Adam, {}),
        (
            "AdamW",
            {**ours, "weight_decay": 0.1},
            o.AdamW,
            {"lr": 0.01, "weight_decay": 0.1, **adam},
        ),
        ("Nadam", ours, o.NAdam, {"lr": 0.01, **adam}),
        (
            "Nadam",
            {**ours, "momentum_decay": 0.3},
            o.NAdam,
            {"lr": 0.01, "momentum_decay": 0.3, **adam},
        ),
        ("RMSprop", rms, o.RMSprop, {"lr": 0.01, "alpha": 0.9, "eps": 1e-6}),
        (
            "RMSprop",
            {**rms, "momentum": 0.5, "centered": True},
            o.RMSprop,
            {"lr": 0.01, "alpha": 0.9, "eps": 1e-6, "momentum": 0.5, "centered": True},
        ),
        (
            "Adagrad",
            {"learning_rate": 0.1, "epsilon": 1e-6},
            o.Adagrad,
            {"lr": 0.1, "initial_accumulator_value": 0.1, "eps": 1e-6},
        ),
        (
            "Adadelta",
            {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-6},
            o.Adadelta,
            {"lr": 1.0, "rho": 0.9, "eps": 1e-6},
        ),
    ]


def _start() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    grads = rng.normal(size=(STEPS, 6)) * 10.0 ** rng.uniform(-3, 1, size=(STEPS, 6))
    grads[:, -1] = 0.0  # padding: parameter and gradient both stay 0
    theta = rng.normal(size=6)
    theta[-1] = 0.0
    return theta, grads


def _optimizer_entry(name: str, arguments: Entry, make: Any) -> Entry:
    start, grads = _start()
    theta = torch.tensor(start, requires_grad=True)
    optimizer = make([theta])
    thetas: list[list[float]] = []
    for grad in grads:
        theta.grad = torch.tensor(grad)
        optimizer.step()
        thetas.append(theta.tolist())
    return _trajectory(name, arguments, thetas)


def _trajectory(name: str, arguments: Entry, thetas: list[list[float]]) -> Entry:
    start, grads = _start()
    return {
        "name": name,
        "arguments": arguments,
        "theta": start.tolist(),
        "grads": grads.tolist(),
        "thetas": thetas,
    }


def _lion_entry() -> Entry:
    """Algorithm 2 of Chen et al., 2023, line by line: PyTorch has no Lion."""
    theta, grads = _start()
    momentum, thetas = np.zeros_like(theta), []
    for grad in grads:
        update = np.sign(0.9 * momentum + 0.1 * grad)
        theta = theta - 0.01 * (update + 0.3 * theta)
        momentum = 0.99 * momentum + 0.01 * grad
        thetas.append(theta.tolist())
    return _trajectory("Lion", {"learning_rate": 0.01, "weight_decay": 0.3}, thetas)


def _ema_entry() -> Entry:
    """The averages of `torch.optim.swa_utils` under SGD, under the key "ema"."""
    start, grads = _start()
    module = torch.nn.Linear(6, 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        module.weight.copy_(torch.tensor(start)[None])
    average = torch.optim.swa_utils.AveragedModel(
        module, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.7)
    )
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    thetas: list[list[float]] = []
    averages: list[list[float]] = []
    for grad in grads:
        module.weight.grad = torch.tensor(grad)[None]
        optimizer.step()
        average.update_parameters(module)
        thetas.append(module.weight[0].tolist())
        averages.append(average.module.weight[0].tolist())
    arguments = {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.7}
    return {**_trajectory("SGD", arguments, thetas), "ema": averages}


def _clipping_entries() -> list[Entry]:
    """Two gradients clipped each way, under the keys "before" and "after"."""
    rng = np.random.default_rng(3)
    before = [rng.normal(size=(2, 3)) * 3, rng.normal(size=4) * 0.1]
    entries: list[Entry] = []
    for name, limit in (("clipvalue", 0.5), ("clipnorm", 0.5), ("global_clipnorm", 0.5)):
        params = [torch.zeros(grad.shape, dtype=torch.float64) for grad in before]
        for param, grad in zip(params, before, strict=True):
            param.grad = torch.tensor(grad)
        if name == "clipvalue":
            torch.nn.utils.clip_grad_value_(params, limit)
        groups = [params] if name == "global_clipnorm" else [[param] for param in params]
        for group in groups if name != "clipvalue" else []:
            torch.nn.utils.clip_grad_norm_(group, limit)
        after = [param.grad.tolist() for param in params if param.grad is not None]
        entries.append(
            {
                "name": "clip",
                "arguments": {name: limit},
                "before": [grad.tolist() for grad in before],
                "after": after,
            }
        )
    return entries
