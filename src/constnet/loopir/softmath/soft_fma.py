"""A fused multiply-add for float32 where the machine, or a compiler's constants, have none."""

from __future__ import annotations

from constnet import dtypes
from constnet.errors import DTypeError
from constnet.loopir.softmath.straight_line import Builder, Format, apply_by_dtype
from constnet.loopir.types import Apply, Bitcast, Cast, Const, Expr, Function, Local, select


def soft_fma_f32(a: Expr, b: Expr, c: Expr) -> Apply:
    """a * b + c rounded once, in all cases, for float32.

    The product is exact in float64. The sum there is rounded to odd, which keeps the information
    that the second rounding, to float32, needs; 53 >= 24 + 2 bits suffice.

    Source: Boldo, Melquiond 2008, "Emulation of FMA and correctly rounded sums: proved algorithms
    using rounding to odd"; the error of the sum is Knuth's TwoSum.
    """
    if a.dtype != dtypes.float32:
        message = f"[soft_fma_f32] operands are {a.dtype}; they must be float32."
        raise DTypeError(message)
    return apply_by_dtype(_soft_fma, a, b, c)


def _soft_fma(form: Format) -> Function:
    a, b, c = (Local(name, form.dtype) for name in "abc")
    build = Builder()
    product = build.let("product", Cast(a, dtypes.float64) * Cast(b, dtypes.float64))
    addend = build.let("addend", Cast(c, dtypes.float64))
    total = build.let("total", product + addend)
    part = build.let("part", total - product)
    error = build.let("error", (product - (total - part)) + (addend - part))
    bits = build.let("bits", Bitcast(total, dtypes.uint64))
    one = Const(1, dtypes.uint64)
    # Not `error != 0`: the error of an infinite sum is NaN, and infinity must stay.
    is_inexact = (error < 0.0) | (error > 0.0)
    is_even = (bits & one).eq(Const(0, dtypes.uint64))
    is_outside = (error > 0.0).eq(total > 0.0)
    odd = select(is_outside, bits + one, bits - one)
    result = Bitcast(select(is_inexact & is_even, odd, bits), dtypes.float64)
    doc = "a * b + c rounded once."
    return build.function("soft_fma_f32", (a, b, c), Cast(result, dtypes.float32), doc)
