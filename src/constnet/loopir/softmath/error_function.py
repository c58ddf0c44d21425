"""erf."""

from __future__ import annotations

from constnet.loopir.softmath.exponential import exp
from constnet.loopir.softmath.straight_line import (
    F32,
    Builder,
    Format,
    absolute,
    apply_by_dtype,
    clamp_above,
    estrin,
    with_sign_of,
)
from constnet.loopir.types import Apply, Expr, Function, Local, mul_add, select

SMALL = 0.95
# erf x = x + x p(x**2)
ERF_F32 = (
    0.12837913632392883,
    -0.3761243224143982,
    0.1128123551607132,
    -0.026746714487671852,
    0.004965135827660561,
    -0.0005852573667652905,
)
ERF_F64 = (
    0.1283791670955126,
    -0.3761263890318412,
    0.11283791670973928,
    -0.02686617064893041,
    0.0052239776652734495,
    -0.0008548329493786131,
    0.00012055430268157281,
    -1.4928174834194006e-05,
    1.6505823089591188e-06,
    -1.6865261779738547e-07,
    1.8414714221720557e-08,
    -2.711333845742399e-09,
    3.4843168790751764e-10,
)
# log erfc t = -t + t g(t)
LOG_ERFC_F32 = (
    -0.12865984439849854,
    -0.6351054906845093,
    -0.10631224513053894,
    0.023826666176319122,
    -0.0036728789564222097,
    0.00033026040182448924,
    -1.1974335393460933e-05,
)
LOG_ERFC_F64 = (
    -0.12837914651065793,
    -0.6366199225924473,
    -0.10277224518812847,
    0.019128718583113585,
    0.00020518019209700346,
    -0.0016834403893998028,
    0.000565367415612951,
    8.264652898527081e-06,
    -9.996870516605829e-05,
    5.821039373668886e-05,
    -2.1180708572858757e-05,
    5.633388930019521e-06,
    -1.1355917816263145e-06,
    1.7310689175309963e-07,
    -1.942541276906199e-08,
    1.5170591254948863e-09,
    -7.369796014737166e-11,
    1.6768668636880235e-12,
)


def erf(x: Expr) -> Apply:
    """The error function: odd in every bit, 1 at infinity, NaN for NaN.

    Formula: x + x p(x**2) up to |x| = 0.95; above, 1 - e**(-|x| + |x| g(|x|)).

    Source: the split is that of N. Juffa's erff; polynomials from scripts/minimax.py.
    """
    return apply_by_dtype(_erf, x)


def _erf(form: Format) -> Function:
    x = Local("x", form.dtype)
    build = Builder()
    # Above, 1 - erf is below half an ulp of 1.
    a = build.let("a", clamp_above(absolute(x), 4.0 if form is F32 else 6.0))
    g = estrin(build, a, LOG_ERFC_F32 if form is F32 else LOG_ERFC_F64, "a")
    large = 1.0 - exp(mul_add(a, g, -a))
    z = build.let("z", x * x)
    p = estrin(build, z, ERF_F32 if form is F32 else ERF_F64, "z")
    small = mul_add(x, p, x)
    result = select(a > SMALL, with_sign_of(form, large, x), small)
    return build.function(f"erf_{form.suffix}", (x,), result, "The error function.")
