"""What the families share: formats of floats, a builder of Functions, polynomial schemes.

A definition is written once for float32 and float64: `Format` holds what differs. Functions use
only arithmetic, selects and bit tricks in the unsigned integer of the same width, so that C
compilers vectorise them with as many lanes as the dtype has, and constant evaluators run them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from constnet import dtypes
from constnet.errors import DTypeError
from constnet.loopir.types import (
    Apply,
    Binary,
    Bitcast,
    Const,
    Expr,
    Function,
    Let,
    Local,
    Unary,
    constant,
    mul_add,
)

if TYPE_CHECKING:
    from constnet.dtypes import DType


@dataclass(frozen=True, slots=True)
class Format:
    """A binary floating-point format: float32 or float64.

    `fraction_bits` are stored bits of the significand, `bias` is that of the exponent.
    """

    dtype: DType
    bits: DType
    fraction_bits: int
    bias: int

    @property
    def suffix(self) -> str:
        """The end of a function's name."""
        return f"f{8 * self.dtype.bytes}"

    @property
    def round_magic(self) -> float:
        """1.5 * 2**fraction_bits: adding it to a small number rounds that to an integer."""
        return 1.5 * 2.0**self.fraction_bits

    @property
    def sign_mask(self) -> int:
        """The sign bit."""
        return 1 << (8 * self.dtype.bytes - 1)

    @property
    def fraction_mask(self) -> int:
        """All stored bits of the significand."""
        return (1 << self.fraction_bits) - 1

    def number(self, value: float) -> Const:
        """A literal of the float dtype."""
        return constant(value, self.dtype)

    def word(self, value: int) -> Const:
        """A literal of the unsigned integer dtype."""
        return Const(value, self.bits)

    def to_bits(self, value: Expr) -> Expr:
        """The bits of a float."""
        return Bitcast(value, self.bits)

    def from_bits(self, value: Expr) -> Expr:
        """The float of these bits."""
        return Bitcast(value, self.dtype)


F32 = Format(dtypes.float32, dtypes.uint32, 23, 127)
F64 = Format(dtypes.float64, dtypes.uint64, 52, 1023)


class Builder:
    """Collects the lets of one Function; every value used twice must be a let."""

    def __init__(self) -> None:
        self._lets: list[Let] = []

    def let(self, name: str, value: Expr) -> Local:
        """Bind `value` to `name` and return the local; a taken name gets underscores."""
        taken = {let.name for let in self._lets}
        while name in taken:
            name += "_"
        self._lets.append(Let(name, value))
        return Local(name, value.dtype)

    def function(self, name: str, params: Sequence[Local], result: Expr, doc: str) -> Function:
        """The finished Function."""
        return Function(name, tuple(params), tuple(self._lets), result, doc)


Definition = Callable[[Format], Function]


def apply_by_dtype(definition: Definition, *args: Expr) -> Apply:
    """Apply the Function that `definition` builds for the operands' dtype.

    Raises:
        DTypeError: the operands are not all float32 or all float64.
    """
    names = {arg.dtype.name for arg in args}
    formats = {form.dtype.name: form for form in (F32, F64)}
    if len(names) != 1 or not names <= formats.keys():
        found = ", ".join(arg.dtype.name for arg in args)
        message = f"[softmath] operands are {found}; they must be all float32 or all float64."
        raise DTypeError(message)
    return Apply(_built(definition, formats[names.pop()]), args)


@cache
def _built(definition: Definition, form: Format) -> Function:
    return definition(form)


def horner(x: Local, coefficients: Sequence[float | Expr]) -> Expr:
    """A polynomial as one chain of MulAdd, lowest power first: the fewest operations."""
    terms = [c if isinstance(c, Expr) else constant(c, x.dtype) for c in coefficients]
    result = terms[-1]
    for term in reversed(terms[:-1]):
        result = mul_add(result, x, term)
    return result


def estrin(build: Builder, x: Local, coefficients: Sequence[float], prefix: str) -> Expr:
    """A polynomial as a tree of MulAdd: a shorter chain than Horner's for a few more products.

    Three terms are left to Horner: as short as a level of the tree, with a product less.

    Args:
        build: Receives x**2, x**4, ... as lets named `prefix` and the exponent.
        x: A local, as it is used many times.
        coefficients: Lowest power first.
        prefix: Begins the names of the lets.
    """
    terms: list[Expr] = [constant(value, x.dtype) for value in coefficients]
    power = x
    exponent = 1
    while len(terms) > 3:
        paired: list[Expr] = [
            mul_add(high, power, low) for low, high in zip(terms[::2], terms[1::2], strict=False)
        ]
        terms = paired + terms[2 * len(paired) :]
        exponent *= 2
        power = build.let(f"{prefix}{exponent}", power * power)
    return horner(power, terms)


def absolute(x: Expr) -> Expr:
    """|x|."""
    return Unary("abs", x)


def clamp_above(x: Expr, limit: float) -> Expr:
    """`limit` where x is greater, else x; NaN stays NaN."""
    return Binary("min", constant(limit, x.dtype), x)


def clamp_below(x: Expr, limit: float) -> Expr:
    """`limit` where x is less, else x; NaN stays NaN."""
    return Binary("max", constant(limit, x.dtype), x)


def with_sign_of(form: Format, magnitude: Expr, source: Expr) -> Expr:
    """`magnitude` (not negative) with the sign bit of `source`."""
    sign = form.to_bits(source) & form.word(form.sign_mask)
    return form.from_bits(form.to_bits(magnitude) | sign)
