from dataclasses import replace

import numpy as np
import pytest

from constnet import dtypes
from constnet.errors import VerifyError
from constnet.loopir import types as ir
from constnet.loopir.builder import declare, idx, let, load, loop, splat, store, var
from constnet.loopir.verify import verify, verify_function, verify_kernel

F = dtypes.float32
X, Z = ir.Param("x", F, 16, "read"), ir.Param("z", F, 16, "write")
i, a = var("i"), ir.Local("a", F)
other = ir.Local("a", dtypes.float64)


def kernel(*body, parallel=False):
    return ir.Kernel("k", (X, Z), tuple(body), "pointwise", parallel)


LEGAL = kernel(
    loop(
        "t",
        16,
        [loop("i", var("t") + 8, [store(Z, i, load(X, i, 4))], start=var("t"), step=4)],
        step=8,
    ),
    declare("a", load(X, 0))[0],
    loop("i", 4, [ir.Assign("a", a + load(X, i * 4 + 3))]),
    store(Z, 0, a),
)
CASES = {
    "a is used before it is bound": [store(Z, 0, a)],
    "a is bound twice": [let("a", load(X, 0))[0], let("a", load(X, 0))[0]],
    "x is bound twice": [let("x", load(X, 0))[0]],
    "a is assigned but not declared": [let("a", load(X, 0))[0], ir.Assign("a", a)],
    "a is given another type": [declare("a", load(X, 0))[0], ir.Assign("a", splat(1.0, F, 4))],
    r"x\[i\] can reach past element 16 of 16, 1 lanes": [loop("i", 17, [store(Z, 0, load(X, i))])],
    r"z\[i\] can reach past element 13 of 16, 4 lanes": [
        loop("i", 14, [store(Z, i, load(X, 0, 4))])
    ],
    "can begin at element -1": [loop("i", 4, [store(Z, i, load(X, i - 1))])],
    "x is stored to but its access is read": [store(X, 0, load(X, 0))],
    "a store names q": [ir.Store("q", idx(0), load(X, 0))],
    "a load names q": [store(Z, 0, ir.Load("q", idx(0), F))],
    "z holds float32, not float64": [store(Z, 0, ir.Const(1.0, dtypes.float64))],
    "x holds float32, not int32": [store(Z, 0, ir.Cast(ir.Load("x", idx(0), ir.index), F))],
    "is parallel in a kernel that is not": [loop("i", 4, [], mode="parallel")],
    "loop i has step 0": [replace(loop("i", 4, []), step=0)],
    "is not a scalar int32 index": [store(Z, 0, ir.Load("x", ir.Const(0, dtypes.int64), F))],
    "operands of add.* differ": [store(Z, 0, ir.Binary("add", load(X, 0), splat(1.0, F, 2)))],
    "is for integers": [store(Z, 0, ir.Binary("rem", load(X, 0), load(X, 1)))],
    "is for floats": [let("a", ir.Unary("sqrt", idx(4)))[0]],
    "changes the size": [let("a", ir.Bitcast(load(X, 0), dtypes.uint64))[0]],
    "do not fit": [let("a", ir.Select(load(X, 0), load(X, 0), load(X, 0)))[0]],
    "operands of mul_add": [let("a", ir.MulAdd(load(X, 0), load(X, 0), idx(0)))[0]],
    "splats 4 lanes": [let("a", ir.Splat(load(X, 0, 4), 4))[0]],
    "was bound as float32 with 1 lanes": [let("a", load(X, 0))[0], let("b", other)[0]],
}


def test_legal_kernel():
    verify_kernel(LEGAL)


@pytest.mark.parametrize("message", CASES, ids=str)
def test_broken_rule_is_named(message):
    with pytest.raises(VerifyError, match=message):
        verify_kernel(kernel(*CASES[message]))


def program(call, *, space="output", data=None, arena=64, offset=0):
    buffers = (
        ir.Buffer("x", F, 16, "input"),
        ir.Buffer("z", F, 16, space, offset, data),
    )
    return ir.Program("p", buffers, (LEGAL,), (call,), arena, "exact")


GOOD = ir.Call("k", (ir.Slice("x"), ir.Slice("z")))


def test_legal_program():
    verify(program(GOOD))
    verify(program(GOOD, space="arena"))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (program(replace(GOOD, kernel="q")), "kernel q, which is not there"),
        (program(ir.Call("k", (ir.Slice("x"),))), "takes 2 arguments, a call gives 1"),
        (program(ir.Call("k", (ir.Slice("x"), ir.Slice("q")))), "no buffer is called q"),
        (program(ir.Call("k", (ir.Slice("x", 1), ir.Slice("z")))), "spans elements 1 to 17 of 16"),
        (
            program(ir.Call("k", (ir.Slice("z"), ir.Slice("x")))),
            "is written, but its space is input",
        ),
        (program(GOOD, space="arena", arena=60), "ends at 64 of an arena of 60 bytes"),
        (program(GOOD, space="arena", arena=80, offset=2), "unaligned offset 2"),
        (program(GOOD, space="constant", data=np.zeros(3)), "has 3 of 16 values"),
        (replace(program(GOOD), kernels=(LEGAL, LEGAL)), "two kernels share a name"),
    ],
)
def test_broken_program_is_named(broken, message):
    with pytest.raises(VerifyError, match=message):
        verify(broken)


def test_functions_hold_scalars_only():
    verify_function(ir.Function("f", (a,), (), a + 1.0))
    with pytest.raises(VerifyError, match="is not a scalar expression"):
        verify_function(ir.Function("f", (a,), (), load(X, 0)))
    with pytest.raises(VerifyError, match="b is used before it is bound"):
        verify_function(ir.Function("f", (a,), (), ir.Local("b", F)))
