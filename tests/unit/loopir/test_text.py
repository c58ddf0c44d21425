import numpy as np
import pytest

from constnet import dtypes
from constnet.errors import VerifyError
from constnet.loopir import types as ir
from constnet.loopir.builder import load, loop, store, var
from constnet.loopir.text import expr_text, kernel_text, to_text

X = ir.Param("x", dtypes.float32, 16, "read")
Z = ir.Param("z", dtypes.float32, 16, "write")


def test_kernel():
    body = (loop("i", 16, [store(Z, var("i"), load(X, var("i"), 8) * 2.0)], step=8),)
    assert kernel_text(ir.Kernel("twice", (X, Z), body, "pointwise", origin=("layers.0",))) == (
        'kernel twice pointwise origin=["layers.0"]\n'
        "  param x f32[16] read\n"
        "  param z f32[16] write\n"
        "  for i in range(0, 16, 8) serial\n"
        "    store z[i] = mul(x[i]:f32x8, 2.0:f32x8)\n"
    )


def test_program_shows_checksums_of_constants():
    buffer = ir.Buffer("w", dtypes.float32, 2, "constant", 0, np.array([1, 2], np.float32))
    text = to_text(ir.Program("p", (buffer,), (), (), 0, "fma"))
    assert text == "program p numerics=fma arena=0\nbuffer w f32[2] constant crc32=2e3fa576\n"


def test_unknown_expression_is_named():
    with pytest.raises(VerifyError, match="unknown expression Expr"):
        expr_text(ir.Expr())
