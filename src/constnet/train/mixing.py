"""Mixup: each sample of a batch is mixed with another one, inputs and targets alike.

    x' = r x_n + (1 - r) x_m,   loss = r loss(y_n) + (1 - r) loss(y_m),   r of Beta(alpha, alpha)

The partner m stands a random number of rows further on, the same for the batch; r is drawn for each
sample, from a table of quantiles. Targets may be labels: it is their losses that are mixed.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from constnet import ops
from constnet.dtypes import uint8
from constnet.errors import UsageError
from constnet.nn import random
from constnet.train.objective import Batch, Targets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from constnet.dtypes import DType
    from constnet.ops.tensor import Tensor

    Floats = NDArray[np.float64]

_QUANTILES = 1024
_GRID = 20_001


def mix(batch: Batch, alpha: float, dtype: DType) -> Batch:
    """The batch with its samples mixed; metrics compare with the sample of the larger share.

    Args:
        batch: inputs are floats or bytes.
        alpha: of the Beta distribution that shares are drawn from.
        dtype: what the network computes in.

    Raises:
        UsageError: an input holds other whole numbers, such as token ids, which have no mean.
    """
    rows = batch.rows
    if rows == 1:
        return batch
    quantiles = ops.constant(beta_quantiles(alpha, _QUANTILES).astype(dtype.numpy))
    share = ops.take(quantiles, random.integers((rows,), 0, _QUANTILES))
    rest = 1.0 - share
    partner = ops.remainder(ops.arange(rows, dtype="int32") + random.integers((), 1, rows), rows)
    own = Targets(batch.ys, batch.weight, share)
    weight = None if batch.weight is None else ops.take(batch.weight, partner)
    other = Targets(tuple(ops.take(y, partner) for y in batch.ys), weight, rest)
    xs = tuple(_mean(x, ops.take(x, partner), share, dtype) for x in batch.xs)
    is_own = share >= 0.5
    larger = [_choose(is_own, *pair) for pair in zip(own.ys, other.ys, strict=True)]
    if batch.weight is not None and weight is not None:
        weight = _choose(is_own, batch.weight, weight)
    return replace(batch, xs=xs, ys=tuple(larger), weight=weight, mixed=(own, other))


def beta_quantiles(alpha: float, count: int) -> Floats:
    """The middles of `count` equally likely parts of Beta(alpha, alpha), ascending.

    The density is integrated over the lower half, and mirrored. Below alpha = 1 it has a pole at 0,
    which the substitution t = x^alpha takes away.
    """
    chances = (np.arange(count) + 0.5) / count
    lower = chances[: (count + 1) // 2]
    power = min(alpha, 1.0)
    grid: Floats = np.linspace(0.0, math.pow(0.5, power), _GRID)
    places: Floats = np.power(grid, 1.0 / power)
    density: Floats = np.power(1.0 - places, alpha - 1.0)
    if alpha > 1:
        density = density * np.power(4.0 * places, alpha - 1.0)
    total = _integral(grid, density)
    half: Floats = np.power(np.interp(lower, total / total[-1] / 2.0, grid), 1.0 / power)
    return np.concatenate([half, 1.0 - half[: count // 2][::-1]])


def _integral(places: Floats, density: Floats) -> Floats:
    """Of the density from the first place to each."""
    parts = (places[1:] - places[:-1]) * (density[1:] + density[:-1]) / 2.0
    return np.concatenate([np.zeros(1), np.cumsum(parts)])


def _mean(first: Tensor, second: Tensor, share: Tensor, dtype: DType) -> Tensor:
    if not first.dtype.is_float and first.dtype != uint8:
        message = (
            f"mixup takes means of inputs, and an input is {first.type}: whole numbers such as "
            "token ids have no mean. Leave mixup out, or give the network floats or uint8 images."
        )
        raise UsageError(message)
    first, second = ops.cast(first, dtype), ops.cast(second, dtype)
    return second + (first - second) * _beside(share, first)


def _choose(is_first: Tensor, first: Tensor, second: Tensor) -> Tensor:
    return ops.where(_beside(is_first, first), first, second)


def _beside(drawn: Tensor, rows: Tensor) -> Tensor:
    """One value for each row, in the rank of `rows`."""
    return ops.reshape(drawn, (rows.shape[0],) + (1,) * (rows.rank - 1))
