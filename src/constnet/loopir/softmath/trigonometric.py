"""sin, cos of radians, and sinpi, cospi of half turns: a multiple of pi / 2 and |r| <= pi / 4."""

from __future__ import annotations

import math

from constnet import dtypes
from constnet.loopir.softmath.straight_line import (
    F32,
    F64,
    Builder,
    Format,
    absolute,
    apply_by_dtype,
    clamp_above,
    clamp_below,
    estrin,
)
from constnet.loopir.types import (
    Apply,
    Cast,
    Expr,
    Function,
    Local,
    Unary,
    mul_add,
    select,
)

# sin r = r + r z s(z) and cos r = 1 - z / 2 + z**2 c(z), z = r**2
SIN_F32 = (-0.16666655242443085, 0.008332189172506332, -0.0001951828453456983)
COS_F32 = (0.04166664555668831, -0.0013887310633435845, 2.4432563805021346e-05)
SIN_F64 = (
    -0.1666666666666663,
    0.008333333333321914,
    -0.00019841269829453097,
    2.7557313580278705e-06,
    -2.505074201182912e-08,
    1.589592629320253e-10,
)
COS_F64 = (
    0.041666666666666595,
    -0.0013888888888873344,
    2.4801587289003723e-05,
    -2.755731421743986e-07,
    2.0875705430649817e-09,
    -1.1358749794401351e-11,
)
# pi / 2 as a sum of numbers of 33, 33 and 53 bits, the first two exact against 20 bits of n
# (Cody and Waite 1980; the values of fdlibm's e_rem_pio2.c).
HALF_PI = (1.57079632673412561417, 6.07710050630396597660e-11, 2.02226624879595063154e-21)
PI_LOW_F32 = -8.742277657347586e-08  # pi less pi rounded to the dtype
PI_LOW_F64 = 1.2246467991473532e-16
LARGEST = 2.0**20


def sin(x: Expr) -> Apply:
    """The sine of x radians, |x| <= 2**20; further out that of +-2**20, at infinity NaN.

    float32 reduces x in float64, as three short parts of pi / 2 lose what a cancellation needs.
    """
    return apply_by_dtype(_sin, x)


def cos(x: Expr) -> Apply:
    """The cosine of x radians; the domain is that of `sin`."""
    return apply_by_dtype(_cos, x)


def sinpi(x: Expr) -> Apply:
    """The sine of pi x for every x: the reduction is exact."""
    return apply_by_dtype(_sinpi, x)


def cospi(x: Expr) -> Apply:
    """The cosine of pi x for every x; `cospi(2 u)` of a uniform u serves Box and Muller."""
    return apply_by_dtype(_cospi, x)


def _sin(form: Format) -> Function:
    return _of_radians(form, "sin", 0)


def _cos(form: Format) -> Function:
    return _of_radians(form, "cos", 1)


def _sinpi(form: Format) -> Function:
    return _of_half_turns(form, "sinpi", 0)


def _cospi(form: Format) -> Function:
    return _of_half_turns(form, "cospi", 1)


def _of_radians(form: Format, name: str, quarter: int) -> Function:
    x = Local("x", form.dtype)
    build = Builder()
    inside = clamp_below(clamp_above(x, LARGEST), -LARGEST)
    wide = build.let("wide", inside if form is F64 else Cast(inside, dtypes.float64))
    shifted = build.let("shifted", mul_add(wide, 2.0 / math.pi, F64.round_magic))
    n = build.let("n", shifted - F64.round_magic)
    first = build.let("first", mul_add(n, -HALF_PI[0], wide))
    product = build.let("product", n * HALF_PI[1])
    second = build.let("second", first - product)
    lost = (first - second) - product
    rest = second + mul_add(n, -HALF_PI[2], lost)
    r = build.let("r", rest if form is F64 else Cast(rest, form.dtype))
    bits = F64.to_bits(shifted)
    quadrant = bits if form is F64 else Cast(bits, dtypes.uint32)
    value = _of_quadrant(build, form, r, quadrant, quarter)
    tiny = absolute(x) < 2.0 ** (-2 - form.fraction_bits)
    finite = select(tiny, x, value) if quarter == 0 else value
    result = select(absolute(x) < math.inf, finite, form.number(math.nan))
    return build.function(f"{name}_{form.suffix}", (x,), result, f"{name} of radians.")


def _of_half_turns(form: Format, name: str, quarter: int) -> Function:
    x = Local("x", form.dtype)
    build = Builder()
    # x modulo 2 in [-1, 1], exactly; infinity becomes NaN. A full half would carry the number below
    # 1 over to 1 - 2, which has no room for its last bit.
    below_half = 0.5 - 2.0 ** (-2 - form.fraction_bits)
    turn = build.let("turn", x - Unary("floor", x * 0.5 + below_half) * 2.0)
    shifted = build.let("shifted", turn * 2.0 + form.round_magic)
    n = shifted - form.round_magic
    part = build.let("part", turn - n * 0.5)
    r = build.let("r", part * math.pi)
    # What pi lost in its rounding: half an ulp of a small sine.
    lost = part * (PI_LOW_F32 if form is F32 else PI_LOW_F64)
    value = _of_quadrant(build, form, r, form.to_bits(shifted), quarter, lost)
    if quarter == 0:
        value = select(absolute(x) < 2.0 ** (-2 - form.fraction_bits), x * math.pi, value)
    return build.function(f"{name}_{form.suffix}", (x,), value, f"{name}, of half turns.")


def _of_quadrant(
    build: Builder, form: Format, r: Local, bits: Expr, quarter: int, lost: Expr | None = None
) -> Expr:
    """sin(r + lost + (bits + quarter) pi / 2); only the last two bits of `bits` count."""
    quadrant = build.let("quadrant", bits + form.word(quarter) if quarter else bits)
    z = build.let("z", r * r)
    tail = estrin(build, z, SIN_F32 if form is F32 else SIN_F64, "s")
    sine = mul_add(r * z, tail, r) if lost is None else r + mul_add(r * z, tail, lost)
    rest = build.let("rest", estrin(build, z, COS_F32 if form is F32 else COS_F64, "c"))
    half = build.let("half", z * 0.5)
    near = build.let("near", 1.0 - half)
    cosine = near + mul_add(z * z, rest, (1.0 - near) - half)
    is_cosine = (quadrant & form.word(1)).eq(form.word(1))
    magnitude = build.let("magnitude", select(is_cosine, cosine, sine))
    sign = (quadrant & form.word(2)) << form.word(8 * form.dtype.bytes - 2)
    return form.from_bits(form.to_bits(magnitude) ^ sign)
