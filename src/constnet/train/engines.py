"""Which engine runs a step: the compiled one, or the interpreter where no compiler is found."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Literal

from constnet.runtime.engine import NativeEngine
from constnet.runtime.predictor import NativePredictor
from constnet.runtime.toolchain import find_compiler
from constnet.train.interpreter_engine import InterpreterEngine, InterpreterPredictor

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from constnet.ir.graph import Graph
    from constnet.runtime.batches import Batches, Feed
    from constnet.train.engine import Engine, Predictor
    from constnet.train.step import StepGraph


def make_engine(
    full: StepGraph,
    partial: StepGraph | None,
    feeds: Sequence[Feed],
    batches: Batches | None,
    state: dict[str, np.ndarray],
    numerics: Literal["fma", "exact"],
) -> Engine:
    """An engine for these steps over these tables."""
    compiler = find_compiler()
    if compiler is None:
        _warn_once()
        return InterpreterEngine(full, partial, feeds, batches, state)
    return NativeEngine(full, partial, feeds, batches, state, numerics, compiler)


def make_predictor(
    graph: Graph, state: dict[str, np.ndarray], numerics: Literal["fma", "exact"]
) -> Predictor:
    """The network as a function from its batch arrays to its outputs."""
    compiler = find_compiler()
    if compiler is None:
        _warn_once()
        return InterpreterPredictor(graph, state)
    return NativePredictor(graph, state, numerics, compiler)


@functools.lru_cache(maxsize=1)
def _warn_once() -> None:
    warnings.warn(
        "no C compiler was found, so constnet runs on its NumPy interpreter: right, in exact "
        "numerics, but some hundred times slower. `pip install ziglang` (or install gcc or clang) "
        "mends it; `constnet doctor` says what was looked for.",
        stacklevel=3,
    )
