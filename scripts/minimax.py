"""Finds the polynomial coefficients of `constnet.loopir.softmath`.

    python scripts/minimax.py            print every table
    python scripts/minimax.py exp_f32    print one

Weighted least squares with Lawson's reweighting in mpmath, on Chebyshev nodes; each coefficient in
turn is rounded to the dtype, and the ones that remain are fitted again around it. Each table of the
output has a name, the error reached as a power of two, and the coefficients from the lowest power.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import mpmath as mp
import numpy as np

mp.mp.prec = 300
Real = Callable[[mp.mpf], mp.mpf]


@dataclass(frozen=True)
class Fit:
    """Approximate `target` by `sum c[i] * x**powers[i]` on [low, high], error times `weight`."""

    name: str
    target: Real
    weight: Real
    powers: tuple[int, ...]
    low: float
    high: float
    dtype: type[np.floating]


def lawson(fit: Fit, fixed: dict[int, mp.mpf]) -> list[mp.mpf]:
    """Return all coefficients, those of `fixed` kept and the others fitted around them.

    Source: Lawson's iteratively reweighted least squares, which tends to the minimax fit and,
    unlike the Remez exchange, does not need the free powers to be a Haar system.
    """
    free = [index for index in range(len(fit.powers)) if index not in fixed]
    if not free:
        return [fixed[index] for index in range(len(fit.powers))]
    low, high = mp.mpf(fit.low), mp.mpf(fit.high)
    count = 6 * (len(fit.powers) + 1)
    angles = [mp.pi * (i + mp.mpf("0.5")) / count for i in range(count)]
    grid = [(high + low) / 2 + (high - low) / 2 * mp.cos(angle) for angle in angles]
    rows = [[fit.weight(x) * x ** fit.powers[i] for i in free] for x in grid]
    known = list(fixed.items())
    rest = [
        fit.weight(x) * (fit.target(x) - mp.fsum(c * x ** fit.powers[i] for i, c in known))
        for x in grid
    ]
    emphasis = [mp.mpf(1)] * count
    solution = mp.matrix(len(free), 1)
    for _ in range(12):
        solution = _least_squares(rows, rest, emphasis)
        errors = [abs(mp.fdot(row, solution) - t) for row, t in zip(rows, rest, strict=True)]
        total = mp.fdot(emphasis, errors)
        emphasis = [w * e / total for w, e in zip(emphasis, errors, strict=True)]
    found = dict(fixed)
    found.update({index: solution[column] for column, index in enumerate(free)})
    return [found[index] for index in range(len(fit.powers))]


def _least_squares(
    rows: list[list[mp.mpf]], right: list[mp.mpf], emphasis: list[mp.mpf]
) -> mp.matrix:
    size = len(rows[0])
    normal, moments = mp.matrix(size, size), mp.matrix(size, 1)
    for i in range(size):
        column = [w * row[i] for w, row in zip(emphasis, rows, strict=True)]
        moments[i] = mp.fdot(column, right)
        for j in range(size):
            normal[i, j] = mp.fdot(column, [row[j] for row in rows])
    return mp.lu_solve(normal, moments)


def rounded(fit: Fit) -> tuple[list[float], mp.mpf]:
    """Return coefficients that are exact in the dtype, lowest power first, and the error."""
    fixed: dict[int, mp.mpf] = {}
    for index in range(len(fit.powers)):
        fixed[index] = _nearest(lawson(fit, fixed)[index], fit.dtype)
    return [float(fixed[index]) for index in range(len(fit.powers))], _error(fit, fixed)


def _nearest(value: mp.mpf, dtype: type[np.floating]) -> mp.mpf:
    with mp.workprec(24 if dtype is np.float32 else 53):
        return +value


def _error(fit: Fit, fixed: dict[int, mp.mpf]) -> mp.mpf:
    known = list(fixed.items())
    points = [fit.low + (fit.high - fit.low) * mp.mpf(i) / 997 for i in range(998)]
    return max(
        abs(fit.weight(x) * (mp.fsum(c * x ** fit.powers[i] for i, c in known) - fit.target(x)))
        for x in points
        if x != 0
    )


def _up_to(degree: int) -> tuple[int, ...]:
    return tuple(range(degree + 1))


def _exp(name: str, degree: int, dtype: type[np.floating]) -> Fit:
    """Fit q in e**r = 1 + r + r**2 q(r)."""
    return Fit(
        name,
        lambda r: (mp.exp(r) - 1 - r) / r**2,
        lambda r: r**2 / mp.exp(r),
        _up_to(degree),
        -0.3468,
        0.3468,
        dtype,
    )


def _half_square_exp(name: str, degree: int, small: float, dtype: type[np.floating]) -> Fit:
    """Fit e**(2 r) / 2, weighted by what an error does to tanh a, a = r + n log(2) / 2 > small."""

    def weight(r: mp.mpf) -> mp.mpf:
        n = 2 if r + mp.log(2) > small else 3
        e = mp.exp(2 * r) * 2**n
        return 4 * e / (1 + e) ** 2 / mp.exp(2 * r)

    return Fit(
        name,
        lambda r: mp.exp(2 * r) / 2,
        weight,
        _up_to(degree),
        -0.1736,
        0.1736,
        dtype,
    )


def _tanh(name: str, degree: int, high: float, dtype: type[np.floating]) -> Fit:
    """Fit q in tanh x = x + x z q(z), z = x**2, |x| <= high."""
    return Fit(
        name,
        lambda z: (mp.tanh(mp.sqrt(z)) / mp.sqrt(z) - 1) / z,
        lambda z: z * mp.sqrt(z) / mp.tanh(mp.sqrt(z)),
        _up_to(degree),
        0.0,
        high**2,
        dtype,
    )


def _log(name: str, degree: int, dtype: type[np.floating]) -> Fit:
    """Fit p in log(1 + f) = f - f**2 / 2 + f**3 p(f)."""
    return Fit(
        name,
        lambda f: (mp.log1p(f) - f + f**2 / 2) / f**3,
        lambda f: f**3 / mp.log1p(f),
        _up_to(degree),
        -0.29291,
        0.41423,
        dtype,
    )


def _atanh(name: str, degree: int, dtype: type[np.floating]) -> Fit:
    """Fit r in log((1 + s) / (1 - s)) = 2 s + s z r(z), z = s**2."""
    return Fit(
        name,
        lambda z: (2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2) / z,
        lambda z: z / 2,
        _up_to(degree),
        0.0,
        0.02945,
        dtype,
    )


def _sin(name: str, degree: int, dtype: type[np.floating]) -> Fit:
    """Fit s in sin r = r + r z s(z), z = r**2."""
    return Fit(
        name,
        lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z,
        lambda z: z * mp.sqrt(z) / mp.sin(mp.sqrt(z)),
        _up_to(degree),
        0.0,
        0.617,
        dtype,
    )


def _cos(name: str, degree: int, dtype: type[np.floating]) -> Fit:
    """Fit c in cos r = 1 - z / 2 + z**2 c(z), z = r**2."""
    return Fit(
        name,
        lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2,
        lambda z: z**2 / mp.cos(mp.sqrt(z)),
        _up_to(degree),
        0.0,
        0.617,
        dtype,
    )


def _erf(name: str, degree: int, dtype: type[np.floating]) -> Fit:
    """Fit p in erf x = x + x p(x**2), |x| <= 0.95."""
    return Fit(
        name,
        lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1,
        lambda z: mp.sqrt(z) / mp.erf(mp.sqrt(z)),
        _up_to(degree),
        0.0,
        0.9025,
        dtype,
    )


def _log_erfc(name: str, degree: int, high: float, dtype: type[np.floating]) -> Fit:
    """Fit g in log erfc t = -t + t g(t) for t from 0.95 to where erf t rounds to 1."""
    return Fit(
        name,
        lambda t: mp.log(mp.erfc(t)) / t + 1,
        lambda t: t * mp.erfc(t) / mp.erf(t),
        _up_to(degree),
        0.94,
        high,
        dtype,
    )


def _log2_tail(name: str, degree: int, dtype: type[np.floating]) -> Fit:
    """Fit l in log((1 + s) / (1 - s)) = 2/3 s (3 + z + z**2 l(z)), z = s**2."""
    return Fit(
        name,
        lambda z: (3 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 3 - z) / z**2,
        lambda z: z**2 / 3,
        _up_to(degree),
        0.0,
        0.02945,
        dtype,
    )


FITS = (
    _sin("sin_f32", 2, np.float32),
    _sin("sin_f64", 5, np.float64),
    _cos("cos_f32", 2, np.float32),
    _cos("cos_f64", 5, np.float64),
    _erf("erf_f32", 5, np.float32),
    _erf("erf_f64", 12, np.float64),
    _log_erfc("log_erfc_f32", 6, 4.0, np.float32),
    _log_erfc("log_erfc_f64", 17, 6.0, np.float64),
    _log2_tail("log_tail_f64", 7, np.float64),
    _exp("exp_f32", 4, np.float32),
    _exp("exp_f64", 9, np.float64),
    _half_square_exp("half_square_exp_f32", 5, 0.7, np.float32),
    _half_square_exp("half_square_exp_f64", 11, 0.625, np.float64),
    _tanh("tanh_f32", 4, 0.7, np.float32),
    _tanh("tanh_f64", 11, 0.625, np.float64),
    _log("log_f32", 7, np.float32),
    _atanh("atanh_f64", 6, np.float64),
)


def main() -> None:
    """Print the tables that the command line names, or all."""
    for fit in FITS:
        if len(sys.argv) > 1 and fit.name not in sys.argv[1:]:
            continue
        coefficients, error = rounded(fit)
        print(f"{fit.name}  # 2**{float(mp.log(error, 2)):.1f}")
        for value in coefficients:
            print(f"    {value!r},")


if __name__ == "__main__":
    main()
