"""Maxima of windows, and what their gradient is made of.

max_pool              the largest element of each window
max_pool_position     where that one is: int32, row-major in the window, the first of equals
max_pool_gather       the element of each window at a given position: max_pool, differentiated
max_pool_scatter      its transpose: each element the sum of the windows that point at it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from constnet import dtypes
from constnet.errors import DTypeError, ShapeError
from constnet.ir.types import TensorType
from constnet.loopir.types import select
from constnet.ops import nest
from constnet.ops.indexing import number_of
from constnet.ops.op import NoGradient, Op, Read, Reject, Sample, register
from constnet.ops.pooling import (
    COVERED,
    DENSE,
    IMAGE,
    IMAGES,
    PLACES,
    PLAIN,
    SMALL,
    WHOLE,
    Covered,
    Windows,
    covered_by,
    element_of,
    infer_pool,
    infer_scatter,
    pairs_of,
    pooled_shape,
    rejects,
    scatter_rejects,
    sweeps_of,
    windows_of,
)
from constnet.ops.samples import spread
from constnet.ops.tensor import Tensor, apply
from constnet.ops.typing_rules import Types, need_count

if TYPE_CHECKING:
    from constnet.loopir.types import Expr
    from constnet.ops.nest import Index

Tensors = tuple[Tensor, ...]


def _need_positions(op: str, positions: TensorType, shape: tuple[int, ...]) -> None:
    if positions.dtype != dtypes.int32:
        message = f"[{op}] positions must be int32, got {positions}. Use `max_pool_position`."
        raise DTypeError(message)
    if positions.shape != shape:
        message = (
            f"[{op}] positions are {positions}, but there are {shape} windows. Give one position "
            "for each window."
        )
        raise ShapeError(message)


def _infer_position(attrs: Windows, types: Types) -> Types:
    (pooled,) = infer_pool("max_pool_position", attrs, types)
    return (TensorType(pooled.shape, dtypes.int32),)


def _infer_gather(attrs: Windows, types: Types) -> Types:
    need_count("max_pool_gather", types, 2)
    made = infer_pool("max_pool_gather", attrs, types[:1])
    _need_positions("max_pool_gather", types[1], made[0].shape)
    return made


def _infer_max_scatter(attrs: Covered, types: Types) -> Types:
    need_count("max_pool_scatter", types, 2)
    made = infer_scatter("max_pool_scatter", attrs, types)
    _need_positions("max_pool_scatter", types[1], types[0].shape)
    return made


def _largest(attrs: Windows, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The largest element of each window, and its position."""
    shape = pooled_shape(attrs, TensorType(x.shape, dtypes.as_dtype(x.dtype)))
    best = np.full(shape, -np.inf, x.dtype)
    where = np.full(shape, -1, "int32")
    for number, windows, elements in pairs_of(attrs, x.shape[1:-1]):
        element, old, place = x[elements], best[windows], where[windows]
        is_better = (element > old) | np.isnan(element)
        where[windows] = np.where(is_better | (place < 0), number, place)
        best[windows] = np.where(is_better, element, old)
    return best, where


def _max_reference(attrs: Windows, x: np.ndarray) -> np.ndarray:
    return _largest(attrs, x)[0]


def _position_reference(attrs: Windows, x: np.ndarray) -> np.ndarray:
    return _largest(attrs, x)[1]


def _gather_reference(attrs: Windows, x: np.ndarray, positions: np.ndarray) -> np.ndarray:
    total = np.zeros(positions.shape, x.dtype)
    for number, windows, elements in pairs_of(attrs, x.shape[1:-1]):
        chosen = positions[windows] == number
        total[windows] += np.where(chosen, x[elements], x.dtype.type(0))
    return total


