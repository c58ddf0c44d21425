"""exp, expm1, sigmoid and what shares their range reduction: x = n ln 2 + r, |r| <= ln 2 / 2."""

from __future__ import annotations

from dataclasses import dataclass

from constnet.loopir.softmath.straight_line import (
    F32,
    Builder,
    Format,
    absolute,
    apply_by_dtype,
    clamp_above,
    clamp_below,
    estrin,
)
from constnet.loopir.types import Apply, Expr, Function, Local, mul_add, select


@dataclass(frozen=True, slots=True)
class ExpConstants:
    """Constants of the reduction and of q in e**r = 1 + r + r**2 q(r).

    `ln2_high` has so many zeros at its end that n * ln2_high is exact; at `low` the result is 0
    after rounding, at `high` infinity.
    """

    ln2_high: float
    ln2_low: float
    q: tuple[float, ...]
    low: float
    high: float


LOG2_E = 1.4426950408889634
EXP_F32 = ExpConstants(
    ln2_high=0.693145751953125,
    ln2_low=1.428606765330187e-06,
    q=(
        0.4999999403953552,
        0.1666652113199234,
        0.04166826978325844,
        0.008368678390979767,
        0.0013820439344272017,
    ),
    low=-104.0,
    high=89.0,
)
EXP_F64 = ExpConstants(
    ln2_high=0.6931471803691238,
    ln2_low=1.9082149292705877e-10,
    q=(
        0.5000000000000011,
        0.16666666666666427,
        0.04166666666652673,
        0.00833333333348514,
        0.0013888888944445332,
        0.00019841269526929336,
        2.4801492312653696e-05,
        2.7557568021961743e-06,
        2.763051429887412e-07,
        2.5005929631073724e-08,
    ),
    low=-746.0,
    high=710.0,
)


def exp_constants(form: Format) -> ExpConstants:
    """The constants for a format."""
    return EXP_F32 if form is F32 else EXP_F64


def exp(x: Expr) -> Apply:
    """e**x; 0 and infinity at the ends, denormal results rounded gradually, NaN for NaN.

    Source: Tang 1989, "Table-driven implementation of the exponential function", without its table;
    q from scripts/minimax.py.
    """
    return apply_by_dtype(_exp, x)


def expm1(x: Expr) -> Apply:
    """e**x - 1 without cancellation: (e**r - 1) 2**n + (2**n - 1), x itself near 0."""
    return apply_by_dtype(_expm1, x)


def sigmoid(x: Expr) -> Apply:
    """1 / (1 + e**-x), as e**-|x| / (1 + e**-|x|) for negative x: denormals are kept."""
    return apply_by_dtype(_sigmoid, x)


def _exp(form: Format) -> Function:
    x = Local("x", form.dtype)
    build = Builder()
    result = exp_of_sum(build, form, x, None)
    return build.function(f"exp_{form.suffix}", (x,), result, "e**x.")


def exp_of_sum(build: Builder, form: Format, x: Expr, rest: Expr | None) -> Expr:
    """e**(x + rest), where `rest` is far below an ulp of 1."""
    constants = exp_constants(form)
    inside = clamp_below(clamp_above(x, constants.high), constants.low)
    clamped = build.let("clamped", inside)
    # Its last bits hold n + 2 * bias, whose halves are the biased exponents of two factors.
    magic = form.round_magic + 2 * form.bias
    shifted = build.let("shifted", mul_add(clamped, LOG2_E, magic))
    n = build.let("n", shifted - magic)
    main = reduced(clamped, n, constants)
    r = build.let("r", main if rest is None else main + rest)
    q = estrin(build, r, constants.q, "r")
    value = mul_add(Local("r2", form.dtype), q, r) + 1.0
    return scaled(build, form, value, shifted)


def _expm1(form: Format) -> Function:
    constants = exp_constants(form)
    x = Local("x", form.dtype)
    build = Builder()
    lowest = -20.0 if form is F32 else -40.0
    clamped = build.let("clamped", clamp_below(clamp_above(x, constants.high), lowest))
    # The last bits of `shifted` hold n - 1 + bias, the biased exponent of half of 2**n.
    magic = form.round_magic + form.bias - 1
    shifted = build.let("shifted", mul_add(clamped, LOG2_E, magic))
    n = build.let("n", shifted - magic)
    high = build.let("high", mul_add(n, -constants.ln2_high, clamped))
    low = build.let("low", n * constants.ln2_low)
    r = build.let("r", high - low)
    # What r lost counts where n = 1, as 2 p + 1 is small there.
    lost = (high - r) - low
    q = estrin(build, r, constants.q, "r")
    p = r + mul_add(Local("r2", form.dtype), q, lost)
    exponent = form.to_bits(shifted) << form.word(form.fraction_bits)
    half = build.let("half", form.from_bits(exponent))
    value = mul_add(half, p, half - 0.5) * 2.0
    is_tiny = absolute(x) < 2.0 ** (-2 - form.fraction_bits)
    name = f"expm1_{form.suffix}"
    return build.function(name, (x,), select(is_tiny, x, value), "e**x - 1.")


def reduced(x: Expr, n: Expr, constants: ExpConstants) -> Expr:
    """x - n ln 2 in two steps, the first of which is exact."""
    return mul_add(n, -constants.ln2_low, mul_add(n, -constants.ln2_high, x))


def scaled(build: Builder, form: Format, value: Expr, shifted: Local) -> Expr:
    """`value` times 2**n in two steps, as n may lie outside the range of one exponent.

    The last bits of `shifted` hold n + 2 * bias. The first product is exact, so a denormal result
    is rounded once.
    """
    bits = build.let("bits", form.to_bits(shifted))
    all_but_last = 4 * form.bias + 2
    half = build.let("half", (bits & form.word(all_but_last)) << form.word(form.fraction_bits - 1))
    other = (bits << form.word(form.fraction_bits)) - half
    return value * form.from_bits(half) * form.from_bits(other)


def _sigmoid(form: Format) -> Function:
    x = Local("x", form.dtype)
    build = Builder()
    e = build.let("e", exp(-absolute(x)))
    quotient = build.let("quotient", select(x < 0.0, e, 1.0) / (e + 1.0))
    # Where e is small the rounding of e + 1 would count in full; here it counts e times.
    result = select(x < -1.0, e - e * quotient, quotient)
    return build.function(f"sigmoid_{form.suffix}", (x,), result, "1 / (1 + e**-x).")
