"""constnet's own elementary functions, as straight lines of the loop language.

Each takes expressions of float32 or float64 and returns the `Apply` of a `Function` that is built
once for each dtype. No branches, no tables, no library: in exact mode every target gives the same
bits.
"""

from constnet.loopir.softmath.error_function import erf
from constnet.loopir.softmath.exponential import exp, expm1, sigmoid
from constnet.loopir.softmath.hyperbolic import tanh
from constnet.loopir.softmath.logarithm import log, log1p, softplus
from constnet.loopir.softmath.philox import philox_words
from constnet.loopir.softmath.power import pow
from constnet.loopir.softmath.soft_fma import soft_fma_f32
from constnet.loopir.softmath.trigonometric import cos, cospi, sin, sinpi

__all__ = [
    "cos",
    "cospi",
    "erf",
    "exp",
    "expm1",
    "log",
    "log1p",
    "philox_words",
    "pow",
    "sigmoid",
    "sin",
    "sinpi",
    "soft_fma_f32",
    "softplus",
    "tanh",
]
