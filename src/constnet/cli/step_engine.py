"""The compiled training step of a loaded model over made-up rows, for looking at its speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constnet.lowering.target import Target
    from constnet.runtime.engine import NativeEngine
    from constnet.runtime.toolchain import Compiler
    from constnet.train.model import Model


def step_engine(model: Model, batch: int, compiler: Compiler, target: Target) -> NativeEngine:
    """One thread's engine that trains `model` on `batch` rows of random numbers.

    Labels are all class 0, targets all 1: the work of a step does not depend on them.
    """
    import numpy as np

    from constnet import losses
    from constnet.runtime.engine import NativeEngine
    from constnet.train.plan import plan_arrays
    from constnet.train.step import build_step

    rng = np.random.default_rng(0)
    xs = tuple(
        rng.standard_normal((batch, *shape)).astype(model.dtype) for shape in model.net.input_shapes
    )
    ys = tuple(
        np.zeros((batch, *shape[:-1]), np.int32)
        if isinstance(loss, losses.SparseCategoricalCrossentropy)
        else np.ones((batch, *shape), model.dtype)
        for loss, shape in zip(model.losses, model.net.output_shapes, strict=True)
    )
    plan = plan_arrays(model.tables(xs, ys), batch, None, (0, 1), shuffle=False)
    store = model.store()
    step = build_step(store.recipe, plan.sources()[0])
    names = [value.name for value in step.graph.inputs]
    state = {name: store.arrays[name] for name in names if name in store.arrays}
    feeds = plan.tables.feeds() if plan.tables is not None else ()
    batches = plan.batches(model.seed, store.step)
    return NativeEngine(
        step, None, feeds, batches, state, model.numerics, compiler, threads=1, target=target
    )
