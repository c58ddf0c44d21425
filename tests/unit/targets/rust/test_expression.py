import pytest

from constnet import dtypes
from constnet.errors import UnsupportedError
from constnet.loopir import types as ir
from constnet.targets.rust.expression import ExpressionPrinter

a = ir.Local("a", dtypes.float32)
u = ir.Local("u", dtypes.uint32)


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (a + a * 2.0, "a + (a * 2f32)"),
        (u * u, "u.wrapping_mul(u)"),
        (ir.Unary("neg", u), "u.wrapping_neg()"),
        (ir.select(a < 0.0, -a, a), "if a < 0f32 { -a } else { a }"),
        (ir.MulAdd(a, a, a), "soft_fma_f32(a, a, a)"),
        (ir.Cast(a < 0.0, dtypes.float32), "(a < 0f32) as u8 as f32"),
        (ir.Cast(a, dtypes.bool_), "a != 0f32"),
        (ir.Bitcast(a, dtypes.int32), "a.to_bits() as i32"),
        (ir.Bitcast(u, dtypes.float32), "f32::from_bits(u)"),
        (ir.Load("x", ir.Const(3, ir.index), dtypes.float32), "x[3]"),
    ],
)
def test_text(expr, text):
    assert ExpressionPrinter("fma").text(expr) == text


def test_what_const_fn_lacks_is_refused():
    double = ir.Local("d", dtypes.float64)
    with pytest.raises(UnsupportedError, match="no float64 multiply-add: export in exact mode"):
        ExpressionPrinter("fma").text(ir.MulAdd(double, double, double))
    with pytest.raises(UnsupportedError, match="no vectors; got 4 lanes"):
        ExpressionPrinter("fma").text(ir.Splat(a, 4))
