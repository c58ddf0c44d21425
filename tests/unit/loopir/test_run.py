import numpy as np
import pytest

from constnet import dtypes
from constnet.errors import UnsupportedError, UsageError
from constnet.loopir import types as ir
from constnet.loopir.builder import declare, load, loop, splat, store, var
from constnet.loopir.run import run

F = dtypes.float32
A, W, Z = (
    ir.Param(n, F, e, m) for n, e, m in (("a", 6, "read"), ("w", 12, "read"), ("z", 8, "write"))
)
acc, acc_value = declare("acc", splat(0.0, F, 4))
i, k = var("i"), var("k")
step = ir.MulAdd(ir.Splat(load(A, i * 3 + k), 4), load(W, k * 4, 4), acc_value)
MATMUL = ir.Kernel(
    "matmul",
    (A, W, Z),
    (loop("i", 2, [acc, loop("k", 3, [ir.Assign("acc", step)]), store(Z, i * 4, acc_value)]),),
    "contraction",
)


def program(numerics, dtype=F):
    buffers = (
        ir.Buffer("a", dtype, 6, "input"),
        ir.Buffer("w", dtype, 12, "constant", 0, np.arange(12, dtype=np.float32)),
        ir.Buffer("t", dtype, 8, "arena", 0),
        ir.Buffer("z", dtype, 16, "output"),
    )
    calls = (
        ir.Call("matmul", (ir.Slice("a"), ir.Slice("w"), ir.Slice("t"))),
        ir.Call("matmul", (ir.Slice("a"), ir.Slice("w"), ir.Slice("z", 8))),
    )
    return ir.Program("p", buffers, (MATMUL,), calls, 32, numerics)


@pytest.mark.parametrize("numerics", ["exact", "fma"])
def test_matmul(numerics):
    a = np.array([1, 2, 3, -1, 0, 4], np.float32)
    memory = run(program(numerics), {"a": a})
    wanted = (a.reshape(2, 3) @ np.arange(12).reshape(3, 4)).reshape(-1)
    np.testing.assert_array_equal(memory["t"], wanted)
    np.testing.assert_array_equal(memory["z"], [*np.zeros(8), *wanted])


def test_fma_rounds_once():
    a = np.full(6, 1 + 2.0**-12, np.float32)
    buffers = (ir.Buffer("a", F, 6, "input"), ir.Buffer("z", F, 8, "output"))
    body = (store(Z, 0, ir.MulAdd(load(A, 0), load(A, 1), ir.Const(-1.0, F))),)
    kernel = ir.Kernel("k", (A, Z), body, "pointwise")
    call = ir.Call("k", (ir.Slice("a"), ir.Slice("z")))
    found = [
        run(ir.Program("p", buffers, (kernel,), (call,), 0, mode), {"a": a})["z"][0]
        for mode in ("fma", "exact")
    ]
    assert found == [2.0**-11 + 2.0**-24, 2.0**-11]


def test_missing_input_is_named():
    with pytest.raises(UsageError, match="input a has 6 elements, 0 given"):
        run(program("exact"), {})


def test_float64_fma_is_refused():
    double = ir.Const(1.0, dtypes.float64)
    z = ir.Param("z", dtypes.float64, 1, "write")
    kernel = ir.Kernel("k", (z,), (store(z, 0, ir.MulAdd(double, double, double)),), "pointwise")
    buffers = (ir.Buffer("z", dtypes.float64, 1, "output"),)
    call = ir.Call("k", (ir.Slice("z"),))
    with pytest.raises(UnsupportedError, match="float64 multiply-add in fma mode"):
        run(ir.Program("p", buffers, (kernel,), (call,), 0, "fma"), {})
