"""log, log1p, softplus: x = 2**k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2)."""

from __future__ import annotations

import math

from constnet.loopir.softmath.exponential import exp, exp_constants
from constnet.loopir.softmath.straight_line import (
    F32,
    Builder,
    Format,
    absolute,
    apply_by_dtype,
    estrin,
)
from constnet.loopir.types import Apply, Expr, Function, Local, maximum, mul_add, select

# log(1 + f) = f - f**2 / 2 + f**3 p(f)
LOG_F32 = (
    0.3333333134651184,
    -0.250008225440979,
    0.2000124603509903,
    -0.16623321175575256,
    0.1420142650604248,
    -0.13160227239131927,
    0.1276344358921051,
    -0.07636403292417526,
)
# log((1 + s) / (1 - s)) = 2 s + s z r(z), z = s**2
ATANH_F64 = (
    0.6666666666666735,
    0.3999999999941048,
    0.285714287432628,
    0.22222198486369923,
    0.181835687652638,
    0.15313937596059665,
    0.14797081545548296,
)


def log(x: Expr) -> Apply:
    """The natural logarithm: -infinity at both zeros, NaN below, infinity at infinity.

    Source: float32 a polynomial alone; float64 the quotient of fdlibm's e_log.c (Sun), which needs
    seven coefficients instead of twenty; both from scripts/minimax.py.
    """
    return apply_by_dtype(_log, x)


def log1p(x: Expr) -> Apply:
    """log(1 + x) without cancellation: the rounding error of 1 + x is added back.

    Source: Kahan's correction as in fdlibm's s_log1p.c (Sun).
    """
    return apply_by_dtype(_log1p, x)


def softplus(x: Expr) -> Apply:
    """log(1 + e**x), as max(x, 0) + log1p(e**-|x|): no overflow, denormals kept."""
    return apply_by_dtype(_softplus, x)


def _log(form: Format) -> Function:
    x = Local("x", form.dtype)
    build = Builder()
    smallest = 2.0 ** (1 - form.bias)
    is_small = build.let("is_small", x < smallest)
    normal = select(is_small, x * 2.0**form.fraction_bits, x)
    shifted = build.let("shifted", centered(form, normal))
    offset = exponent_offset(form)
    bias = select(is_small, form.number(offset + form.fraction_bits), offset)
    k = build.let("k", exponent_above(form, shifted) - bias)
    f = build.let("f", fraction(form, shifted) - 1.0)
    value = _log_of_sum(build, form, k, f)
    name = f"log_{form.suffix}"
    return build.function(name, (x,), _domain(form, x, value), "The natural logarithm.")


def _log1p(form: Format) -> Function:
    x = Local("x", form.dtype)
    build = Builder()
    u = build.let("u", x + 1.0)
    difference = build.let("difference", u - 1.0)
    # What 1 + x lost, by Dekker's Fast2Sum: it takes the lesser addend from what is left of u.
    lost = select(x < 1.0, x - difference, 1.0 - (u - x))
    shifted = build.let("shifted", centered(form, u))
    exponent = shifted & form.word(~form.fraction_mask & (form.sign_mask - 1))
    inverse = form.from_bits(form.word(2 * form.bias << form.fraction_bits) - exponent)
    is_large = u > 2.0 ** (2 * form.fraction_bits)
    scaled_lost = select(is_large, 0.0, lost * inverse)
    k = build.let("k", exponent_above(form, shifted) - exponent_offset(form))
    f = build.let("f", (fraction(form, shifted) - 1.0) + scaled_lost)
    value = _domain(form, u, _log_of_sum(build, form, k, f))
    is_tiny = absolute(x) < 2.0 ** (-2 - form.fraction_bits)
    name = f"log1p_{form.suffix}"
    return build.function(name, (x,), select(is_tiny, x, value), "log(1 + x).")


def _softplus(form: Format) -> Function:
    x = Local("x", form.dtype)
    build = Builder()
    e = build.let("e", exp(-absolute(x)))
    result = maximum(x, 0.0) + log1p(e)
    return build.function(f"softplus_{form.suffix}", (x,), result, "log(1 + e**x).")


def centered(form: Format, x: Expr) -> Expr:
    """The bits of x moved so that the exponent field changes at sqrt(1/2) and not at 1."""
    one = form.bias << form.fraction_bits
    return form.to_bits(x) + form.word(one - root_half_bits(form))


def fraction(form: Format, shifted: Expr) -> Expr:
    """1 + f, between sqrt(1/2) and sqrt(2)."""
    return form.from_bits(
        (shifted & form.word(form.fraction_mask)) + form.word(root_half_bits(form))
    )


def exponent_above(form: Format, shifted: Expr) -> Expr:
    """k + `exponent_offset` as a float: the integer becomes the last bits of 2**fraction_bits."""
    above = (form.bias + form.fraction_bits) << form.fraction_bits
    exponent = shifted >> form.word(form.fraction_bits)
    return form.from_bits(exponent | form.word(above))


def exponent_offset(form: Format) -> float:
    """What `exponent_above` is greater than k by."""
    return 2.0**form.fraction_bits + form.bias


def root_half_bits(form: Format) -> int:
    """The bits of sqrt(1/2)."""
    word = form.dtype.numpy.type(math.sqrt(0.5)).view(form.bits.numpy)
    return int(word)


def _log_of_sum(build: Builder, form: Format, k: Local, f: Local) -> Expr:
    constants = exp_constants(form)
    half_square = build.let("half_square", f * f * 0.5)
    if form is F32:
        p = estrin(build, f, LOG_F32, "f")
        tail = build.let("tail", f * Local("f2", form.dtype) * p)
        rest = mul_add(k, constants.ln2_low, tail) - half_square
        return mul_add(k, constants.ln2_high, rest + f)
    s = build.let("s", f / (f + 2.0))
    z = build.let("z", s * s)
    r = build.let("r", z * estrin(build, z, ATANH_F64, "z"))
    low = mul_add(k, constants.ln2_low, s * (half_square + r))
    return mul_add(k, constants.ln2_high, f - (half_square - low))


def _domain(form: Format, x: Expr, value: Expr) -> Expr:
    """`value` for positive finite x; the limits elsewhere."""
    infinity = form.number(math.inf)
    positive = select(x < infinity, value, x)
    below = select(x.eq(0.0), -math.inf, form.number(math.nan))
    return select(x > 0.0, positive, below)
