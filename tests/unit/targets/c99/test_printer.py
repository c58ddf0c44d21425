from dataclasses import replace

import numpy as np

from constnet import dtypes
from constnet.loopir import types as ir
from constnet.loopir.builder import load, loop, store, var
from constnet.targets.c99.printer import print_program, print_programs

F = dtypes.float32
X, Z = ir.Param("x", F, 8, "read"), ir.Param("z", F, 8, "write")


def copying(name, start):
    value = load(X, var("i")) + start
    return ir.Kernel(name, (X, Z), (loop("i", 8, [store(Z, var("i"), value)]),), "pointwise")


def program(*kernels):
    buffers = (
        ir.Buffer("layers.0.weight", F, 8, "constant", 0, np.arange(8, dtype=np.float32)),
        ir.Buffer("x", F, 8, "input"),
        ir.Buffer("t", F, 8, "arena", 64),
        ir.Buffer("z", F, 16, "output"),
    )
    calls = (
        ir.Call(kernels[0].name, (ir.Slice("layers.0.weight"), ir.Slice("t"))),
        ir.Call(kernels[-1].name, (ir.Slice("t"), ir.Slice("z", 8)), barrier=True),
    )
    return ir.Program("p", buffers, kernels, calls, 96, "exact")


def test_equal_kernels_are_printed_once_but_zeros_of_two_signs_apart():
    same = program(copying("a", 0.0), copying("b", 0.0))
    text = print_program(same, prefix="net", dialect="portable")
    assert text.count("static void net_a(") == 1
    assert "net_b(" not in text
    other = program(copying("a", 0.0), copying("b", -0.0))
    assert "static void net_b(" in print_program(other, prefix="net", dialect="portable")


def test_host_entry():
    text = print_program(program(copying("a", 1.0)), prefix="net", dialect="host")
    entry = text[text.index("static inline void net_run_once") :]
    assert entry == (
        "static inline void net_run_once(void *const *buffers, int thread, int threads)\n"
        "{\n"
        "    float *const b3_z = (float *)buffers[1];\n"
        "    unsigned char *const arena = (unsigned char *)buffers[2];\n"
        "    float *const b2_t = (float *)(void *)(arena + 64);\n"
        "    (void)buffers, (void)thread, (void)threads;\n"
        "    if (thread == 0) net_a(net_layers_0_weight, b2_t);\n"
        "    CONSTNET_BARRIER(thread, threads);\n"
        "    if (thread == 0) net_a(b2_t, b3_z + 8);\n"
        "}\n"
    )


def test_portable_entry_has_typed_pointers():
    text = print_program(program(copying("a", 1.0)), prefix="net", dialect="portable")
    head = "static void net_run_once(const float *b1_x, float *b3_z, unsigned char *arena)"
    assert head in text
    assert "thread" not in text


def test_several_programs_share_kernels():
    first = program(copying("a", 1.0))
    second = replace(program(copying("b", 1.0)), name="q")
    text = print_programs([(first, "one"), (second, "two")], prefix="net", dialect="host")
    assert text.count("static void net_") == 1
    assert "one_run_once" in text
    assert "two_run_once" in text


def test_printing_is_deterministic():
    given = program(copying("a", 1.0), copying("b", 2.0))
    texts = {print_program(given, prefix="net", dialect="host") for _ in range(3)}
    assert len(texts) == 1
