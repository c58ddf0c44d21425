"""Losses of numbers: how far a prediction lies from its target."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from constnet import ops
from constnet.configurable import require_bool, require_number
from constnet.losses.loss import Loss, check_range, match

if TYPE_CHECKING:
    import numpy as np

    from constnet.ops.tensor import Tensor

EPSILON = 1e-7
"""Smallest value that a logarithm of a prediction is taken of, as in Keras."""


@dataclass(eq=False)
class MeanSquaredError(Loss):
    """Mean of squared differences.

    Formula:
        `(y_pred - y_true)^2`

    Shape:
        `(N, ...)` and `(N, ...)` -> `()`
    """

    def elements(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The squared differences."""
        difference = y_pred - match("MeanSquaredError", y_true, y_pred)
        return difference * difference


@dataclass(eq=False)
class MeanAbsoluteError(Loss):
    """Mean of absolute differences; the gradient at 0 is 0.

    Formula:
        `|y_pred - y_true|`

    Shape:
        `(N, ...)` and `(N, ...)` -> `()`
    """

    def elements(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The absolute differences."""
        return ops.abs(y_pred - match("MeanAbsoluteError", y_true, y_pred))


@dataclass(eq=False)
class Huber(Loss):
    """Squared near the target, absolute far from it.

    Formula:
        with `a = |y_pred - y_true|`: `a^2 / 2` up to `delta`, `delta * (a - delta / 2)` above.

    Args:
        delta: where the parabola becomes a line, in units of y.

    Source:
        P. J. Huber, Robust estimation of a location parameter, 1964.
    """

    delta: float = 1.0

    def __post_init__(self) -> None:
        require_number(self, "delta", self.delta, above=0)

    def elements(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The elements of loss. `q` is `a` on the parabola and `delta` on the line."""
        a = ops.abs(y_pred - match("Huber", y_true, y_pred))
        q = ops.minimum(a, self.delta)
        return q * (a - q * 0.5)


@dataclass(eq=False)
class LogCosh(Loss):
    """Logarithm of the hyperbolic cosine of the difference: a smooth Huber.

    Formula:
        `log(cosh(y_pred - y_true)) = a + log1p(exp(-2 a)) - log 2` with the absolute difference a,
        which does not overflow. The absolute rounding error is about 1e-7 in float32.
    """

    def elements(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The elements of loss."""
        a = ops.abs(y_pred - match("LogCosh", y_true, y_pred))
        return a + ops.log1p(ops.exp(a * -2.0)) - math.log(2.0)


@dataclass(eq=False)
class Quantile(Loss):
    """Pinball loss, whose minimum is the `quantile` of the targets.

    Formula:
        with `e = y_true - y_pred`: `quantile * e` for e > 0, `(quantile - 1) * e` else.

    Args:
        quantile: between 0 and 1, both excluded; 0.5 is half the absolute error.

    Source:
        R. Koenker, G. Bassett, Regression quantiles, 1978.
    """

    quantile: float = 0.5

    def __post_init__(self) -> None:
        require_number(self, "quantile", self.quantile, above=0, below=1)

    def elements(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The elements of loss."""
        error = match("Quantile", y_true, y_pred) - y_pred
        return ops.maximum(error * self.quantile, error * (self.quantile - 1.0))


@dataclass(eq=False)
class Poisson(Loss):
    """Negative log-likelihood of counts, without the term that no prediction changes.

    Formula:
        `y_pred - y_true * log(y_pred + 1e-7)`, or `exp(y_pred) - y_true * y_pred` where the network
        predicts the logarithm of the rate.

    Args:
        log_input: whether `y_pred` is the logarithm of the rate.
    """

    log_input: bool = False

    def __post_init__(self) -> None:
        require_bool(self, log_input=self.log_input)

    def check(self, y_true: np.ndarray, output_shape: tuple[int, ...]) -> None:  # noqa: ARG002
        """Counts are not negative."""
        check_range("Poisson", y_true, 0, math.inf, "Counts cannot be negative.")

    def elements(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The elements of loss."""
        y_true = match("Poisson", y_true, y_pred)
        if self.log_input:
            return ops.exp(y_pred) - y_true * y_pred
        return y_pred - y_true * ops.log(y_pred + EPSILON)


@dataclass(eq=False)
class CosineSimilarity(Loss):
    """Minus the cosine of the angle between target and prediction, along the last axis.

    Formula:
        `-sum(y_true * y_pred) / (|y_true| * |y_pred|)`, with squared lengths of at least 1e-12, so
        that a vector of zeros gives 0.

    Shape:
        `(N, ..., D)` and `(N, ..., D)` -> `()`; -1 is the best, 1 the worst.
    """

    def elements(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Minus the cosine of each vector."""
        y_true = match("CosineSimilarity", y_true, y_pred)
        dot = ops.sum(y_true * y_pred, axis=-1)
        true_square = ops.maximum(ops.sum(y_true * y_true, axis=-1), 1e-12)
        pred_square = ops.maximum(ops.sum(y_pred * y_pred, axis=-1), 1e-12)
        return -(dot / (ops.sqrt(true_square) * ops.sqrt(pred_square)))
