"""Scalar helpers of the portable dialect: strict C99, no libm symbol whatever the flags.

`__builtin_sqrtf` becomes a call to libm without -fno-math-errno, so the square root is an SSE2
instruction where there is one and digit by digit elsewhere. A multiply-add uses the machine's where
it has one and correctly rounded software otherwise, so the bits do not depend on the flags.
"""

from __future__ import annotations

from constnet import dtypes
from constnet.dtypes import DType  # noqa: TC001  (short module, one import style)

_SQRT_F32 = """\
CN_INLINE float {name}(float a)
{{
#if defined(__SSE2__)
    return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(a)));
#else
    uint32_t bits = {bits}(a), root = 0, rest, bit;
    int32_t exponent = (int32_t)(bits >> 23);
    if (bits == 0x80000000u || bits == 0u || !(a < {infinity})) return a + a;
    if (bits >> 31) return {quiet}(0x7fc00000u);
    rest = bits & 0x7fffffu;
    if (exponent == 0) {{
        exponent = 1;
        while (!(rest & 0x800000u)) {{ rest <<= 1; --exponent; }}
    }} else rest |= 0x800000u;
    exponent -= 127;
    if (exponent & 1) {{ rest <<= 1; --exponent; }}
    rest <<= 1;
    {{
        uint32_t sum = 0;
        for (bit = 0x1000000u; bit; bit >>= 1) {{
            uint32_t trial = sum + bit;
            if (trial <= rest) {{ sum = trial + bit; rest -= trial; root += bit; }}
            rest <<= 1;
        }}
    }}
    if (rest) root += root & 1u;
    return {quiet}((root >> 1) + ((uint32_t)(exponent / 2 + 126) << 23));
#endif
}}"""

_SQRT_F64 = """\
CN_INLINE double {name}(double a)
{{
#if defined(__SSE2__)
    __m128d x = _mm_set_sd(a);
    return _mm_cvtsd_f64(_mm_sqrt_sd(x, x));
#else
    uint64_t bits = {bits}(a), root = 0, rest, bit;
    int32_t exponent = (int32_t)(bits >> 52);
    if (bits == UINT64_C(0x8000000000000000) || bits == 0u || !(a < {infinity})) return a + a;
    if (bits >> 63) return {quiet}(UINT64_C(0x7ff8000000000000));
    rest = bits & UINT64_C(0xfffffffffffff);
    if (exponent == 0) {{
        exponent = 1;
        while (!(rest & UINT64_C(0x10000000000000))) {{ rest <<= 1; --exponent; }}
    }} else rest |= UINT64_C(0x10000000000000);
    exponent -= 1023;
    if (exponent & 1) {{ rest <<= 1; --exponent; }}
    rest <<= 1;
    {{
        uint64_t sum = 0;
        for (bit = UINT64_C(0x20000000000000); bit; bit >>= 1) {{
            uint64_t trial = sum + bit;
            if (trial <= rest) {{ sum = trial + bit; rest -= trial; root += bit; }}
            rest <<= 1;
        }}
    }}
    if (rest) root += root & 1u;
    return {quiet}((root >> 1) + ((uint64_t)(exponent / 2 + 1022) << 52));
#endif
}}"""

_FLOOR = """\
CN_INLINE {kind} {name}({kind} a)
{{
    {kind} whole;
    if (!(a > -{limit} && a < {limit})) return a;
    whole = ({kind})({integer})a;
    if (whole == a) return a;
    return whole > a ? whole - {one} : whole;
}}"""

_ABS = """\
CN_INLINE {kind} {name}({kind} a) {{ return {quiet}({bits}(a) & {mask}); }}"""

_HAS_FMA = "defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined({macro})"

_FMA_F32 = """\
#if {condition}
#define {name} __builtin_fmaf
#else
#define {name} {software}
#endif"""

_FMA_F64 = """\
#if {condition}
#define {name} __builtin_fma
#else
#error "this machine has no double multiply-add: export the model in exact mode"
#endif"""


def helper_text(kind: str, dtype: DType, name: str, prefix: str) -> str:
    """The text of the scalar helper `kind` ("abs", "sqrt", "floor" or "fma") for a float dtype."""
    single = dtype == dtypes.float32
    short, bits = ("f32", "u32") if single else ("f64", "u64")
    words = {"bits": f"{prefix}_{short}_as_{bits}", "quiet": f"{prefix}_{bits}_as_{short}"}
    if kind == "fma":
        return _fma_text(name, prefix, single=single)
    if kind == "abs":
        mask = "0x7fffffffu" if single else "UINT64_C(0x7fffffffffffffff)"
        c_type = "float" if single else "double"
        return _ABS.format(name=name, kind=c_type, mask=mask, **words)
    if kind == "floor":
        return _floor_text(name, single=single)
    template = _SQRT_F32 if single else _SQRT_F64
    infinity = "CN_INFINITY_f" if single else "CN_INFINITY_d"
    return template.format(name=name, infinity=infinity, **words)


def _floor_text(name: str, *, single: bool) -> str:
    """Every float beyond 2^23 (2^52) is whole; NaN and -0.0 come back as they are."""
    if single:
        return _FLOOR.format(
            name=name, kind="float", integer="int32_t", limit="8388608.0f", one="1.0f"
        )
    limit = "4503599627370496.0"
    return _FLOOR.format(name=name, kind="double", integer="int64_t", limit=limit, one="1.0")


def _fma_text(name: str, prefix: str, *, single: bool) -> str:
    condition = _HAS_FMA.format(macro="__FP_FAST_FMAF" if single else "__FP_FAST_FMA")
    if single:
        software = f"{prefix}_soft_fma_f32"
        return _FMA_F32.format(condition=condition, name=name, software=software)
    return _FMA_F64.format(condition=condition, name=name)
