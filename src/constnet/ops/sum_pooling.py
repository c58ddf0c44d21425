"""Sums of windows and their transpose: each is the other's gradient."""

from __future__ import annotations

import numpy as np

from constnet import dtypes
from constnet.ir.types import TensorType
from constnet.ops import nest
from constnet.ops.op import Op, Sample, register
from constnet.ops.pooling import (
    IMAGES,
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
from constnet.ops.tensor import Tensor, apply
from constnet.ops.typing_rules import Types, need_count

Tensors = tuple[Tensor, ...]


def _infer_sum_scatter(attrs: Covered, types: Types) -> Types:
    need_count("sum_pool_scatter", types, 1)
    return infer_scatter("sum_pool_scatter", attrs, types)


def _sum_reference(attrs: Windows, x: np.ndarray) -> np.ndarray:
    shape = pooled_shape(attrs, TensorType(x.shape, dtypes.as_dtype(x.dtype)))
    total = np.zeros(shape, x.dtype)
    for _, windows, elements in pairs_of(attrs, x.shape[1:-1]):
        total[windows] += x[elements]
    return total


def _sum_scatter_reference(attrs: Covered, ct: np.ndarray) -> np.ndarray:
    total = np.zeros((ct.shape[0], *attrs.extents, ct.shape[-1]), ct.dtype)
    for _, windows, elements in reversed(list(pairs_of(attrs, attrs.extents))):
        total[elements] += ct[windows]
    return total


def _sum_vjp(attrs: Windows, x: Tensors, _y: Tensors, ct: Tensors) -> tuple[Tensor]:
    return (apply("sum_pool_scatter", covered_by(attrs, x[0].shape[1:-1]), ct[0]),)


def _sum_scatter_vjp(attrs: Covered, _x: Tensors, _y: Tensors, ct: Tensors) -> tuple[Tensor]:
    return (apply("sum_pool", windows_of(attrs), ct[0]),)


def _sum_nest(attrs: Windows, types: Types) -> nest.Window:
    return nest.Window("sum", sweeps_of(attrs, types[0].shape[1:-1]), element_of)


def _sum_scatter_nest(attrs: Covered, _types: Types) -> nest.Window:
    return nest.Window("sum", sweeps_of(attrs, attrs.extents), element_of, transposed=True)


register(
    Op(
        "sum_pool",
        Windows,
        lambda attrs, types: infer_pool("sum_pool", attrs, types),
        _sum_reference,
        _sum_vjp,
        tuple(Sample(attrs, (image,)) for attrs, image in IMAGES),
        rejects(),
        nest=_sum_nest,
        doc="The sum of each window.",
    )
)

register(
    Op(
        "sum_pool_scatter",
        Covered,
        _infer_sum_scatter,
        _sum_scatter_reference,
        _sum_scatter_vjp,
        tuple(
            Sample(covered_by(attrs, image.shape[1:-1]), (_sum_reference(attrs, image),))
            for attrs, image in IMAGES
        ),
        scatter_rejects(),
        nest=_sum_scatter_nest,
        doc="Each element is the sum of the windows that cover it.",
    )
)
