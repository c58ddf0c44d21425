"""Pointwise operations on integers: bits, shifts, and division that rounds down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from constnet import dtypes
from constnet.ir.types import TensorType
from constnet.loopir.types import Expr, select
from constnet.ops.lifting import NO_ATTRS, pointwise
from constnet.ops.op import NoAttrs, NoGradient, Op, Reject, Sample, register, without_attrs
from constnet.ops.samples import spread
from constnet.ops.typing_rules import INTEGERS, UNSIGNED
from constnet.ops.typing_rules import pointwise as rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from constnet.dtypes import Kind
    from constnet.ops.tensor import Tensor, TensorLike

_FLOAT = TensorType((3,), dtypes.float32)
_INT = TensorType((3,), dtypes.int32)
_WORD = TensorType((3,), dtypes.uint32)
_LONGER = TensorType((4,), dtypes.uint32)
_WORDS = np.array([0, 1, 0xDEADBEEF, 0xFFFFFFFF, 77], "uint32")


def _register(
    name: str,
    kinds: tuple[Kind, ...],
    reference: Callable[[np.ndarray, np.ndarray], np.ndarray],
    scalar: Callable[[Expr, Expr], Expr],
    right: np.ndarray,
) -> None:
    samples = [Sample(NO_ATTRS, (_WORDS, right), False)]
    if "int" in kinds:
        signed = spread(8, low=-99, high=99, dtype="int32"), spread(8, low=-9, dtype="int32")
        samples.append(Sample(NO_ATTRS, signed, False))
    register(
        Op(
            name,
            NoAttrs,
            rule(name, 2, kinds),
            without_attrs(reference),
            NoGradient("it works on integers"),
            tuple(samples),
            (
                Reject(NO_ATTRS, (_FLOAT, _FLOAT), rf"\[{name}\] needs a .*float32\[3\]"),
                Reject(NO_ATTRS, (_WORD, _LONGER), rf"\[{name}\] operands differ"),
                Reject(NO_ATTRS, (_WORD, _INT), rf"\[{name}\] operands differ.*int32\[3\]"),
            ),
            scalar=without_attrs(scalar),
        )
    )


def _divisor(y: Expr) -> Expr:
    """`y`, or 1 where it is 0: no machine may trap."""
    return select(y.eq(0), 1, y)


def _floor_divide(x: Expr, y: Expr) -> Expr:
    """Quotient rounded down; 0 where y is 0, as NumPy gives."""
    quotient = x // _divisor(y)
    if x.dtype.kind == "int":
        remainder = x - quotient * y
        is_below = remainder.ne(0) & ((remainder < 0) ^ (y < 0))
        quotient = select(is_below, quotient - 1, quotient)
    return select(y.eq(0), 0, quotient)


def _remainder(x: Expr, y: Expr) -> Expr:
    """Remainder with the sign of y; 0 where y is 0, as NumPy gives."""
    rest = x % _divisor(y)
    if x.dtype.kind == "int":
        rest = select(rest.ne(0) & ((rest < 0) ^ (y < 0)), rest + y, rest)
    return select(y.eq(0), 0, rest)


def _quiet(ufunc: Callable[..., np.ndarray]) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    def reference(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return ufunc(x, y)

    return reference


_SHIFTS = np.array([0, 31, 4, 16, 1], "uint32")
_DIVISORS = np.array([3, 0, 10, 0xFFFFFFFF, 7], "uint32")
_register("bitwise_and", UNSIGNED, np.bitwise_and, lambda x, y: x & y, _WORDS[::-1].copy())
_register("bitwise_or", UNSIGNED, np.bitwise_or, lambda x, y: x | y, _WORDS[::-1].copy())
_register("bitwise_xor", UNSIGNED, np.bitwise_xor, lambda x, y: x ^ y, _WORDS[::-1].copy())
_register("left_shift", UNSIGNED, np.left_shift, lambda x, y: x << y, _SHIFTS)
_register("right_shift", UNSIGNED, np.right_shift, lambda x, y: x >> y, _SHIFTS)
_register("floor_divide", INTEGERS, _quiet(np.floor_divide), _floor_divide, _DIVISORS)
_register("remainder", INTEGERS, _quiet(np.remainder), _remainder, _DIVISORS)


def bitwise_and(x: TensorLike, y: TensorLike) -> Tensor:
    """Bits set in both, for unsigned integers."""
    return pointwise("bitwise_and", x, y)


def bitwise_or(x: TensorLike, y: TensorLike) -> Tensor:
    """Bits set in either, for unsigned integers."""
    return pointwise("bitwise_or", x, y)


def bitwise_xor(x: TensorLike, y: TensorLike) -> Tensor:
    """Bits set in one of the two, for unsigned integers."""
    return pointwise("bitwise_xor", x, y)


def left_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """`x << y` for unsigned integers; y is less than the number of bits."""
    return pointwise("left_shift", x, y)


def right_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """`x >> y` for unsigned integers; y is less than the number of bits."""
    return pointwise("right_shift", x, y)


def floor_divide(x: TensorLike, y: TensorLike) -> Tensor:
    """`x // y` for integers, rounded down; 0 where y is 0."""
    return pointwise("floor_divide", x, y)


def remainder(x: TensorLike, y: TensorLike) -> Tensor:
    """`x % y` for integers, with the sign of y; 0 where y is 0."""
    return pointwise("remainder", x, y)
