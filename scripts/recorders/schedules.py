"""Learning rates by PyTorch's schedulers."""

from __future__ import annotations

import math
from typing import Any

import torch

Entry = dict[str, Any]


def schedules() -> list[Entry]:
    """Rates of the first thirty steps, by PyTorch's schedulers."""
    s = torch.optim.lr_scheduler
    return [
        {"name": name, "arguments": arguments, "rates": _rates(make, base)}
        for name, arguments, base, make in (
            ("Constant", {"learning_rate": 0.3}, 0.3, lambda o: s.LambdaLR(o, lambda _: 1.0)),
            (
                "StepDecay",
                {"initial_learning_rate": 0.3, "every": 7, "factor": 0.4},
                0.3,
                lambda o: s.StepLR(o, 7, gamma=0.4),
            ),
            (
                "ExponentialDecay",
                {"initial_learning_rate": 0.3, "decay_rate": 0.9},
                0.3,
                lambda o: s.ExponentialLR(o, 0.9),
            ),
            (
                "ExponentialDecay",
                {
                    "initial_learning_rate": 0.3,
                    "decay_rate": 0.9,
                    "decay_steps": 5,
                    "staircase": True,
                },
                0.3,
                lambda o: s.StepLR(o, 5, gamma=0.9),
            ),
            (
                "InverseTimeDecay",
                {"initial_learning_rate": 0.3, "decay_rate": 0.5, "decay_steps": 4},
                0.3,
                lambda o: s.LambdaLR(o, lambda t: 1 / (1 + 0.5 * t / 4)),
            ),
            (
                "PolynomialDecay",
                {
                    "initial_learning_rate": 0.3,
                    "decay_steps": 20,
                    "end_learning_rate": 0.0,
                    "power": 1.5,
                },
                0.3,
                lambda o: s.PolynomialLR(o, total_iters=20, power=1.5),
            ),
            (
                "PiecewiseConstantDecay",
                {"boundaries": [4, 11], "values": [0.3, 0.1, 0.02]},
                1.0,
                lambda o: s.LambdaLR(o, lambda t: 0.3 if t <= 4 else 0.1 if t <= 11 else 0.02),
            ),
            *_cycle_cases(),
        )
    ]


def _cycle_cases() -> list[tuple[str, Entry, float, Any]]:
    s = torch.optim.lr_scheduler

    def cosine(t: int) -> float:
        return 0.05 + 0.95 * (1 + math.cos(math.pi * min(t, 20) / 20)) / 2

    def warm(t: int) -> float:
        return (0.1 + 0.9 * t / 6) if t < 6 else cosine(t - 6)

    return [
        (
            "CosineDecay",
            {"initial_learning_rate": 0.3, "decay_steps": 20, "alpha": 0.05},
            0.3,
            lambda o: s.LambdaLR(o, cosine),
        ),
        (
            "CosineDecay",
            {
                "initial_learning_rate": 0.03,
                "decay_steps": 20,
                "alpha": 0.05,
                "warmup_target": 0.3,
                "warmup_steps": 6,
            },
            0.3,
            lambda o: s.LambdaLR(o, warm),
        ),
        (
            "CosineDecayRestarts",
            {"initial_learning_rate": 0.3, "first_decay_steps": 4, "alpha": 0.1},
            0.3,
            lambda o: s.CosineAnnealingWarmRestarts(o, T_0=4, T_mult=2, eta_min=0.03),
        ),
        (
            "CosineDecayRestarts",
            {"initial_learning_rate": 0.3, "first_decay_steps": 8, "t_mul": 1.0},
            0.3,
            lambda o: s.CosineAnnealingWarmRestarts(o, T_0=8),
        ),
        (
            "OneCycle",
            {"max_learning_rate": 0.3, "total_steps": 30},
            0.3,
            lambda o: s.OneCycleLR(o, 0.3, total_steps=30),
        ),
    ]


def _rates(make: Any, base: float) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
    scheduler = make(optimizer)
    rates: list[float] = []
    for _ in range(30):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        if len(rates) < 30:
            scheduler.step()
    return rates
