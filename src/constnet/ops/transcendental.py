"""Pointwise functions that no machine rounds correctly: their definition is `loopir.softmath`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from constnet import dtypes
from constnet.ir.types import TensorType
from constnet.loopir import softmath
from constnet.ops.lifting import NO_ATTRS, lift_one, pointwise
from constnet.ops.op import NoAttrs, Op, Reject, Sample, register, without_attrs
from constnet.ops.samples import spread
from constnet.ops.tensor import Tensor, TensorLike, apply
from constnet.ops.typing_rules import FLOATS
from constnet.ops.typing_rules import pointwise as rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from constnet.loopir.types import Expr

_INT = TensorType((3,), dtypes.int32)
_FLOAT = TensorType((3,), dtypes.float32)
_LONGER = TensorType((4,), dtypes.float32)
_TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)


def _function(
    name: str,
    reference: Callable[[np.ndarray], np.ndarray],
    scalar: Callable[[Expr], Expr],
    derivative: Callable[[Tensor, Tensor], Tensor],
    low: float = -2.0,
) -> None:
    """Register y = f(x), where `derivative(x, y)` is f'(x)."""
    register(
        Op(
            name,
            NoAttrs,
            rule(name, 1, FLOATS),
            without_attrs(reference),
            lambda _attrs, x, y, ct: (ct[0] * derivative(x[0], y[0]),),
            (
                Sample(NO_ATTRS, (spread(2, 9, low=low),)),
                Sample(NO_ATTRS, (spread(5, low=low, dtype="float64"),)),
                Sample(NO_ATTRS, (spread(low=low),)),
            ),
            (
                Reject(NO_ATTRS, (_INT,), rf"\[{name}\] needs a float dtype, got int32\[3\]"),
                Reject(NO_ATTRS, (_FLOAT, _FLOAT), rf"\[{name}\] takes 1 inputs, got 2"),
            ),
            scalar=without_attrs(scalar),
        )
    )


def _erf_reference(x: np.ndarray) -> np.ndarray:
    return np.vectorize(math.erf, otypes=[np.float64])(x).astype(x.dtype)


def _sigmoid_reference(x: np.ndarray) -> np.ndarray:
    wide = x.astype(np.float64)
    tail = np.exp(-np.abs(wide))
    return (np.where(wide >= 0, 1.0, tail) / (1.0 + tail)).astype(x.dtype)


def _power_vjp(
    _attrs: NoAttrs, x: tuple[Tensor, ...], y: tuple[Tensor, ...], ct: tuple[Tensor, ...]
) -> tuple[Tensor, Tensor]:
    base, exponent = x
    return ct[0] * exponent * base ** (exponent - 1.0), ct[0] * log(base) * y[0]


_function("exp", np.exp, softmath.exp, lambda _x, y: y)
_function("log", np.log, softmath.log, lambda x, _y: 1.0 / x, low=0.2)
_function("expm1", np.expm1, softmath.expm1, lambda _x, y: y + 1.0)
_function("log1p", np.log1p, softmath.log1p, lambda x, _y: 1.0 / (x + 1.0), low=-0.7)
_function("tanh", np.tanh, softmath.tanh, lambda _x, y: 1.0 - y * y)
_function("sigmoid", _sigmoid_reference, softmath.sigmoid, lambda _x, y: y * (1.0 - y))
_function("erf", _erf_reference, softmath.erf, lambda x, _y: _TWO_OVER_SQRT_PI * exp(-(x * x)))
_function("sin", np.sin, softmath.sin, lambda x, _y: cos(x))
_function("cos", np.cos, softmath.cos, lambda x, _y: -sin(x))

register(
    Op(
        "pow",
        NoAttrs,
        rule("pow", 2, FLOATS),
        without_attrs(np.power),
        _power_vjp,
        (
            Sample(NO_ATTRS, (spread(2, 3, low=0.2), spread(2, 3, phase=0.8))),
            Sample(NO_ATTRS, (spread(4, low=0.2, dtype="float64"), spread(4, dtype="float64"))),
        ),
        (
            Reject(NO_ATTRS, (_FLOAT, _LONGER), r"\[pow\] operands differ.*float32\[4\]"),
            Reject(NO_ATTRS, (_INT, _INT), r"\[pow\] needs a float dtype, got int32\[3\]"),
        ),
        scalar=without_attrs(softmath.pow),
    )
)


def exp(x: TensorLike) -> Tensor:
    """e to the power x."""
    return apply("exp", NO_ATTRS, lift_one(x))


def log(x: TensorLike) -> Tensor:
    """The natural logarithm; -inf at 0, NaN below."""
    return apply("log", NO_ATTRS, lift_one(x))


def expm1(x: TensorLike) -> Tensor:
    """`exp(x) - 1`, accurate near 0."""
    return apply("expm1", NO_ATTRS, lift_one(x))


def log1p(x: TensorLike) -> Tensor:
    """`log(1 + x)`, accurate near 0."""
    return apply("log1p", NO_ATTRS, lift_one(x))


def tanh(x: TensorLike) -> Tensor:
    """The hyperbolic tangent."""
    return apply("tanh", NO_ATTRS, lift_one(x))


def sigmoid(x: TensorLike) -> Tensor:
    """`1 / (1 + exp(-x))`, without overflow."""
    return apply("sigmoid", NO_ATTRS, lift_one(x))


def erf(x: TensorLike) -> Tensor:
    """The error function."""
    return apply("erf", NO_ATTRS, lift_one(x))


def sin(x: TensorLike) -> Tensor:
    """The sine of an angle in radians."""
    return apply("sin", NO_ATTRS, lift_one(x))


def cos(x: TensorLike) -> Tensor:
    """The cosine of an angle in radians."""
    return apply("cos", NO_ATTRS, lift_one(x))


_LARGEST_UNROLLED = 16


def power(x: TensorLike, y: TensorLike) -> Tensor:
    """`x ** y` with broadcasting.

    A Python number as exponent becomes products (whole numbers up to 16, by repeated squaring),
    a square root (0.5) or a reciprocal (below 0), which are exact in their rounding and fast.
    """
    if isinstance(y, (int, float)) and not isinstance(x, (int, float)):
        special = _special_power(lift_one(x), float(y))
        if special is not None:
            return special
    return pointwise("pow", x, y)


def _special_power(base: Tensor, exponent: float) -> Tensor | None:
    if exponent == 0.5:
        return apply("sqrt", NO_ATTRS, base)
    if not exponent.is_integer() or not 0 < abs(exponent) <= _LARGEST_UNROLLED:
        return None
    if exponent < 0:
        return 1.0 / _whole_power(base, int(-exponent))
    return _whole_power(base, int(exponent))


def _whole_power(base: Tensor, exponent: int) -> Tensor:
    if exponent == 1:
        return base
    half = _whole_power(base, exponent // 2)
    square = half * half
    return square * base if exponent % 2 else square
