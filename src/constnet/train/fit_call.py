"""From the arguments of `Model.fit` to a `Fit`: defaults, checks, validation, weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict, cast

import numpy as np

from constnet.configurable import is_number
from constnet.errors import DataError, UsageError
from constnet.train.callback import Callback
from constnet.train.fitting import Fit
from constnet.train.plan import Plan, plan_arrays, plan_draws
from constnet.train.progress import reporter
from constnet.train.resume import Recorder
from constnet.train.source import Draws

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from constnet.train.history import History
    from constnet.train.model import Model
    from constnet.train.recipe import Recipe
    from constnet.train.tables import Tables


_WHOLE = (int, np.integer)
_MOST_ALPHA = 100


class Options(TypedDict, total=False):
    """Keyword arguments of `Model.fit`."""

    epochs: int
    batch_size: int | None
    steps: int | None
    validation_data: tuple[object, ...] | None
    validation_split: float
    shuffle: bool
    class_weight: Mapping[int, float] | None
    sample_weight: object | None
    mixup: float | None
    accumulate: int
    initial_epoch: int
    callbacks: Sequence[Callback]
    verbose: int | str
    resume: str | os.PathLike[str] | None


def run(model: Model, x: object, y: object | None, options: Options) -> History:
    """Train `model`; see `Model.fit`."""
    _check_options(options)
    span = (options.get("initial_epoch", 0), options.get("epochs", 1))
    held_out: Tables | None = None
    if isinstance(x, Draws):
        plan = _sampler_plan(model, x, y, options, span)
    else:
        plan, held_out = _array_plan(model, x, y, options, span)
    display = reporter(options.get("verbose", "auto"))
    recipe = _recipe(model, plan, options)
    validate = _validator(model, options, held_out)
    fit = Fit(model, recipe, plan, options.get("callbacks", ()), validate, display)
    resume = options.get("resume")
    try:
        return fit.run(None if resume is None else Recorder(resume))
    finally:
        model.attach(None)


def _recipe(model: Model, plan: Plan, options: Options) -> Recipe:
    """The model's recipe with what this fit alone asks for."""
    parts = options.get("accumulate", 1)
    if plan.batch % parts:
        message = (
            f"fit: accumulate is {parts}, and batch_size {plan.batch} is no multiple of it. Each "
            f"update takes {parts} micro-batches of equal size; use batch_size="
            f"{-(-plan.batch // parts) * parts}, or another accumulate."
        )
        raise UsageError(message)
    return replace(
        model.store().recipe,
        class_weight=_class_weight(options.get("class_weight")),
        mixup=options.get("mixup"),
        micro_rows=None if parts == 1 else plan.batch // parts,
    )


def _check_options(options: Options) -> None:
    unknown = sorted(set(options) - set(Options.__annotations__))
    if unknown:
        known = ", ".join(Options.__annotations__)
        message = f"fit got {unknown}, which it does not know; it takes {known}."
        raise UsageError(message)
    if options.get("validation_data") is not None and options.get("validation_split"):
        message = "fit got validation_data and validation_split; give one of them."
        raise UsageError(message)
    if options.get("verbose", "auto") not in (0, 1, 2, "auto"):
        message = f"fit: verbose is {options.get('verbose')!r}; expected 0, 1, 2 or 'auto'."
        raise UsageError(message)

    for name in ("epochs", "initial_epoch", "batch_size", "steps", "accumulate"):
        value = options.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, _WHOLE)):
            message = f"fit: {name} is {value!r}; expected a whole number."
            raise UsageError(message)
    _check_shares(options)
    for one in cast("Sequence[object]", options.get("callbacks", ())):
        if not isinstance(one, Callback):
            message = (
                f"fit: callbacks has {one!r}; expected objects of constnet.callbacks, such as "
                "EarlyStopping(patience=3). A function goes into LambdaCallback."
            )
            raise UsageError(message)


def _check_shares(options: Options) -> None:
    """Refuse counts and shapes of distributions that mean nothing."""
    if options.get("accumulate", 1) < 1:
        message = f"fit: accumulate is {options.get('accumulate')}; expected at least 1."
        raise UsageError(message)
    alpha = options.get("mixup")
    if alpha is not None and not (is_number(alpha) and 0 < alpha <= _MOST_ALPHA):
        message = (
            f"fit: mixup is {alpha!r}; expected the alpha of a Beta distribution, above 0 and at "
            f"most {_MOST_ALPHA}, such as 0.2."
        )
        raise UsageError(message)


def _array_plan(
    model: Model, x: object, y: object | None, options: Options, span: tuple[int, int]
) -> tuple[Plan, Tables | None]:
    """The plan over arrays, and the rows that validation_split holds back."""
    if y is None:
        message = (
            f"fit got x ({type(x).__name__}) and no y. Pass targets with one row per row of x, or "
            "a constnet.data.Sampler, which draws both."
        )
        raise UsageError(message)
    tables = model.tables(x, y, options.get("sample_weight"))
    held_out = None
    if options.get("validation_split"):
        tables, held_out = tables.split(options.get("validation_split", 0.0))
    plan = plan_arrays(
        tables, options.get("batch_size"), options.get("steps"), span, options.get("shuffle", True)
    )
    return plan, held_out


def _sampler_plan(
    model: Model, draws: Draws, y: object | None, options: Options, span: tuple[int, int]
) -> Plan:
    arrays_only = ("sample_weight", "validation_split", "shuffle")
    refused = [name for name in arrays_only if options.get(name) is not None]
    if y is not None or refused:
        message = (
            f"fit got a Sampler together with {refused or 'y'}, which belong to arrays. A Sampler "
            "draws x and y itself; weigh samples inside its loss, validate with validation_data."
        )
        raise UsageError(message)
    model.check_trainable()
    model.build_for(draws.input_shapes())
    return plan_draws(draws, options.get("batch_size"), options.get("steps"), span)


def _validator(
    model: Model, options: Options, held_out: Tables | None
) -> Callable[[], dict[str, Any]] | None:
    given = options.get("validation_data")
    if given is not None:
        parts = tuple(cast("Sequence[object]", given))
        if len(parts) not in (2, 3):
            message = (
                f"validation_data has {len(parts)} parts; expected (x, y) or (x, y, sample_weight)."
            )
            raise UsageError(message)
        held_out = model.tables(*parts)
    return None if held_out is None else model.evaluator(held_out, None)


def _class_weight(given: Mapping[int, float] | None) -> tuple[float, ...] | None:
    """Weights by label as a table; labels without one weigh 1."""
    if given is None:
        return None
    for label, weight in given.items():
        if type(label) is not int or label < 0 or not weight >= 0:
            message = (
                f"class_weight has {label!r}: {weight!r}; expected labels 0, 1, ... and weights of "
                "at least 0."
            )
            raise UsageError(message)
    if not given:
        message = "class_weight is empty. Leave it out, or give a weight per label: {0: 1.0}."
        raise DataError(message)
    return tuple(float(given.get(label, 1.0)) for label in range(max(given) + 1))
