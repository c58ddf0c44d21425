"""Sample arrays for records: spread over a range, the same in every run, cheap to make."""

from __future__ import annotations

import math

import numpy as np

_GOLDEN = 0.6180339887498949


def spread(
    *shape: int, low: float = -2.0, high: float = 2.0, phase: float = 0.25, dtype: str = "float32"
) -> np.ndarray:
    """Numbers of a low-discrepancy sequence between `low` and `high`; no two are close."""
    steps = np.arange(1, math.prod(shape) + 1)
    unit = np.mod(steps * _GOLDEN + phase, 1.0)
    return (low + (high - low) * unit).astype(dtype).reshape(shape)
