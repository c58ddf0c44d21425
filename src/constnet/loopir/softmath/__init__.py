"""constnet's own elementary functions, as straight lines of the loop language.

Each takes expressions of float32 or float64 and returns the `Apply` of a `Function` that is built
once for each dtype. No branches, no tables, no library: in exact mode every target gives the same
bits. Denormals are kept, infinities and signed zeros are those of C99, NaN stays NaN.

Greatest errors in ulp, in both modes, as the tests hold them: float32 at every argument against
float64 libm (pow by samples), float64 by samples against mpmath.

    function          float32  float64    function        float32  float64
    exp               1.1      1.1        tanh            1.7      1.6
    expm1             1.8      1.6        erf             1.5      1.3
    sigmoid           2.0      2.0        sin, cos        1.6      1.6    |x| <= 2**20
    log               0.9      0.8        sinpi, cospi    1.7      1.5
    log1p             1.5      1.3        pow             0.51     1.1
    softplus          1.8      1.7        soft_fma_f32    0.5
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
