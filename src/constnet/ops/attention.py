"""Scaled dot-product attention, composed so that no (time x time) matrix of a batch is kept.

A map over pairs of (sample, key head), and inside it over blocks of query rows: the weights of one
block exist at a time, and the gradient computes them again. Keys lie along axis 0 of the weights,
so that their sums ascend over the keys whatever the number of keys: keys that are masked away add
exact zeros, and a step over a cache of any capacity has the bits of the whole sequence.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from constnet.errors import DTypeError, ShapeError
from constnet.ops.comparison import where
from constnet.ops.composite import max, pad, sum, take
from constnet.ops.conversion import stop_gradient
from constnet.ops.creation import arange
from constnet.ops.lifting import lift, lift_one
from constnet.ops.movement import expand_dims, reshape, swapaxes
from constnet.ops.scan import scan
from constnet.ops.transcendental import exp

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor, TensorLike

Dropout = Callable[["Tensor", "Tensor"], "Tensor"]
_Step = tuple[tuple["Tensor", ...], tuple["Tensor", ...]]
_RANK = 4
_MOST_ROWS = 128
_BLOCK_ROWS = 64


@dataclass(frozen=True, slots=True)
class _Rules:
    """Which query may look at which key, and what befalls the weights of a block."""

    causal: bool
    mask: Tensor | None
    mask_extents: tuple[int, ...]
    heads: int
    group: int
    length: int
    dropout: Dropout | None


def attention(
    q: TensorLike,
    k: TensorLike,
    v: TensorLike,
    *,
    causal: bool = False,
    mask: TensorLike | None = None,
    scale: float | None = None,
    dropout: Dropout | None = None,
) -> Tensor:
    """`softmax(q k^T * scale) v` for each sample and head; zeros where a query may see no key.

    Args:
        q: queries (N, heads, T, units).
        k: keys (N, key heads, S, units); the number of heads is a multiple of that of key heads,
            and each key head serves as many query heads that follow one another.
        v: values (N, key heads, S, value units).
        causal: query t sees keys 0 to t; then T equals S.
        mask: bools that broadcast to (N, heads, T, S), True where a query may look.
        scale: 1 / sqrt(units) by default.
        dropout: a function of the weights of a block (keys, queries), before they are divided by
            their sum, and of the block's number (int32), that returns the weights to use.

    Returns:
        (N, heads, T, value units)

    **Source:** Vaswani et al. (2017), Attention is all you need, equation 1; Ainslie et al. (2023),
    GQA, for fewer key heads than heads.
    """
    q, k, v = lift("attention", q, k, v)
    _check(q, k, v, causal=causal)
    samples, heads, length, units = q.shape
    key_heads, keys = k.shape[1:3]
    pairs, rows = samples * key_heads, heads // key_heads * length
    view = None if mask is None else _checked_mask(mask, (samples, heads, length, keys))
    rules = _Rules(
        causal=causal,
        mask=None if view is None else reshape(view, (-1, keys if view.shape[3] > 1 else 1)),
        mask_extents=() if view is None else view.shape,
        heads=key_heads,
        group=heads // key_heads,
        length=length,
        dropout=dropout,
    )
    factor = 1.0 / math.sqrt(units) if scale is None else scale
    stacks = (
        reshape(q * factor, (pairs, rows, units)),
        reshape(k, (pairs, keys, units)),
        reshape(v, (pairs, keys, v.shape[3])),
        arange(pairs),
    )

    def pair(_carry: tuple[Tensor, ...], items: tuple[Tensor, ...]) -> _Step:
        return (), (_rows_of_pair(rules, *items),)

    _, (y,) = scan(pair, (), stacks, recompute=rows <= _MOST_ROWS)
    return reshape(y, (samples, heads, length, v.shape[3]))


def _rows_of_pair(rules: _Rules, q: Tensor, k: Tensor, v: Tensor, pair: Tensor) -> Tensor:
    """All queries of one pair: at once if they are few, else block by block."""
    rows, units = q.shape
    if rows <= _MOST_ROWS:
        return _attend(rules, q, k, v, arange(rows), pair, pair)
    blocks = -(-rows // _BLOCK_ROWS)
    filled = pad(q, ((0, blocks * _BLOCK_ROWS - rows), (0, 0)))
    stacks = (
        reshape(filled, (blocks, _BLOCK_ROWS, units)),
        reshape(arange(blocks * _BLOCK_ROWS), (blocks, _BLOCK_ROWS)),
        arange(blocks),
    )

    def block(_carry: tuple[Tensor, ...], items: tuple[Tensor, ...]) -> _Step:
        queries, numbers, block = items
        return (), (_attend(rules, queries, k, v, numbers, pair, pair * blocks + block),)

    _, (y,) = scan(block, (), stacks, recompute=True)
    return reshape(y, (blocks * _BLOCK_ROWS, v.shape[1]))[:rows]


def _attend(
    rules: _Rules, q: Tensor, k: Tensor, v: Tensor, rows: Tensor, pair: Tensor, block: Tensor
) -> Tensor:
    """The queries of one block, whose numbers among those of the pair are `rows`."""
    scores = k @ swapaxes(q, 0, 1)
    allowed = _allowed(rules, rows, pair, k.shape[0])
    if allowed is not None:
        scores = where(allowed, scores, -np.inf)
    top = stop_gradient(max(scores, 0, keepdims=True))
    if rules.mask is not None:  # a query that sees nothing has no maximum
        top = where(top < float(np.finfo(q.dtype.name).min), 0.0, top)
    weights = exp(scores - top)
    total = sum(weights, 0)
    if rules.mask is not None:
        total = where(total > 0, total, 1.0)
    if rules.dropout is not None:
        weights = rules.dropout(weights, block)
    return (swapaxes(weights, 0, 1) @ v) / expand_dims(total, -1)


def _allowed(rules: _Rules, rows: Tensor, pair: Tensor, keys: int) -> Tensor | None:
    """Bools (keys, queries), or with one column where all queries see the same; None: all."""
    found = None if rules.mask is None else swapaxes(_lines(rules, rules.mask, rows, pair), 0, 1)
    if rules.causal:
        before = expand_dims(arange(keys), -1) <= expand_dims(rows % rules.length, 0)
        found = before if found is None else before & found
    return found


def _lines(rules: _Rules, mask: Tensor, rows: Tensor, pair: Tensor) -> Tensor:
    """The lines of the mask for these queries, or the one for all of them."""
    samples, heads, lengths, _ = rules.mask_extents
    if mask.shape[0] == 1:
        return mask
    line = pair // rules.heads * (heads * lengths) if samples > 1 else pair * 0
    if heads > 1:
        head = pair % rules.heads * rules.group + rows // rules.length
        line = line + head * lengths
    if lengths > 1:
        line = line + rows % rules.length
    return take(mask, reshape(line, -1), 0)


def _checked_mask(mask: TensorLike, wanted: tuple[int, ...]) -> Tensor:
    """A mask of four axes, each 1 or what it is masking."""
    tensor = lift_one(mask)
    if tensor.dtype.kind != "bool":
        message = (
            f"[attention] the mask is {tensor.type}; it is of bools, True where a query may look. "
            "Use `.astype(bool)`."
        )
        raise DTypeError(message)
    shape = (1,) * (_RANK - tensor.rank) + tensor.shape
    fits = len(shape) == _RANK and all(
        have in (1, want) for have, want in zip(shape, wanted, strict=True)
    )
    if not fits:
        message = (
            f"[attention] the mask is {tensor.type} and does not broadcast to (samples, heads, "
            f"queries, keys) = {wanted}. Make each extent 1 or the wanted one."
        )
        raise ShapeError(message)
    return reshape(tensor, shape)


def _check(q: Tensor, k: Tensor, v: Tensor, *, causal: bool) -> None:
    """Refuse shapes that do not belong together."""
    facts = f"q {q.type}, k {k.type} and v {v.type}"
    if not q.rank == k.rank == v.rank == _RANK:
        message = f"[attention] got {facts}; each has four axes: (samples, heads, length, units)."
        raise ShapeError(message)
    if not q.dtype.is_float:
        message = f"[attention] got {facts}; they must be floats. Use `.astype('float32')`."
        raise DTypeError(message)
    agrees = q.shape[0] == k.shape[0] == v.shape[0] and k.shape[1:3] == v.shape[1:3]
    if not agrees or q.shape[3] != k.shape[3] or q.shape[1] % k.shape[1]:
        message = (
            f"[attention] got {facts}: samples, units of q and k, heads and length of k and v must "
            "agree, and the heads of q be a multiple of those of k. Reshape them."
        )
        raise ShapeError(message)
    if causal and q.shape[2] != k.shape[2]:
        message = (
            f"[attention] causal needs as many queries as keys, got {facts}. Say with `mask` which "
            "keys a query sees."
        )
        raise ShapeError(message)
