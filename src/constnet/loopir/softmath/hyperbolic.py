"""tanh."""

from __future__ import annotations

from constnet.loopir.softmath.exponential import LOG2_E, exp_constants
from constnet.loopir.softmath.straight_line import (
    F32,
    Builder,
    Format,
    absolute,
    apply_by_dtype,
    clamp_above,
    estrin,
    with_sign_of,
)
from constnet.loopir.types import Apply, Expr, Function, Local, mul_add, select

SMALL = 0.625
TANH_F32 = (
    -0.3333328068256378,
    0.13331416249275208,
    -0.05373793840408325,
    0.02063411846756935,
    -0.005700091831386089,
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
    0.5,
    1.0,
    0.9999998807907104,
    0.6666608452796936,
    0.3333461284637451,
    0.13389888405799866,
    0.04422646760940552,
)
HALF_SQUARE_EXP_F64 = (
    0.5,
    1.0,
    1.0000000000000022,
    0.6666666666666571,
    0.3333333333322141,
    0.133333333335763,
    0.04444444462218947,
    0.012698412497114958,
    0.003174591017444335,
    0.0007054737465000932,
    0.00014146821527012297,
    2.560600666685339e-05,
)


def tanh(x: Expr) -> Apply:
    """The hyperbolic tangent: odd in every bit, 1 at infinity, NaN for NaN.

    Formula: x + x**3 q(x**2) up to |x| = 0.625; above, 1 - 1 / (e**(2 |x|) / 2 + 1 / 2), where an
    error of the exponential counts at most 0.35 times, so one polynomial for e**(2 r) / 2 without
    a leading 1 does.

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
    p = estrin(build, r, HALF_SQUARE_EXP_F32 if form is F32 else HALF_SQUARE_EXP_F64, "r")
    exponent = form.to_bits(shifted) << form.word(form.fraction_bits)
    grown = form.from_bits(form.to_bits(p) + exponent)
    large = 1.0 - 1.0 / (grown + 0.5)
    z = build.let("z", a * a)
    q = estrin(build, z, TANH_F32 if form is F32 else TANH_F64, "z")
    small = mul_add(a * z, q, a)
    result = with_sign_of(form, select(a > SMALL, large, small), x)
    return build.function(f"tanh_{form.suffix}", (x,), result, "tanh x.")


def _reduced(form: Format, a: Expr, n: Expr) -> Expr:
    constants = exp_constants(form)
    high = mul_add(n, -constants.ln2_high / 2, a)
    return mul_add(n, -constants.ln2_low / 2, high)
