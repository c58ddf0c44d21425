"""Activation functions and other pointwise compositions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from constnet.ops.arithmetic import absolute, floor, relu, sqrt
from constnet.ops.comparison import where
from constnet.ops.composite import clip
from constnet.ops.lifting import lift_one, pointwise
from constnet.ops.transcendental import erf, exp, expm1, log1p, sigmoid, tanh

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor, TensorLike

_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


def square(x: TensorLike) -> Tensor:
    """`x * x`."""
    return pointwise("mul", x, x)


def reciprocal(x: TensorLike) -> Tensor:
    """`1 / x`."""
    return pointwise("div", 1.0, x)


def rsqrt(x: TensorLike) -> Tensor:
    """`1 / sqrt(x)`, rounded twice."""
    return 1.0 / sqrt(x)


def ceil(x: TensorLike) -> Tensor:
    """The smallest whole number not below each element. No gradient."""
    return -floor(-lift_one(x))


def round(x: TensorLike) -> Tensor:
    """The nearest whole number, halves to even, as NumPy does. No gradient."""
    tensor = lift_one(x)
    low = floor(tensor)
    part = tensor - low
    is_odd = low - floor(low * 0.5) * 2.0 > 0.0
    is_up = (part > 0.5) | ((part >= 0.5) & is_odd)
    return where(is_up, low + 1.0, low)


def relu6(x: TensorLike) -> Tensor:
    """`relu` with 6 as its largest value."""
    return clip(relu(x), None, 6.0)


def leaky_relu(x: TensorLike, slope: TensorLike = 0.01) -> Tensor:
    """x above 0, `slope * x` elsewhere."""
    tensor = lift_one(x)
    return where(tensor > 0.0, tensor, tensor * slope)


def elu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """x above 0, `alpha * (exp(x) - 1)` elsewhere."""
    tensor = lift_one(x)
    low = expm1(where(tensor > 0.0, 0.0, tensor))
    return where(tensor > 0.0, tensor, low if alpha == 1.0 else low * alpha)


def selu(x: TensorLike) -> Tensor:
    """The self-normalising ELU.

    **Source:** Klambauer et al., "Self-normalizing neural networks", 2017.
    """
    return elu(x, _SELU_ALPHA) * _SELU_SCALE


def gelu(x: TensorLike, *, approximate: bool = False) -> Tensor:
    """x times the normal distribution function of x; by `tanh` if `approximate`.

    **Source:** Hendrycks and Gimpel, "Gaussian error linear units", 2016.
    """
    tensor = lift_one(x)
    if approximate:
        inner = (tensor + tensor * tensor * tensor * 0.044715) * math.sqrt(2.0 / math.pi)
        return tensor * 0.5 * (tanh(inner) + 1.0)
    return tensor * 0.5 * (erf(tensor * math.sqrt(0.5)) + 1.0)


def silu(x: TensorLike) -> Tensor:
    """`x * sigmoid(x)`, also called swish."""
    tensor = lift_one(x)
    return tensor * sigmoid(tensor)


def softplus(x: TensorLike) -> Tensor:
    """`log(1 + exp(x))`, without overflow."""
    tensor = lift_one(x)
    return relu(tensor) + log1p(exp(-absolute(tensor)))


def log_sigmoid(x: TensorLike) -> Tensor:
    """`log(sigmoid(x))`, without overflow."""
    return -softplus(-lift_one(x))


def softsign(x: TensorLike) -> Tensor:
    """`x / (1 + |x|)`."""
    tensor = lift_one(x)
    return tensor / (absolute(tensor) + 1.0)


def hard_sigmoid(x: TensorLike) -> Tensor:
    """`clip(x / 6 + 1/2, 0, 1)`."""
    return clip(lift_one(x) / 6.0 + 0.5, 0.0, 1.0)


def mish(x: TensorLike) -> Tensor:
    """`x * tanh(softplus(x))`."""
    tensor = lift_one(x)
    return tensor * tanh(softplus(tensor))
