import pytest

from constnet import dtypes
from constnet.errors import UnsupportedError
from constnet.loopir import types as ir
from constnet.targets.c99.expression import ExpressionPrinter, widen

a, b = ir.Local("a", dtypes.float32), ir.Local("b", dtypes.float32)
n = ir.Local("n", dtypes.int32)
p = ir.Local("p", dtypes.bool_)


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (a + b + a, "a + b + a"),
        (a + (b + a), "a + (b + a)"),
        (a * b + a, "a * b + a"),
        (a - (b - a), "a - (b - a)"),
        ((a + b) * a, "(a + b) * a"),
        (a * -1.5, "a * (-1.5f)"),
        (ir.Unary("neg", -a), "-(-a)"),
        (ir.MulAdd(a, b, a), "net_fma_f32(a, b, a)"),
        (ir.MulAdd(n, n, n), "n * n + n"),
        (ir.select(a < b, a, 0.0), "(a < b) ? a : 0.0f"),
        ((a < b) & p, "(a < b) && p"),
        (ir.Unary("not", p), "!p"),
        (ir.Cast(a, dtypes.bool_), "a != 0"),
        (ir.Bitcast(n, dtypes.uint32), "(uint32_t)n"),
        (n << ir.Const(3, dtypes.int32), "(int32_t)((uint32_t)n << 3)"),
        (ir.Load("x", n * 8 + 1, dtypes.bool_), "(x[n * 8 + 1] != 0)"),
    ],
)
def test_scalars(expr, text):
    assert ExpressionPrinter("net", "portable", "fma").text(expr) == text


def test_exact_mode_rounds_twice():
    assert ExpressionPrinter("net", "host", "exact").text(ir.MulAdd(a, b, a)) == "a * b + a"


def test_masks_are_as_wide_as_what_was_compared():
    printer = ExpressionPrinter("net", "host", "fma")
    double = ir.Load("x", n, dtypes.float64, 8)
    condition = double < 1.0
    assert printer.local_type("m", condition) == "i64x8"
    chosen = ir.Select(ir.Local("m", dtypes.bool_, 8), *[ir.Load("y", n, dtypes.float32, 8)] * 2)
    assert "net_select_f32x8(__builtin_convertvector(m, i32x8)" in printer.text(chosen)


def test_portable_has_no_vectors():
    with pytest.raises(UnsupportedError, match="no vectors; got 4 lanes"):
        ExpressionPrinter("net", "portable", "fma").text(ir.Splat(a, 4))


def test_unknown_expression_is_named():
    class Strange(ir.Local):
        pass

    assert ExpressionPrinter("net", "host", "fma").text(Strange("s", dtypes.int32)) == "s"
    with pytest.raises(UnsupportedError, match="a function's body holds no Load"):
        widen(ir.Load("x", n, dtypes.float32), 4)
