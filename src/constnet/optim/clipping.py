"""Clipping: gradients made shorter before the optimizer sees them, by parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet import ops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.ops.tensor import Tensor


def clip_by_value(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """Each element kept in `-limit .. limit`."""
    return [ops.clip(grad, -limit, limit) for grad in grads]


def clip_by_norm(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """Each gradient scaled so that its Euclidean norm is at most `limit`."""
    return [grad * _factor(_square_norm(grad), limit) for grad in grads]


def clip_by_global_norm(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """All gradients scaled by one factor so that their common norm is at most `limit`.

    Source:
        R. Pascanu, T. Mikolov, Y. Bengio, On the difficulty of training recurrent neural networks,
        2013.
    """
    if not grads:
        return []
    total = _square_norm(grads[0])
    for grad in grads[1:]:
        total = total + _square_norm(grad)
    factor = _factor(total, limit)
    return [grad * factor for grad in grads]


def _square_norm(grad: Tensor) -> Tensor:
    return ops.sum(grad * grad)


def _factor(square_norm: Tensor, limit: float) -> Tensor:
    """`limit / norm` where the norm is above the limit, else exactly 1."""
    norm = ops.sqrt(square_norm)
    return limit / ops.maximum(norm, limit)
