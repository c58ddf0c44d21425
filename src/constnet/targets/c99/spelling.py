"""C's words: types, literals, identifiers. Nothing here knows about statements."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Literal

from constnet import dtypes
from constnet.errors import VerifyError

if TYPE_CHECKING:
    from constnet.dtypes import DType

Dialect = Literal["portable", "host"]

SCALAR_TYPES = {
    "float32": "float",
    "float64": "double",
    "int8": "int8_t",
    "int16": "int16_t",
    "int32": "int32_t",
    "int64": "int64_t",
    "uint8": "uint8_t",
    "uint16": "uint16_t",
    "uint32": "uint32_t",
    "uint64": "uint64_t",
    "bool": "uint8_t",
}
"""Element types in memory. A bool is a byte that holds 0 or 1, and an `int` as a local."""

SHORT_NAMES = {
    "float32": "f32",
    "float64": "f64",
    "int8": "i8",
    "int16": "i16",
    "int32": "i32",
    "int64": "i64",
    "uint8": "u8",
    "uint16": "u16",
    "uint32": "u32",
    "uint64": "u64",
    "bool": "b8",
}

_KEYWORD_TEXT = """
    auto break case char const continue default do double else enum extern float for goto if inline
    int long register restrict return short signed sizeof static struct switch typedef union
    unsigned void volatile while _Bool _Complex _Imaginary bool true false asm typeof
    alignas alignof and and_eq bitand bitor catch class compl concept const_cast consteval constexpr
    constinit co_await co_return co_yield decltype delete dynamic_cast explicit export friend
    mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public
    reinterpret_cast requires static_assert static_cast template this thread_local throw try
    typeid typename using virtual wchar_t xor xor_eq char8_t char16_t char32_t main
"""
KEYWORDS = frozenset(_KEYWORD_TEXT.split())
"""Words that C or C++ keeps for itself."""

RESERVED_LOCALS = KEYWORDS | frozenset(("thread", "threads", "buffers", "arena"))

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def identifier(text: str) -> str:
    """`text` as an identifier: every run of other characters becomes one underscore.

    Before: `layers.0/Dense weight`. After: `layers_0_Dense_weight`.
    """
    cleaned = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")
    if not cleaned or cleaned[0].isdigit():
        cleaned = f"n{cleaned}"
    return cleaned


def local_name(name: str) -> str:
    """A loop-language local as C spells it; a word that C keeps gets an underscore."""
    if not _IDENTIFIER.fullmatch(name):
        message = f"[c99] the local name {name!r} is not an identifier"
        raise VerifyError(message)
    return f"{name}_" if name in RESERVED_LOCALS else name


def local_type(dtype: DType, lanes: int) -> str:
    """The type of a scalar local, or of a vector that is not a mask."""
    if lanes > 1:
        return vector_name(dtype, lanes)
    return "int" if dtype == dtypes.bool_ else SCALAR_TYPES[dtype.name]


def vector_name(dtype: DType, lanes: int) -> str:
    """The typedef of a vector: `f32x16`. Bools in memory are vectors of bytes."""
    short = "u8" if dtype == dtypes.bool_ else SHORT_NAMES[dtype.name]
    return f"{short}x{lanes}"


def suffix(dtype: DType, lanes: int) -> str:
    """The end of a helper's name for `dtype` and `lanes`: `f32`, `f32x16`."""
    short = SHORT_NAMES[dtype.name]
    return short if lanes == 1 else f"{short}x{lanes}"


def signed_twin(dtype: DType) -> DType:
    """The signed integer dtype of the same size: what a comparison of vectors gives."""
    return {1: dtypes.int8, 2: dtypes.int16, 4: dtypes.int32, 8: dtypes.int64}[dtype.bytes]


def literal(value: float, dtype: DType, dialect: Dialect) -> str:
    """A scalar constant. Negative ones are for the caller to put in parentheses."""
    if dtype.is_float:
        return float_literal(float(value), dtype, dialect)
    return integer_literal(int(value), dtype)


def float_literal(value: float, dtype: DType, dialect: Dialect) -> str:
    """A float that reads back to the same bits: hexadecimal on hosts, decimal in artefacts.

    Infinities and NaN need no header: compilers with GNU builtins have them as constants, and the
    portable dialect names macros that `prelude.py` defines.
    """
    end = "f" if dtype == dtypes.float32 else ""
    if math.isnan(value):
        return f'__builtin_nan{end}("")' if dialect == "host" else f"CN_NAN_{end or 'd'}"
    if math.isinf(value):
        sign = "-" if value < 0 else ""
        name = f"__builtin_inf{end}()" if dialect == "host" else f"CN_INFINITY_{end or 'd'}"
        return sign + name
    if dialect == "host":
        return _short_hex(value) + end
    text = f"{value:.9g}" if dtype == dtypes.float32 else f"{value:.17g}"
    return (text if "." in text or "e" in text else f"{text}.0") + end


def _short_hex(value: float) -> str:
    if value == int(value) and abs(value) < 1 << 20:
        return f"{value:.1f}"
    mantissa, _, exponent = value.hex().partition("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}"


def integer_literal(value: int, dtype: DType) -> str:
    """An integer constant of the right width; the smallest ones have no literal of their own."""
    if dtype in (dtypes.int64, dtypes.uint64):
        if value == -(1 << 63):
            return "(-INT64_C(9223372036854775807) - 1)"
        macro = "INT64_C" if dtype == dtypes.int64 else "UINT64_C"
        return f"-{macro}({-value})" if value < 0 else f"{macro}({value})"
    if value == -(1 << 31):
        return "(-2147483647 - 1)"
    return f"{value}u" if dtype == dtypes.uint32 else f"{value}"
