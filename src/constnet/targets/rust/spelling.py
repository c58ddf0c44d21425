"""Rust's words: types, literals, identifiers, and helpers that `const fn` has no method for."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from constnet import dtypes
from constnet.errors import VerifyError

if TYPE_CHECKING:
    from constnet.dtypes import DType

TYPES = {
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
    "bool": "bool",
}

_KEYWORD_TEXT = """
    as async await box break const continue crate dyn else enum extern false fn for gen if impl in
    let loop macro match mod move mut pub ref return self Self static struct super trait true try
    type union unsafe use where while yield abstract become do final override priv typeof unsized
    virtual f32 f64 i8 i16 i32 i64 u8 u16 u32 u64 bool usize isize
"""
KEYWORDS = frozenset(_KEYWORD_TEXT.split())
"""Words that Rust keeps for itself, and the types whose methods the text calls."""

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def local_name(name: str) -> str:
    """A loop-language local as Rust spells it."""
    if not _IDENTIFIER.fullmatch(name):
        message = f"[rust] the local name {name!r} is not an identifier"
        raise VerifyError(message)
    return f"{name}_" if name in KEYWORDS else name


def identifier(text: str) -> str:
    """`text` as a snake-case name."""
    cleaned = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()
    if not cleaned or cleaned[0].isdigit() or cleaned in KEYWORDS:
        cleaned = f"n_{cleaned}"
    return cleaned


def type_name(dtype: DType) -> str:
    """The Rust type of elements and scalars."""
    return TYPES[dtype.name]


def zero(dtype: DType) -> str:
    """The first value of an array."""
    return literal(0, dtype)


def literal(value: float, dtype: DType) -> str:
    """A constant that reads back to the same bits, with its type."""
    kind = TYPES[dtype.name]
    if dtype == dtypes.bool_:
        return "true" if value else "false"
    if not dtype.is_float:
        return f"{kind}::MIN" if value == _smallest(dtype) else f"{int(value)}{kind}"
    value = float(value)
    if math.isnan(value):
        return f"{kind}::NAN"
    if math.isinf(value):
        return f"{kind}::{'NEG_' if value < 0 else ''}INFINITY"
    text = f"{value:.9g}" if dtype == dtypes.float32 else f"{value:.17g}"
    return f"{text}{kind}"


def _smallest(dtype: DType) -> int:
    return -(1 << (8 * dtype.bytes - 1)) if dtype.kind == "int" else -1


_ORDER = """\
const fn {name}(a: {kind}, b: {kind}) -> {kind} {{
    if a {sign} b {{ a }} else {{ b }}
}}"""

_ABS = """\
const fn {name}(a: {kind}) -> {kind} {{
    {kind}::from_bits(a.to_bits() & ({bits}::MAX >> 1))
}}"""

_FLOOR = """\
/// Every float beyond {limit} is whole; NaN and -0.0 come back as they are.
const fn {name}(a: {kind}) -> {kind} {{
    if !(a > -{limit} && a < {limit}) {{
        return a;
    }}
    let whole = a as {integer} as {kind};
    if whole == a {{
        a
    }} else if whole > a {{
        whole - 1.0
    }} else {{
        whole
    }}
}}"""

_SQRT = """\
/// Correctly rounded square root, digit by digit.
const fn {name}(a: {kind}) -> {kind} {{
    if a == 0.0 || !(a < {kind}::INFINITY) {{
        return a + a;
    }}
    if a < 0.0 {{
        return {kind}::NAN;
    }}
    let mut exponent = (a.to_bits() >> {mantissa}) as i32;
    let hidden: {bits} = 1 << {mantissa};
    let mut rest = a.to_bits() & (hidden - 1);
    if exponent == 0 {{
        exponent = 1;
        while rest & hidden == 0 {{
            rest <<= 1;
            exponent -= 1;
        }}
    }} else {{
        rest |= hidden;
    }}
    exponent -= {bias};
    if exponent & 1 != 0 {{
        rest <<= 1;
        exponent -= 1;
    }}
    rest <<= 1;
    let mut root: {bits} = 0;
    let mut sum: {bits} = 0;
    let mut bit: {bits} = hidden << 1;
    while bit != 0 {{
        let trial = sum + bit;
        if trial <= rest {{
            sum = trial + bit;
            rest -= trial;
            root += bit;
        }}
        rest <<= 1;
        bit >>= 1;
    }}
    if rest != 0 {{
        root += root & 1;
    }}
    {kind}::from_bits((root >> 1) + (((exponent / 2 + {bias} - 1) as {bits}) << {mantissa}))
}}"""


def helper_name(kind: str, dtype: DType) -> str:
    """The name of a helper for one dtype: `sqrt_f32`."""
    return f"cn_{kind}_{TYPES[dtype.name]}"


def helper_text(kind: str, dtype: DType) -> str:
    """The text of the helper `kind` ("min", "max", "abs", "floor" or "sqrt")."""
    single = dtype == dtypes.float32
    words = {"name": helper_name(kind, dtype), "kind": TYPES[dtype.name]}
    if kind in ("min", "max"):
        return _ORDER.format(sign="<" if kind == "min" else ">", **words)
    bits = "u32" if single else "u64"
    if kind == "abs":
        return _ABS.format(bits=bits, **words)
    if kind == "floor":
        limit, integer = ("8388608.0", "i32") if single else ("4503599627370496.0", "i64")
        return _FLOOR.format(limit=limit, integer=integer, **words)
    mantissa, bias = (23, 127) if single else (52, 1023)
    return _SQRT.format(bits=bits, mantissa=mantissa, bias=bias, **words)
