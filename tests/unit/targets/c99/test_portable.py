"""The software square root and floor, compiled without SSE2, against NumPy's."""

import ctypes

import numpy as np
import pytest

from constnet import dtypes
from constnet.loopir import types as ir
from constnet.loopir.builder import load, loop, store, var
from constnet.targets.c99.portable import helper_text
from constnet.targets.c99.printer import print_program
from tests.golden.compilers import C_COMPILERS, build, same_bits

SIZE = 100_000


def values(dtype):
    """Random bits (every exponent, denormals, both signs), and the corners."""
    bits = np.random.default_rng(0).integers(0, 2**63, SIZE, dtype=np.uint64) * 2
    found = (bits if dtype.bytes == 8 else (bits >> 32).astype(np.uint32)).view(dtype.numpy)
    found[:8] = [0.0, -0.0, np.inf, -np.inf, np.nan, 4.0, -1.5, 8388607.5]
    found[8:12] = np.frombuffer(bytes(range(1, 1 + 4 * dtype.bytes)), dtype.numpy) * 0
    found[12:16] = [np.finfo(dtype.numpy).smallest_subnormal, np.finfo(dtype.numpy).max, 2, 3]
    found[16:1000] = np.random.default_rng(1).normal(0, 1000, 984)
    return found


@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64], ids=str)
@pytest.mark.parametrize(
    ("op", "oracle"), [("sqrt", np.sqrt), ("floor", np.floor), ("abs", np.abs)]
)
def test_software_equals_numpy(op, oracle, dtype, tmp_path):
    x, z = ir.Param("x", dtype, SIZE, "read"), ir.Param("z", dtype, SIZE, "write")
    body = (loop("i", SIZE, [store(z, var("i"), ir.Unary(op, load(x, var("i"))))]),)
    kernel = ir.Kernel("k", (x, z), body, "pointwise")
    buffers = (ir.Buffer("x", dtype, SIZE, "input"), ir.Buffer("z", dtype, SIZE, "output"))
    calls = (ir.Call("k", (ir.Slice("x"), ir.Slice("z"))),)
    program = ir.Program("p", buffers, (kernel,), calls, 0, "exact")
    text = print_program(program, prefix="net", dialect="portable")
    source = tmp_path / "p.c"
    source.write_text(f"{text}\nvoid go(void *x, void *z) {{ net_run_once(x, z, 0); }}\n")
    command = next(iter(C_COMPILERS.values()))
    library = build(command, ["-O2", "-U__SSE2__"], source, tmp_path / "p.so")
    given, found = values(dtype), np.zeros(SIZE, dtype.numpy)
    library.go(*(array.ctypes.data_as(ctypes.c_void_p) for array in (given, found)))
    with np.errstate(invalid="ignore"):
        assert same_bits(found, oracle(given))


def test_double_multiply_add_needs_the_machine():
    assert "export the model in exact mode" in helper_text("fma", dtypes.float64, "net_fma", "net")
