import pytest

from constnet import dtypes
from constnet.errors import UnsupportedError
from constnet.loopir import types as ir
from constnet.loopir.builder import idx, load, loop, store, var
from constnet.targets.c99.statement import StatementPrinter

F = dtypes.float32
X, Z = ir.Param("x", F, 8, "read"), ir.Param("z", F, 8, "write")


def printed(*body, dialect="portable", parallel=False):
    kernel = ir.Kernel("k", (X, Z), body, "pointwise", parallel)
    return StatementPrinter("net", dialect, "exact").kernel(kernel, "net_k")


def test_a_let_that_nothing_reads_is_left_out():
    assert "unread" not in printed(ir.Let("unread", load(X, 0)), store(Z, 0, load(X, 0)))


def test_shares_of_loops_with_steps_and_starts():
    text = printed(
        loop("i", 8, [], start=2, step=3, mode="parallel"), dialect="host", parallel=True
    )
    assert "i_first = 2 + (int32_t)((int64_t)2 * thread / threads) * 3;" in text
    shifted = loop("i", var("n"), [], start=0, mode="parallel")
    text = printed(ir.Let("n", idx(8)), shifted, dialect="host", parallel=True)
    assert "(int64_t)((n - 0 + 0) / 1) * (thread + 1) / threads" in text


def test_comments_cannot_be_ended_from_inside():
    assert "/* a * / int b \\n */".replace("\\", "/") in printed(ir.Comment("a */ int b \\n"))


def test_unknown_statement_is_named():
    with pytest.raises(UnsupportedError, match="unknown statement Stmt"):
        printed(ir.Stmt())
