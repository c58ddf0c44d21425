"""Reverse-mode gradients over the graph being traced. Knows no operation by name.

What enters: an output and the tensors to differentiate by, all of one trace. What leaves: their
gradients, as nodes appended to that trace. The walk itself is `ops.pullback`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from constnet.errors import ShapeError, UsageError
from constnet.ops.lifting import filled
from constnet.ops.pullback import pull_back
from constnet.ops.tensor import constant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.ops.tensor import Tensor


def gradients(output: Tensor, wrt: Sequence[Tensor], seed: Tensor | None = None) -> list[Tensor]:
    """The gradient of `output` by each of `wrt`; zeros where none flows.

    Args:
        output: what is differentiated; a scalar unless `seed` is given.
        wrt: tensors of the same trace.
        seed: the cotangent of `output`, 1 by default.

    Raises:
        ShapeError: `output` is no scalar and has no seed, or the seed has another type.
        UsageError: a tensor belongs to another trace, or is not of a float dtype.
    """
    trace = output.trace
    _check(output, wrt, seed)
    if seed is None:
        seed = constant(np.ones((), output.dtype.numpy), trace)
    found = pull_back([output], [seed], wrt, trace)
    return [filled(x, 0) if ct is None else ct for x, ct in zip(wrt, found, strict=True)]


def _check(output: Tensor, wrt: Sequence[Tensor], seed: Tensor | None) -> None:
    if seed is None and output.shape != ():
        message = (
            f"[gradients] {output.value} is {output.type}, not a scalar. Reduce it first, or give "
            "the cotangent as `seed`."
        )
        raise ShapeError(message)
    if seed is not None and seed.type != output.type:
        message = f"[gradients] the seed is {seed.type} and the output {output.type}. Match them."
        raise ShapeError(message)
    for tensor in (output, *wrt):
        if tensor.trace is not output.trace:
            message = f"[gradients] {tensor.value} ({tensor.type}) belongs to another trace"
            raise UsageError(message)
        if not tensor.dtype.is_float:
            message = f"[gradients] {tensor.value} is {tensor.type}; only floats have gradients."
            raise UsageError(message)
