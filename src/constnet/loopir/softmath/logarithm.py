"""log: x = 2**k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2)."""

from __future__ import annotations

import math

from constnet.loopir.softmath.exponential import exp_constants
from constnet.loopir.softmath.straight_line import (
    F32,
    Builder,
    Format,
    apply_by_dtype,
    estrin,
)
from constnet.loopir.types import Apply, Expr, Function, Local, mul_add, select

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


def _log(form: Format) -> Function:
    x = Local("x", form.dtype)
    build = Builder()
    k, f = _split(build, form, x)
    value = _log_of_sum(build, form, k, f)
    result = domain(form, x, value)
    return build.function(f"log_{form.suffix}", (x,), result, "The natural logarithm.")


def _split(build: Builder, form: Format, x: Local) -> tuple[Local, Local]:
    """Return k and f as floats; denormals are scaled up first."""
    smallest = 2.0 ** (1 - form.bias)
    is_small = build.let("is_small", x < smallest)
    normal = select(is_small, x * 2.0**form.fraction_bits, x)
    half_root = root_half_bits(form)
    one = form.bias << form.fraction_bits
    shifted = build.let("shifted", form.to_bits(normal) + form.word(one - half_root))
    fraction = (shifted & form.word(form.fraction_mask)) + form.word(half_root)
    f = build.let("f", form.from_bits(fraction) - 1.0)
    # An integer becomes a float of the same value as the last bits of 2**fraction_bits.
    base = 2.0**form.fraction_bits
    exponent = shifted >> form.word(form.fraction_bits)
    magic = (form.bias + form.fraction_bits) << form.fraction_bits
    above = form.from_bits(exponent | form.word(magic))
    offset = base + form.bias
    bias = select(is_small, form.number(offset + form.fraction_bits), offset)
    return build.let("k", above - bias), f


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


def domain(form: Format, x: Expr, value: Expr) -> Expr:
    """`value` for positive finite x; the limits elsewhere."""
    infinity = form.number(math.inf)
    positive = select(x < infinity, value, x)
    below = select(x.eq(0.0), -math.inf, form.number(math.nan))
    return select(x > 0.0, positive, below)
