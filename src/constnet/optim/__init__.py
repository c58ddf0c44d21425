"""Optimizers and learning-rate schedules, composed of operations and compiled with the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.configurable import Catalog
from constnet.optim.adam import Adam, AdamW, Nadam
from constnet.optim.adaptive import Adadelta, Adagrad, RMSprop
from constnet.optim.clipping import clip_by_global_norm, clip_by_norm, clip_by_value
from constnet.optim.cycles import CosineDecay, CosineDecayRestarts, OneCycle, Warmup
from constnet.optim.optimizer import Optimizer
from constnet.optim.schedule import Schedule
from constnet.optim.schedules import (
    Constant,
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
    StepDecay,
)
from constnet.optim.sgd import SGD, Lion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Constant",
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "Lion",
    "Nadam",
    "OneCycle",
    "Optimizer",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "RMSprop",
    "Schedule",
    "StepDecay",
    "Warmup",
    "clip_by_global_norm",
    "clip_by_norm",
    "clip_by_value",
    "from_config",
    "get",
    "schedule_from_config",
]

_OPTIMIZERS = (SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, Nadam, Lion)
_CATALOG: Catalog[Optimizer] = Catalog(
    "optimizer", _OPTIMIZERS, {class_.__name__.lower(): class_ for class_ in _OPTIMIZERS}
)
_SCHEDULES: Catalog[Schedule] = Catalog(
    "schedule",
    (
        Constant,
        StepDecay,
        ExponentialDecay,
        InverseTimeDecay,
        PolynomialDecay,
        PiecewiseConstantDecay,
        CosineDecay,
        CosineDecayRestarts,
        OneCycle,
        Warmup,
    ),
    {},
)


def get(given: object) -> Optimizer:
    """The optimizer that an object, a name such as "adam", or a config stands for."""
    return _CATALOG.get(given, Optimizer)


def from_config(config: Mapping[str, object], custom: Sequence[type[Optimizer]] = ()) -> Optimizer:
    """The optimizer that `optimizer.config()` described; `custom` are classes of the user's own."""
    return _CATALOG.from_config(config, custom)


def schedule_from_config(
    config: Mapping[str, object], custom: Sequence[type[Schedule]] = ()
) -> Schedule:
    """The schedule that `schedule.config()` described; `custom` are classes of the user's own."""
    return _SCHEDULES.from_config(config, custom)
