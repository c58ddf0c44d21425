"""Text of whole programs; values are in tests/golden, whole networks in tests/unit/export."""

import pytest

from constnet import dtypes
from constnet.errors import UnsupportedError
from constnet.loopir import types as ir
from constnet.loopir.builder import load, store
from constnet.targets.rust.printer import print_program

F = dtypes.float32
X, Z = ir.Param("x", F, 8, "read"), ir.Param("z", F, 8, "write")
KERNEL = ir.Kernel("k", (X, Z), (store(Z, 0, load(X, 0)),), "pointwise")


def program(*args):
    buffers = (
        ir.Buffer("x", F, 8, "input"),
        ir.Buffer("t", F, 16, "arena"),
        ir.Buffer("z", F, 8, "output"),
    )
    calls = tuple(ir.Call("k", pair) for pair in args)
    return ir.Program("p", buffers, (KERNEL,), calls, 64, "exact")


def test_each_buffer_is_a_local_array():
    first = (ir.Slice("x"), ir.Slice("t", 8))
    second = (ir.Slice("t", 8), ir.Slice("z"))
    text = print_program(program(first, second))
    entry = text[text.index("pub const fn") :]
    assert entry == (
        "pub const fn predict(input: &[f32; 8]) -> [f32; 8] {\n"
        "    let mut b1_t: [f32; 16] = [0f32; 16];\n"
        "    let mut b2_z: [f32; 8] = [0f32; 8];\n"
        "    k_0(input, b1_t.split_at_mut(8).1);\n"
        "    k_0(b1_t.split_at(8).1, &mut b2_z);\n"
        "    b2_z\n"
        "}\n"
    )


def test_pieces_of_one_buffer_read_and_written_at_once_are_refused():
    with pytest.raises(UnsupportedError, match="k reads and writes pieces of t at once"):
        print_program(program((ir.Slice("t"), ir.Slice("t", 8))))
