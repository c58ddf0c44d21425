"""Pointwise arithmetic: one correctly rounded operation each, in every numerics mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from constnet import dtypes
from constnet.ir.types import TensorType
from constnet.loopir import types as loop
from constnet.loopir.types import Expr, select
from constnet.ops.lifting import NO_ATTRS, filled, lift_one, pointwise
from constnet.ops.op import (
    NoAttrs,
    NoGradient,
    Op,
    Reject,
    Sample,
    Steps,
    linear_in_steps,
    register,
    without_attrs,
)
from constnet.ops.samples import spread
from constnet.ops.tensor import Tensor, TensorLike, apply
from constnet.ops.typing_rules import FLOATS, NUMBERS
from constnet.ops.typing_rules import pointwise as rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from constnet.dtypes import Kind

    Many = tuple[Tensor, ...]
    Cotangents = tuple[Tensor | None, ...]
    Vjp = Callable[[NoAttrs, Many, Many, Many], Cotangents]
    Summed = Callable[[NoAttrs, tuple[Steps, ...]], Tensor | None] | None

_BOOL = TensorType((3,), dtypes.bool_)
_FLOAT = TensorType((3,), dtypes.float32)
_DOUBLE = TensorType((3,), dtypes.float64)
_LONGER = TensorType((4,), dtypes.float32)
_INT = TensorType((3,), dtypes.int32)


def _unary(
    name: str,
    kinds: tuple[Kind, ...],
    reference: Callable[[np.ndarray], np.ndarray],
    scalar: Callable[[Expr], Expr],
    vjp: Vjp | NoGradient,
    low: float = -2.0,
    summed: Summed = None,
) -> None:
    samples = [
        Sample(NO_ATTRS, (spread(2, 3, low=low),)),
        Sample(NO_ATTRS, (spread(5, low=low, dtype="float64"),)),
        Sample(NO_ATTRS, (spread(low=low),)),
    ]
    rejects = [Reject(NO_ATTRS, (_BOOL,), rf"\[{name}\] needs a float.*bool\[3\]")]
    if kinds == FLOATS:
        rejects.append(Reject(NO_ATTRS, (_INT,), rf"\[{name}\] needs a float dtype, got int32"))
    else:
        samples.append(Sample(NO_ATTRS, (spread(7, low=-9, high=9, dtype="int32"),), False))
    register(
        Op(
            name,
            NoAttrs,
            rule(name, 1, kinds),
            without_attrs(reference),
            vjp,
            tuple(samples),
            tuple(rejects),
            scalar=without_attrs(scalar),
            summed=summed,
        )
    )


def _binary(
    name: str,
    kinds: tuple[Kind, ...],
    reference: Callable[[np.ndarray, np.ndarray], np.ndarray],
    scalar: Callable[[Expr, Expr], Expr],
    vjp: Vjp,
    summed: Summed = None,
) -> None:
    lhs, rhs = spread(2, 3), spread(2, 3, low=0.5, high=3.0, phase=0.6)
    samples = [
        Sample(NO_ATTRS, (lhs, rhs)),
        Sample(NO_ATTRS, (lhs.astype("float64"), rhs.astype("float64"))),
        Sample(NO_ATTRS, (spread(), spread(phase=0.7))),
    ]
    if kinds == NUMBERS:
        ints = spread(5, low=-90, high=90, dtype="int32"), spread(5, low=1, high=9, dtype="int32")
        samples.append(Sample(NO_ATTRS, ints, False))
    rejects = (
        Reject(NO_ATTRS, (_FLOAT, _LONGER), rf"\[{name}\] operands differ.*\[3\] and float32\[4\]"),
        Reject(NO_ATTRS, (_FLOAT, _DOUBLE), rf"\[{name}\] operands differ.*float64\[3\]"),
        Reject(NO_ATTRS, (_FLOAT,), rf"\[{name}\] takes 2 inputs, got 1"),
        Reject(NO_ATTRS, (_BOOL, _BOOL), rf"\[{name}\] needs a float.*bool\[3\]"),
    )
    register(
        Op(
            name,
            NoAttrs,
            rule(name, 2, kinds),
            without_attrs(reference),
            vjp,
            tuple(samples),
            rejects,
            scalar=without_attrs(scalar),
            summed=summed,
        )
    )


def _sign(x: Expr) -> Expr:
    return select(x > 0, 1, select(x < 0, -1, x))


def _maximum(x: Expr, y: Expr) -> Expr:
    """The larger, NaN where either is: `max` alone gives y where x is NaN."""
    larger = loop.maximum(x, y)
    return select(x.ne(x), x, larger) if x.dtype.is_float else larger


def _minimum(x: Expr, y: Expr) -> Expr:
    smaller = loop.minimum(x, y)
    return select(x.ne(x), x, smaller) if x.dtype.is_float else smaller


def _chosen(ct: Tensor, first: Tensor) -> Cotangents:
    """All of `ct` to the first operand where `first` holds, else to the second."""
    zero = filled(ct, 0)
    return (
        apply("where", NO_ATTRS, first, ct, zero),
        apply("where", NO_ATTRS, first, zero, ct),
    )


_STEPS = NoGradient("it is piecewise constant: its gradient is 0 wherever it has one")

_unary(
    "neg",
    NUMBERS,
    np.negative,
    lambda x: -x,
    lambda _a, _x, _y, ct: (-ct[0],),
    summed=linear_in_steps("neg"),
)
_unary(
    "abs",
    NUMBERS,
    np.abs,
    lambda x: x if x.dtype.kind == "uint" else loop.Unary("abs", x),
    lambda _a, x, _y, ct: (ct[0] * apply("sign", NO_ATTRS, x[0]),),
)
_unary("sign", NUMBERS, np.sign, _sign, _STEPS)
_unary(
    "relu",  # a primitive because its gradient needs only its output, so that x is not kept
    FLOATS,
    lambda x: np.maximum(x, 0),
    lambda x: loop.maximum(loop.constant(0, x.dtype), x),
    lambda _a, _x, y, ct: (apply("where", NO_ATTRS, y[0] <= 0.0, filled(ct[0], 0), ct[0]),),
)
_unary("floor", FLOATS, np.floor, lambda x: loop.Unary("floor", x), _STEPS)
_unary(
    "sqrt",
    FLOATS,
    np.sqrt,
    lambda x: loop.Unary("sqrt", x),
    lambda _a, _x, y, ct: (ct[0] * 0.5 / y[0],),
    low=0.3,
)
_binary(
    "add",
    NUMBERS,
    np.add,
    lambda x, y: x + y,
    lambda _a, _x, _y, ct: (ct[0], ct[0]),
    summed=linear_in_steps("add"),
)
_binary(
    "sub",
    NUMBERS,
    np.subtract,
    lambda x, y: x - y,
    lambda _a, _x, _y, ct: (ct[0], -ct[0]),
    summed=linear_in_steps("sub"),
)
_binary(
    "mul",
    NUMBERS,
    np.multiply,
    lambda x, y: x * y,
    lambda _a, x, _y, ct: (ct[0] * x[1], ct[0] * x[0]),
)
_binary(
    "div",
    FLOATS,
    np.divide,
    lambda x, y: x / y,
    lambda _a, x, y, ct: (ct[0] / x[1], -(ct[0] * y[0] / x[1])),
)
_binary(
    "maximum", NUMBERS, np.maximum, _maximum, lambda _a, x, _y, ct: _chosen(ct[0], x[0] >= x[1])
)
_binary(
    "minimum", NUMBERS, np.minimum, _minimum, lambda _a, x, _y, ct: _chosen(ct[0], x[0] <= x[1])
)


def negative(x: TensorLike) -> Tensor:
    """`-x`, element by element."""
    return apply("neg", NO_ATTRS, lift_one(x))


def absolute(x: TensorLike) -> Tensor:
    """`|x|`; its gradient at 0 is 0."""
    return apply("abs", NO_ATTRS, lift_one(x))


def sign(x: TensorLike) -> Tensor:
    """-1, 0 or 1 by the sign of each element. No gradient."""
    return apply("sign", NO_ATTRS, lift_one(x))


def relu(x: TensorLike) -> Tensor:
    """0 below 0, x above, NaN of NaN; its gradient at 0 is 0."""
    return apply("relu", NO_ATTRS, lift_one(x))


def floor(x: TensorLike) -> Tensor:
    """The largest whole number not above each element. No gradient."""
    return apply("floor", NO_ATTRS, lift_one(x))


def sqrt(x: TensorLike) -> Tensor:
    """The square root, correctly rounded; NaN below 0."""
    return apply("sqrt", NO_ATTRS, lift_one(x))


def add(x: TensorLike, y: TensorLike) -> Tensor:
    """`x + y` with broadcasting."""
    return pointwise("add", x, y)


def subtract(x: TensorLike, y: TensorLike) -> Tensor:
    """`x - y` with broadcasting."""
    return pointwise("sub", x, y)


def multiply(x: TensorLike, y: TensorLike) -> Tensor:
    """`x * y` with broadcasting."""
    return pointwise("mul", x, y)


def divide(x: TensorLike, y: TensorLike) -> Tensor:
    """`x / y` with broadcasting, for floats."""
    return pointwise("div", x, y)


def maximum(x: TensorLike, y: TensorLike) -> Tensor:
    """The larger of each pair, NaN where either is; ties give their gradient to `x`."""
    return pointwise("maximum", x, y)


def minimum(x: TensorLike, y: TensorLike) -> Tensor:
    """The smaller of each pair, NaN where either is; ties give their gradient to `x`."""
    return pointwise("minimum", x, y)
