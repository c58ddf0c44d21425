"""tanh."""

from __future__ import annotations

import math

from constnet.loopir.softmath.exponential import LOG2_E, exp_constants
from constnet.loopir.softmath.straight_line import (
    F32,
    F64,
    Builder,
    Format,
    absolute,
    apply_by_dtype,
    clamp_above,
    estrin,
    horner,
    with_sign_of,
)
from constnet.loopir.types import Apply, Expr, Function, Local, mul_add, select

SMALL = {F32: 0.7, F64: 0.625}
TANH_F32 = (
    -0.3333318829536438,
    0.1332908421754837,
    -0.05355740711092949,
    0.020088715478777885,
    -0.005136097315698862,
)
TANH_F64 = (
    -0.33333333333333315,
    0.1333333333332996,
    -0.053968253966149474,
    0.021869488470700197,
    -0.00886323433876941,
    0.0035921142225646603,
    -0.0014557272104413438,
    0.0005894566208143342,
    -0.0002370239928868131,
    9.157831703902983e-05,
    -3.0205880602614977e-05,
    6.050155312639975e-06,
)
HALF_SQUARE_EXP_F32 = (
    0.5000000596046448,
    0.999999463558197,
    0.9999722242355347,
    0.6667388081550598,
    0.3355342745780945,
    0.1317598819732666,
)
HALF_SQUARE_EXP_F64 = (
    0.5,
    1.0,
    1.000000000000002,
    0.6666666666666597,
    0.3333333333322678,
    0.13333333333522793,
    0.044444444617799714,
    0.012698412534718914,
    0.0031745911648409283,
    0.0007054726282355271,
    0.00014146647308536085,
    2.5618034777186886e-05,
)
HALF_SQUARE_EXP = {F32: HALF_SQUARE_EXP_F32, F64: HALF_SQUARE_EXP_F64}


def tanh(x: Expr) -> Apply:
    """The hyperbolic tangent: odd in every bit, 1 at infinity, NaN for NaN.

    At most 1.7 ulp in float32 (every argument tried, both modes), 1.6 in float64.

    Formula: x + x**3 q(x**2) up to |x| = 0.7 (0.625 in float64); above, 1 - 1 / (e**(2 |x|) / 2 +
    1 / 2), where an error of the exponential counts at most 0.35 times, so a short polynomial for
    e**(2 r) / 2 without a leading 1 does.

    Source: the split is that of Cephes tanhf (Moshier); polynomials from scripts/minimax.py.
    """
    return apply_by_dtype(_tanh, x)


def _tanh(form: Format) -> Function:
    x = Local("x", form.dtype)
    build = Builder()
    # Above 9.1 (19.1) the result rounds to 1, and 2**n below needs no care for overflow.
    limit = 9.5 if form is F32 else 20.0
    a = build.let("a", clamp_above(absolute(x), limit))
    magic = form.round_magic
    shifted = build.let("shifted", mul_add(a, 2 * LOG2_E, magic))
    n = build.let("n", shifted - magic)
    r = build.let("r", _reduced(form, a, n))
    p = estrin(build, r, HALF_SQUARE_EXP[form], "r")
    exponent = form.to_bits(shifted) << form.word(form.fraction_bits)
    grown = form.from_bits(form.to_bits(p) + exponent)
    large = 1.0 - 1.0 / (grown + 0.5)
    z = build.let("z", a * a)
    # Ready long before the division above: the shorter text wins over the shorter chain.
    q = horner(z, TANH_F32) if form is F32 else estrin(build, z, TANH_F64, "z")
    small = mul_add(a * z, q, a)
    result = with_sign_of(form, select(a > SMALL[form], large, small), x)
    return build.function(f"tanh_{form.suffix}", (x,), result, "tanh x.")


def _reduced(form: Format, a: Expr, n: Expr) -> Expr:
    """a - n ln(2) / 2; in float32 one step does, as its error shrinks with e**(-2 a)."""
    if form is F32:
        return mul_add(n, -math.log(2.0) / 2.0, a)
    constants = exp_constants(form)
    high = mul_add(n, -constants.ln2_high / 2.0, a)
    return mul_add(n, -constants.ln2_low / 2.0, high)
