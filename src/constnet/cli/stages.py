"""The prediction program of a model at each stage of the pipeline, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from constnet.train.model import Model

Stage = Literal["graph", "passes", "loops", "c"]


def stage_text(model: Model, stage: Stage, *, batch: int = 1, host: bool = False) -> str:
    """The program that predicts `batch` rows.

    Args:
        model: a built model.
        stage: how far down the pipeline.
        batch: rows of one call.
        host: schedule for this machine (vectors, threads) instead of portable C99.
    """
    from constnet import passes
    from constnet.dtypes import as_dtype
    from constnet.ir.text import to_text
    from constnet.ir.types import TensorType
    from constnet.loopir.text import to_text as program_text
    from constnet.lowering.lower import lower
    from constnet.lowering.target import PORTABLE
    from constnet.runtime.host import host_target
    from constnet.targets.c99.printer import print_program
    from constnet.train.step import build_predict

    dtype = as_dtype(model.dtype)
    recipe = model.store().recipe
    types = [TensorType((batch, *shape), dtype) for shape in recipe.net.input_shapes]
    graph = build_predict(recipe, types)
    if stage == "graph":
        return to_text(graph)
    graph = passes.run(graph)
    if stage == "passes":
        return to_text(graph)
    target = host_target() if host else PORTABLE
    program = lower(graph, target, model.numerics)
    if stage == "loops":
        return program_text(program)
    return print_program(program, prefix="model", dialect="host" if host else "portable")
