"""Small helpers that printed C needs: vector types, selects, multiply-adds, square roots.

A printer asks for a helper by key while it prints; `print_helpers` then gives their text, each
once, dependencies first. Hosts are gcc and clang with GNU extensions; the portable dialect has
strict C99 and no libm symbol under any flags.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from constnet import dtypes
from constnet.targets.c99 import portable, spelling

if TYPE_CHECKING:
    from collections.abc import Iterable

    from constnet.dtypes import DType
    from constnet.targets.c99.spelling import Dialect

HelperKind = Literal[
    "vector", "splat", "select", "bits", "abs", "min", "max", "sqrt", "floor", "fma", "cast"
]
_ORDER: tuple[HelperKind, ...] = (
    "vector", "splat", "select", "bits", "abs", "min", "max", "sqrt", "floor", "fma",
)  # fmt: skip
_INLINE = "static inline __attribute__((always_inline, unused))"


@dataclass(frozen=True, slots=True)
class Helper:
    """A helper for one dtype and number of lanes. `source` is the other dtype of a `bits`."""

    kind: HelperKind
    dtype: DType
    lanes: int
    source: DType | None = None

    @property
    def sort_key(self) -> tuple[int, str, int, str]:
        """Order of printing: types first, then what others are made of."""
        source = self.source.name if self.source else ""
        return (_ORDER.index(self.kind), self.dtype.name, self.lanes, source)

    def name(self, prefix: str) -> str:
        """The C name of the helper."""
        end = spelling.suffix(self.dtype, self.lanes)
        if self.kind == "bits":
            source = spelling.SHORT_NAMES[self.source.name] if self.source else ""
            return f"{prefix}_{source}_as_{end}"
        return f"{prefix}_{self.kind}_{end}"


def print_helpers(helpers: Iterable[Helper], prefix: str, dialect: Dialect) -> str:
    """The text of all `helpers` and of what they need, in a stable order."""
    wanted: set[Helper] = set()
    for helper in helpers:
        wanted |= {helper, *_needs(helper, dialect)}
    parts = [_text(helper, prefix, dialect) for helper in sorted(wanted, key=lambda h: h.sort_key)]
    return "\n".join(dict.fromkeys(parts))


def _needs(helper: Helper, dialect: Dialect) -> set[Helper]:
    needed: set[Helper] = set()
    if helper.lanes > 1:
        needed.add(Helper("vector", helper.dtype, helper.lanes))
        needed.add(Helper("vector", spelling.signed_twin(helper.dtype), helper.lanes))
    elif dialect == "portable" and helper.dtype.is_float and helper.kind in ("abs", "sqrt"):
        bits = dtypes.uint32 if helper.dtype == dtypes.float32 else dtypes.uint64
        needed |= {Helper("bits", bits, 1, helper.dtype), Helper("bits", helper.dtype, 1, bits)}
    if helper.kind in ("min", "max") and helper.lanes > 1:
        needed.add(Helper("select", helper.dtype, helper.lanes))
    return needed


def _text(helper: Helper, prefix: str, dialect: Dialect) -> str:
    if helper.lanes > 1:
        return _vector_text(helper, prefix)
    if helper.kind == "bits":
        return _bits_text(helper, prefix)
    name = helper.name(prefix)
    kind = spelling.local_type(helper.dtype, 1)
    inline = _INLINE if dialect == "host" else "CN_INLINE"
    if helper.kind in ("min", "max"):
        sign = "<" if helper.kind == "min" else ">"
        return f"{inline} {kind} {name}({kind} a, {kind} b) {{ return a {sign} b ? a : b; }}"
    if not helper.dtype.is_float and helper.kind == "abs":
        body = f"return ({kind})(a < 0 ? -a : a);"
        return f"{inline} {kind} {name}({kind} a) {{ {body} }}"
    if dialect == "portable":
        return portable.helper_text(helper.kind, helper.dtype, name, prefix)
    end = "f" if helper.dtype == dtypes.float32 else ""
    builtin = {"abs": "fabs", "sqrt": "sqrt", "floor": "floor", "fma": "fma"}[helper.kind]
    return f"#define {name} __builtin_{builtin}{end}"


def _bits_text(helper: Helper, prefix: str) -> str:
    source = helper.source or helper.dtype
    source_type, kind = (spelling.SCALAR_TYPES[t.name] for t in (source, helper.dtype))
    return "\n".join(
        (
            f"CN_INLINE {kind} {helper.name(prefix)}({source_type} a)",
            "{",
            f"    {kind} r;",
            "#ifdef __cplusplus",
            "    memcpy(&r, &a, sizeof r);",
            "#else",
            f"    union {{ {source_type} from; {kind} to; }} pun;",
            "    pun.from = a;",
            "    r = pun.to;",
            "#endif",
            "    return r;",
            "}",
        )
    )


def _vector_text(helper: Helper, prefix: str) -> str:
    dtype, lanes = helper.dtype, helper.lanes
    kind = spelling.vector_name(dtype, lanes)
    if helper.kind == "vector":
        element = spelling.SCALAR_TYPES[dtype.name]
        size = dtype.bytes * lanes
        attributes = f"vector_size({size}), aligned({dtype.bytes}), may_alias"
        return f"typedef {element} {kind} __attribute__(({attributes}));"
    name = helper.name(prefix)
    if helper.kind == "splat":
        element = spelling.SCALAR_TYPES[dtype.name]
        values = ", ".join(["a"] * lanes)
        return f"{_INLINE} {kind} {name}({element} a) {{ return ({kind}){{{values}}}; }}"
    mask = spelling.vector_name(spelling.signed_twin(dtype), lanes)
    if helper.kind == "select":
        body = f"return ({kind})((m & ({mask})a) | (~m & ({mask})b));"
        return f"{_INLINE} {kind} {name}({mask} m, {kind} a, {kind} b) {{ {body} }}"
    if helper.kind in ("min", "max"):
        return _vector_order_text(helper, name, kind, prefix)
    if helper.kind == "fma":
        return _vector_fma_text(helper, name, kind)
    if helper.kind == "abs":
        bits = "INT32_MAX" if dtype == dtypes.float32 else "INT64_MAX"
        if not dtype.is_float:
            sign = f"a >> {8 * dtype.bytes - 1}"  # all ones where a < 0: C has no vector ?:
            return f"{_INLINE} {kind} {name}({kind} a) {{ return (a ^ ({sign})) - ({sign}); }}"
        return f"{_INLINE} {kind} {name}({kind} a) {{ return ({kind})(({mask})a & {bits}); }}"
    return _vector_unary_text(helper, name, kind)


def _vector_order_text(helper: Helper, name: str, kind: str, prefix: str) -> str:
    """The smaller or larger; gcc finds the instruction in a loop, clang in a select."""
    sign = "<" if helper.kind == "min" else ">"
    select = Helper("select", helper.dtype, helper.lanes).name(prefix)
    return "\n".join(
        (
            f"{_INLINE} {kind} {name}({kind} a, {kind} b)",
            "{",
            "#ifdef __clang__",
            f"    return {select}(a {sign} b, a, b);",
            "#else",
            f"    {kind} r;",
            f"    for (int i = 0; i < {helper.lanes}; ++i) r[i] = a[i] {sign} b[i] ? a[i] : b[i];",
            "    return r;",
            "#endif",
            "}",
        )
    )


def _vector_unary_text(helper: Helper, name: str, kind: str) -> str:
    end = "f" if helper.dtype == dtypes.float32 else ""
    each = f"for (int i = 0; i < {helper.lanes}; ++i)"
    return "\n".join(
        (
            f"#if defined(__clang__) && __has_builtin(__builtin_elementwise_{helper.kind})",
            f"#define {name} __builtin_elementwise_{helper.kind}",
            "#else",
            f"{_INLINE} {kind} {name}({kind} a)",
            "{",
            f"    {each} a[i] = __builtin_{helper.kind}{end}(a[i]);",
            "    return a;",
            "}",
            "#endif",
        )
    )


def _vector_fma_text(helper: Helper, name: str, kind: str) -> str:
    """One instruction on clang from 16 on and on gcc for x86; a loop to be vectorised elsewhere."""
    end = "f" if helper.dtype == dtypes.float32 else ""
    has = "#if defined(__clang__) && __has_builtin(__builtin_elementwise_fma)"
    lines = [has, f"#define {name} __builtin_elementwise_fma"]
    each = f"for (int i = 0; i < {helper.lanes}; ++i)"
    form = "ps" if helper.dtype == dtypes.float32 else "pd"
    size = helper.dtype.bytes * helper.lanes
    if size == 64:
        call = f"__builtin_ia32_vfmadd{form}512_mask(a, b, c, -1, 4)"
        lines += [
            "#elif defined(__AVX512F__) && !defined(__clang__)",
            f"#define {name}(a, b, c) {call}",
        ]
    elif size in (16, 32):
        width = "256" if size == 32 else ""
        builtin = f"__builtin_ia32_vfmadd{form}{width}"
        lines += ["#elif defined(__FMA__) && !defined(__clang__)", f"#define {name} {builtin}"]
    lines += [
        "#else",
        f"{_INLINE} {kind} {name}({kind} a, {kind} b, {kind} c)",
        "{",
        f"    {each} c[i] = __builtin_fma{end}(a[i], b[i], c[i]);",
        "    return c;",
        "}",
        "#endif",
    ]
    return "\n".join(lines)
