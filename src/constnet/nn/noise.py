"""Noise while training: `GaussianNoise` adds it, `GaussianDropout` multiplies by it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from constnet.nn import argument, random
from constnet.nn.layer import ShapeKeeping, is_training

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor


class GaussianNoise(ShapeKeeping):
    """Adds normal noise in training; otherwise returns its input.

    Formula:
        y = x + stddev * n, n standard normal, new for each element and step

    Args:
        stddev: standard deviation of the noise, at least 0.
    """

    is_stepwise = True

    def __init__(self, stddev: float) -> None:
        self.stddev = argument.number("GaussianNoise", "stddev", stddev, low=0.0)

    def call(self, x: Tensor) -> Tensor:
        """Add noise in training."""
        if not is_training() or self.stddev == 0.0:
            return x
        return x + random.normal(x.shape, dtype=x.dtype) * self.stddev


class GaussianDropout(ShapeKeeping):
    """Multiplies by normal noise of mean 1 in training; otherwise returns its input.

    Formula:
        y = x * (1 + sqrt(rate / (1 - rate)) * n), n standard normal: mean and variance of the
        factor are those of `Dropout(rate)`

    Args:
        rate: from 0 to below 1.

    Source:
        Srivastava et al. (2014), Dropout, section 10.
    """

    is_stepwise = True

    def __init__(self, rate: float) -> None:
        self.rate = argument.number("GaussianDropout", "rate", rate, 0.0, 1.0 - 2.0**-20)

    def call(self, x: Tensor) -> Tensor:
        """Multiply by noise in training."""
        if not is_training() or self.rate == 0.0:
            return x
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        return x * (random.normal(x.shape, dtype=x.dtype) * stddev + 1.0)