def _scatter_reference(attrs: Covered, ct: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Later positions belong to earlier windows: in reverse, windows ascend for each element."""
    total = np.zeros((ct.shape[0], *attrs.extents, ct.shape[-1]), ct.dtype)
    for number, windows, elements in reversed(list(pairs_of(attrs, attrs.extents))):
        chosen = positions[windows] == number
        total[elements] += np.where(chosen, ct[windows], ct.dtype.type(0))
    return total


def _max_vjp(attrs: Windows, x: Tensors, _y: Tensors, ct: Tensors) -> tuple[Tensor]:
    positions = apply("max_pool_position", attrs, x[0])
    return (apply("max_pool_scatter", covered_by(attrs, x[0].shape[1:-1]), ct[0], positions),)


def _gather_vjp(attrs: Windows, x: Tensors, _y: Tensors, ct: Tensors) -> tuple[Tensor, None]:
    return apply("max_pool_scatter", covered_by(attrs, x[0].shape[1:-1]), ct[0], x[1]), None


def _scatter_vjp(attrs: Covered, x: Tensors, _y: Tensors, ct: Tensors) -> tuple[Tensor, None]:
    return apply("max_pool_gather", windows_of(attrs), ct[0], x[1]), None


def _max_nest(attrs: Windows, types: Types) -> nest.Window:
    return nest.Window("max", sweeps_of(attrs, types[0].shape[1:-1]), element_of)


def _position_nest(attrs: Windows, types: Types) -> nest.Window:
    return nest.Window("first", sweeps_of(attrs, types[0].shape[1:-1]), element_of)


def _gather_nest(attrs: Windows, types: Types) -> nest.Window:
    def term(output: Index, source: Index, w: Index, read: Read) -> Expr:
        chosen = read(1, output).eq(number_of(w, attrs.window))
        return select(chosen, read(0, source), 0.0)

    return nest.Window("sum", sweeps_of(attrs, types[0].shape[1:-1]), term)


def _scatter_nest(attrs: Covered, _types: Types) -> nest.Window:
    def term(_output: Index, source: Index, w: Index, read: Read) -> Expr:
        chosen = read(1, source).eq(number_of(w, attrs.window))
        return select(chosen, read(0, source), 0.0)

    return nest.Window("sum", sweeps_of(attrs, attrs.extents), term, transposed=True)


_TIES = np.tile(np.array([0.0, -0.0, 1.0, 1.0, -1.0, 0.5, 1.0], "float32"), 8).reshape(1, 7, 8, 1)
_NAN = np.where(spread(1, 6, 6, 5) > 1, np.float32("nan"), spread(1, 6, 6, 5, phase=0.6))
_DOWN = np.full((1, 4, 4, 2), -np.inf, "float32")
_KINKS = tuple(
    Sample(attrs, (image,), differentiable=False)
    for attrs, image in ((DENSE, _TIES), (PLAIN, _NAN), (DENSE, _NAN), (DENSE, _DOWN))
)


_SAMPLES = tuple(Sample(attrs, (image,)) for attrs, image in IMAGES)
_LARGEST = [(attrs, image, _largest(attrs, image)) for attrs, image in IMAGES]
_NO_POSITIONS = r"positions must be int32, got float32"

register(
    Op(
        "max_pool",
        Windows,
        lambda attrs, types: infer_pool("max_pool", attrs, types),
        _max_reference,
        _max_vjp,
        (*_SAMPLES, *_KINKS),
        rejects(),
        nest=_max_nest,
        doc="The largest element of each window; the gradient goes to the first of equals.",
    )
)

register(
    Op(
        "max_pool_position",
        Windows,
        _infer_position,
        _position_reference,
        NoGradient("a position is piecewise constant"),
        (*_SAMPLES, *_KINKS),
        rejects(),
        nest=_position_nest,
        doc="The position of the largest element in each window, the first of equals.",
    )
)

register(
    Op(
        "max_pool_gather",
        Windows,
        _infer_gather,
        _gather_reference,
        _gather_vjp,
        tuple(Sample(attrs, (image, where)) for attrs, image, (_, where) in _LARGEST),
        (
            *rejects(PLACES),
            Reject(PLAIN, (IMAGE, SMALL), _NO_POSITIONS),
            Reject(PLAIN, (IMAGE, WHOLE), r"but there are \(2, 2, 2, 3\) windows"),
        ),
        nest=_gather_nest,
        doc="The element of each window at a given position; 0 where that is outside the image.",
    )
)

register(
    Op(
        "max_pool_scatter",
        Covered,
        _infer_max_scatter,
        _scatter_reference,
        _scatter_vjp,
        tuple(
            Sample(covered_by(attrs, image.shape[1:-1]), largest)
            for attrs, image, largest in _LARGEST
        ),
        (
            *scatter_rejects(PLACES),
            Reject(COVERED, (SMALL, SMALL), _NO_POSITIONS),
            Reject(COVERED, (SMALL, WHOLE), r"but there are \(2, 2, 2, 3\) windows"),
        ),
        nest=_scatter_nest,
        doc="Each element is the sum of the windows that point at it.",
    )
)
