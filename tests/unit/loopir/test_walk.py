from constnet import dtypes
from constnet.loopir import types as ir
from constnet.loopir import walk
from constnet.loopir.builder import load, loop, store, var

F = dtypes.float32
X, Z = ir.Param("x", F, 8, "read"), ir.Param("z", F, 8, "write")
a = ir.Local("a", F)
inner = ir.Function("inner", (a,), (), a + 1.0)
outer = ir.Function("outer", (a,), (ir.Let("b", ir.Apply(inner, (a,))),), ir.Local("b", F))
BODY = (loop("i", 8, [store(Z, var("i"), ir.Apply(outer, (load(X, var("i")),)))]),)


def test_statements_and_names_of_loops():
    assert [type(stmt).__name__ for stmt in walk.statements(BODY)] == ["For", "Store"]
    assert walk.used_names(BODY) == {"x", "z", "i"}


def test_functions_come_before_their_callers():
    kernel = ir.Kernel("k", (X, Z), BODY, "pointwise")
    program = ir.Program("p", (), (kernel,), (), 0, "exact")
    assert walk.functions(program) == (inner, outer)


def test_subexpressions_are_outermost_first():
    expr = ir.select(a < 1.0, ir.MulAdd(a, a, a), ir.Cast(var("i"), F))
    kinds = [type(part).__name__ for part in walk.subexpressions(expr)]
    assert kinds[:3] == ["Select", "Binary", "Local"]
    assert len(kinds) == 10
