"""Runs one node on arrays, with the bits that compiled code gives in exact mode.

Pointwise operations run their `scalar` expression, so that transcendental functions have the bits
of `softmath`; the others run their NumPy reference, which keeps the order of sums.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from constnet.loopir.evaluate import evaluate
from constnet.loopir.types import Expr, Local
from constnet.ops import op as records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.dtypes import DType
    from constnet.ir.graph import Attrs

Array = np.ndarray


@lru_cache(maxsize=4096)
def scalar_expression(op: str, attrs: Attrs, dtypes: tuple[DType, ...]) -> Expr | None:
    """The expression of a pointwise operation on locals `x0`, `x1`, ...; None for the others."""
    scalar = records.get(op).scalar
    if scalar is None:
        return None
    return scalar(attrs, *(Local(f"x{number}", dtype) for number, dtype in enumerate(dtypes)))


def execute(op: str, attrs: Attrs, dtypes: tuple[DType, ...], arrays: Sequence[Array]) -> Array:
    """The output of one operation. `dtypes` are those of its inputs."""
    expression = scalar_expression(op, attrs, dtypes)
    if expression is None:
        with np.errstate(all="ignore"):
            return np.asarray(records.get(op).reference(attrs, *arrays))
    values: dict[str, Any] = {f"x{number}": array for number, array in enumerate(arrays)}
    return np.asarray(evaluate(expression, values))
