"""The software fma against rounding of exact fractions, bit for bit."""

from fractions import Fraction

import numpy as np
import pytest

from constnet import dtypes
from constnet.errors import DTypeError
from constnet.loopir.softmath import soft_fma_f32
from constnet.loopir.types import Local


def nearest_float32(exact):
    """Round to nearest, ties to even, from the definition."""
    if exact == 0:
        return np.float32(0)
    size = abs(exact)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= size < Fraction(2) ** exponent
    unit = Fraction(2) ** (max(exponent, -126) - 23)
    steps = round(size / unit)
    rounded = np.inf if steps * unit >= 2**128 else float(steps * unit)
    return np.float32(rounded if exact > 0 else -rounded)


def hard_cases():
    generator = np.random.default_rng(5)
    bits = generator.integers(0, 2**32, (3, 3000), np.uint32).view(np.float32)
    a, b, c = np.where(np.isfinite(bits), bits, np.float32(1))
    plain = generator.normal(size=(3, 3000)).astype(np.float32)
    with np.errstate(all="ignore"):
        # The addend nearly cancels the product, or is half an ulp of it with a little more.
        cancel = -(plain[0] * plain[1])
        cancel = np.nextafter(cancel, plain[2])
        x = np.exp2(generator.integers(-75, 64, 3000)).astype(np.float32)
        y = x * (1 + generator.integers(0, 2, 3000) * np.float32(2.0**-12))
        z = np.exp2(generator.integers(-149, 127, 3000)).astype(np.float32)
        half = (y * y).astype(np.float64) * 2.0 ** generator.integers(-49, 50, 3000)
        half = half.astype(np.float32)
    sets = [(a, b, c), tuple(plain), (plain[0], plain[1], cancel), (x, y, z), (y, y, half)]
    sets += [(y, -y, half), (x, y, -half)]
    with np.errstate(all="ignore"):
        stacked = np.concatenate([np.stack(rows) for rows in sets], axis=1).astype(np.float32)
    return stacked[:, np.isfinite(stacked).all(axis=0)]


def test_every_hard_case_is_rounded_once(value):
    a, b, c = hard_cases()
    found = value("soft_fma_f32", a, b, c)
    wanted = [
        nearest_float32(Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z)))
        for x, y, z in zip(a, b, c, strict=True)
    ]
    np.testing.assert_array_equal(found, np.array(wanted, np.float32))


def test_known_halfway_and_denormal_cases(value):
    tiny = 2.0**-149
    rows = np.array(
        [
            (1 + 2.0**-23, 1 + 2.0**-23, -1 - 2.0**-22),
            (2.0**-75, 2.0**-75, 0.0),
            (2.0**-75, 2.0**-74, tiny),
            (1.5 * 2.0**-75, 2.0**-75, 0.0),
            (2.0**64, 2.0**64, -(2.0**103)),
            (2.0**64, 2.0**64, -(2.0**104)),
        ],
        np.float32,
    ).T
    overflow = np.float32(2.0**128 - 2.0**104)
    wanted = [2.0**-46, 0.0, 2 * tiny, tiny, np.inf, overflow]
    np.testing.assert_array_equal(value("soft_fma_f32", *rows), np.array(wanted, np.float32))


def test_infinities_and_nan(value):
    inf, nan = np.inf, np.nan
    rows = np.array(
        [(inf, 1, 1), (inf, 0, 1), (inf, 1, -inf), (1, 1, -inf), (nan, 1, 1), (1, 1, nan)],
        np.float32,
    ).T
    found = value("soft_fma_f32", *rows)
    np.testing.assert_array_equal(found, [inf, nan, nan, -inf, nan, nan])


def test_only_float32():
    x = Local("x", dtypes.float64)
    with pytest.raises(DTypeError, match="operands are float64"):
        soft_fma_f32(x, x, x)
