"""Prediction: rows in, outputs out, through programs compiled for a few batch sizes.

Rows are independent, so n rows run as blocks of at most 256 and a rest that is filled up to a power
of two: at most nine programs serve every n, and a row's answer does not depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from constnet.dtypes import as_dtype
from constnet.ir.types import TensorType
from constnet.nn.embedding import token_limits
from constnet.nn.parameter import Parameter
from constnet.train.engines import make_predictor
from constnet.train.step import build_predict

if TYPE_CHECKING:
    from constnet.ir.graph import Graph
    from constnet.train.engine import Numerics, Predictor
    from constnet.train.store import Store

Array = np.ndarray[Any, np.dtype[Any]]
BLOCK_ROWS = 256

Known = tuple[tuple[int, ...], np.dtype[Any], int, Callable[[Array], Array]]
"""Shape, dtype, `Parameter.assignments` when it was found, and the call itself."""


class Predictors:
    """The compiled programs of one model by batch size and input dtypes."""

    def __init__(self, store: Store, numerics: Numerics) -> None:
        self._store = store
        self._numerics: Numerics = numerics
        self._made: dict[tuple[int, tuple[str, ...]], Predictor] = {}
        self._quick: dict[tuple[tuple[int, ...], np.dtype[Any]], Callable[[Array], Array]] = {}
        self._has_tokens = any(token_limits(store.recipe.net))  # they are checked at every call

    def get(self, rows: int, dtypes: tuple[str, ...]) -> Predictor:
        """The program for batches of exactly `rows`."""
        key = (rows, dtypes)
        if key not in self._made:
            graph = predict_graph(self._store, rows, dtypes)
            self._made[key] = make_predictor(graph, self._store.arrays, self._numerics)
        return self._made[key]

    def remember(self, x: Array) -> None:
        """Let a later array of this shape go straight to its program, if there is one for it."""
        net = self._store.recipe.net
        predictor = self._made.get((x.shape[0], (x.dtype.name,))) if x.shape else None
        is_plain = len(net.input_shapes) == len(net.output_shapes) == 1 and not self._has_tokens
        if is_plain and predictor is not None and x.shape[1:] == net.input_shapes[0]:
            self._quick[x.shape, x.dtype] = predictor.single

    def known(self, x: object) -> Known | None:
        """What answers arrays like `x` while no parameter is given another array."""
        if not isinstance(x, np.ndarray) or not self._store.is_bound():
            return None
        array = cast("Array", x)
        quick = self._quick.get((array.shape, array.dtype))
        if quick is None:
            return None
        return array.shape, array.dtype, Parameter.assignments, quick

    def run(self, xs: tuple[Array, ...], block: int | None = None) -> tuple[Array, ...]:
        """The outputs of any number of rows."""
        size = BLOCK_ROWS if block is None else block
        names = tuple(x.dtype.name for x in xs)
        count = len(xs[0])
        parts: list[tuple[Array, ...]] = []
        for begin in range(0, count, size):
            rows = min(size, count - begin)
            block_xs = [x[begin : begin + rows] for x in xs]
            filled = size if rows == size else min(size, 1 << (rows - 1).bit_length())
            if filled > rows:
                block_xs = [_fill(x, filled) for x in block_xs]
            outputs = self.get(filled, names)(*block_xs)
            parts.append(tuple(output[:rows] for output in outputs))
        if len(parts) == 1:
            return parts[0]
        return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))


def predict_graph(store: Store, rows: int, dtypes: tuple[str, ...]) -> Graph:
    """The graph of a batch; one dtype per input, or one for all."""
    shapes = store.recipe.net.input_shapes
    each = dtypes * len(shapes) if len(dtypes) == 1 else dtypes
    types = [
        TensorType((rows, *shape), as_dtype(dtype))
        for shape, dtype in zip(shapes, each, strict=True)
    ]
    return build_predict(store.recipe, types)


def _fill(x: Array, rows: int) -> Array:
    """`x` with its last row repeated up to `rows`."""
    return np.concatenate([x, np.repeat(x[-1:], rows - len(x), axis=0)])
