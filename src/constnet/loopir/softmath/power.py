"""pow: e**(y log x), with the logarithm in more bits than the result has."""

from __future__ import annotations

import math

from constnet import dtypes
from constnet.loopir.softmath.exponential import EXP_F64, exp, exp_of_sum
from constnet.loopir.softmath.logarithm import (
    centered,
    exponent_above,
    exponent_offset,
    fraction,
    log,
)
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
from constnet.loopir.types import Apply, Cast, Expr, Function, Local, Unary, select

# log((1 + s) / (1 - s)) = 2/3 s (3 + z + z**2 l(z)), z = s**2
LOG_TAIL_F64 = (
    0.5999999999999996,
    0.4285714285716864,
    0.33333333326096815,
    0.2727272832831229,
    0.23076833891896606,
    0.20004526072266546,
    0.1751128922707868,
    0.17990807996346858,
)


def pow(x: Expr, y: Expr) -> Apply:
    """x**y with the limits of C99, F.9.4.4.

    It is 1 where y is 0 or x is 1, and NaN where x < 0 is finite and y is no integer.

    float32 multiplies and exponentiates in float64; float64 carries the logarithm as a sum of two
    numbers with exact products of halves.

    Source: the steps of fdlibm's e_pow.c (Sun), on the interval [sqrt(1/2), sqrt(2)].
    """
    return apply_by_dtype(_pow, x, y)


def _pow(form: Format) -> Function:
    x, y = Local("x", form.dtype), Local("y", form.dtype)
    build = Builder()
    if form is F32:
        logarithm = log(Cast(absolute(x), dtypes.float64))
        exponent = Cast(y, dtypes.float64) * logarithm
        magnitude = build.let("magnitude", Cast(exp(exponent), form.dtype))
    else:
        magnitude = build.let("magnitude", _magnitude(build, x, y))
    floor = build.let("floor", Unary("floor", y))
    half = build.let("half", y * 0.5)
    is_odd = floor.eq(y) & half.ne(Unary("floor", half))
    sign = form.to_bits(x) & form.word(form.sign_mask)
    signed = form.to_bits(magnitude) | select(is_odd, sign, form.word(0))
    has_root = (x >= 0.0) | x.eq(-math.inf) | floor.eq(y)
    value = select(has_root, form.from_bits(signed), form.number(math.nan))
    is_one = y.eq(0.0) | x.eq(1.0) | (x.eq(-1.0) & absolute(y).eq(math.inf))
    result = select(is_one, form.number(1.0), value)
    return build.function(f"pow_{form.suffix}", (x, y), result, "x**y.")


def _magnitude(build: Builder, x: Local, y: Local) -> Expr:
    """|x|**y in float64."""
    a = build.let("a", absolute(x))
    # Any greater y gives 0 or infinity too, and its halves below would be infinite.
    bounded = build.let("bounded", clamp_below(clamp_above(y, 2.0**66), -(2.0**66)))
    log_high, log_low = _log_sum(build, a)
    y_high = build.let("y_high", _upper(bounded))
    high = build.let("high", y_high * log_high)
    low = build.let("low", (bounded - y_high) * log_high + bounded * log_low)
    is_inside = (a > 0.0) & (a < math.inf)
    outside = y * select(a.eq(0.0), -math.inf, a)
    total = build.let("total", select(is_inside, high + low, outside))
    rest = select(absolute(total) < 1000.0, low - (total - high), 0.0)
    return exp_of_sum(build, F64, total, rest)


def _upper(value: Expr) -> Expr:
    """The 26 leading bits: products of two such numbers are exact."""
    return F64.from_bits(F64.to_bits(value) & F64.word(((1 << 64) - 1) ^ ((1 << 27) - 1)))


def _log_sum(build: Builder, a: Local) -> tuple[Local, Local]:
    """log a as 26 leading bits and a rest, to 2**-63 of it."""
    is_small = build.let("is_small", a < 2.0**-1022)
    shifted = build.let("shifted", centered(F64, select(is_small, a * 2.0**52, a)))
    offset = exponent_offset(F64)
    bias = select(is_small, F64.number(offset + 52.0), offset)
    k = build.let("k", exponent_above(F64, shifted) - bias)
    m = build.let("m", fraction(F64, shifted))
    p_high, p_low = _scaled_atanh(build, m)
    # 2/3 in two parts; k ln2_high is exact.
    two_thirds = 2.0 / 3.0
    part = 0.6666666567325592
    z_high = build.let("z_high", p_high * part)
    z_low = p_high * 9.934107462565104e-09 + p_low * two_thirds
    low = build.let("l_low", z_low + k * EXP_F64.ln2_low)
    whole = build.let("whole", k * EXP_F64.ln2_high)
    log_high = build.let("log_high", _upper(whole + (z_high + low)))
    return log_high, build.let("log_low", low - ((log_high - whole) - z_high))


def _scaled_atanh(build: Builder, m: Local) -> tuple[Local, Local]:
    """3/2 log m as two numbers, from s = (m - 1) / (m + 1)."""
    u = build.let("u", m - 1.0)
    v = build.let("v", 1.0 / (m + 1.0))
    s = build.let("s", u * v)
    s_high = build.let("s_high", _upper(s))
    t_high = build.let("t_high", _upper(m + 1.0))
    t_low = m - (t_high - 1.0)
    s_low = build.let("s_low", v * ((u - s_high * t_high) - s_high * t_low))
    z = build.let("z", s * s)
    tail = estrin(build, z, LOG_TAIL_F64, "z")
    r = build.let("r", z * z * tail + s_low * (s_high + s))
    square = build.let("square", s_high * s_high)
    w_high = build.let("w_high", _upper(square + 3.0 + r))
    w_low = r - ((w_high - 3.0) - square)
    main = build.let("main", s_high * w_high)
    minor = build.let("minor", s_low * w_high + w_low * s)
    p_high = build.let("p_high", _upper(main + minor))
    return p_high, build.let("p_low", minor - (p_high - main))
