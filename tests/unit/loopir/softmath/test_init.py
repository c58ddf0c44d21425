"""Every function compiled with vectors gives the bits of its evaluation on arrays."""

import ctypes
import subprocess

import numpy as np
import pytest

from constnet import dtypes
from constnet.loopir import softmath
from constnet.loopir import types as ir
from constnet.loopir.evaluate import evaluate
from constnet.targets.c99.printer import print_program

COUNT = 2048
NAMES = sorted(set(softmath.__all__) - {"philox_words", "soft_fma_f32"})
CASES = [(name, form) for name in NAMES for form in (dtypes.float32, dtypes.float64)]
CASES.append(("soft_fma_f32", dtypes.float32))


def arity(name):
    return {"pow": 2, "soft_fma_f32": 3}.get(name, 1)


def arguments(dtype):
    """Three arrays of all sizes with every special value; the last is where results go."""
    generator = np.random.default_rng(9)
    memory = np.zeros((4, COUNT), dtype.numpy)
    for row in memory[:3]:
        row[:] = generator.normal(size=COUNT) * 3
        wide = np.exp(generator.normal(size=COUNT // 2) * 20)
        row[: COUNT // 2] = wide * generator.choice([-1, 1], COUNT // 2)
        row[:9] = [0, -0.0, np.inf, -np.inf, np.nan, 1, -1, 1e-40, -1e-40]
        generator.shuffle(row)
    return memory


def kernel(name, dtype, lanes):
    i = ir.Local("i", dtypes.int32)
    letters = "xyz"[: arity(name)]
    lets = tuple(ir.Let(letter, ir.Load(f"s{letter}", i, dtype, lanes)) for letter in letters)
    operands = [ir.Local(letter, dtype, lanes) for letter in letters]
    body = (*lets, ir.Store("target", i, getattr(softmath, name)(*operands)))
    start, stop = (ir.constant(n, dtypes.int32) for n in (0, COUNT))
    params = [ir.Param(f"s{letter}", dtype, COUNT, "read") for letter in letters]
    params.append(ir.Param("target", dtype, COUNT, "write"))
    loop = ir.For("i", start, stop, lanes, body)
    return ir.Kernel(f"{name}_{dtype.name}", tuple(params), (loop,), "pointwise")


def call(name, form):
    slices = [ir.Slice(f"{letter}_{form}") for letter in "xyz"[: arity(name)]]
    return ir.Call(f"{name}_{form}", (*slices, ir.Slice(f"{name}_{form}")))


def program(lanes):
    """One kernel and one output buffer for each case, the inputs shared."""
    inputs = [
        ir.Buffer(f"{letter}_{form.name}", form, COUNT, "input")
        for form in (dtypes.float32, dtypes.float64)
        for letter in "xyz"
    ]
    kernels = [kernel(name, form, lanes) for name, form in CASES]
    outputs = [ir.Buffer(f"{n}_{form.name}", form, COUNT, "output") for n, form in CASES]
    calls = [call(name, form.name) for name, form in CASES]
    buffers = (*inputs, *outputs)
    return ir.Program("all", buffers, tuple(kernels), tuple(calls), 0, "exact")


def aligned(array):
    """A copy that begins at a multiple of 64 bytes."""
    raw = np.zeros(array.nbytes + 64, np.uint8)
    start = -raw.ctypes.data % 64
    copy = raw[start : start + array.nbytes].view(array.dtype)
    copy[:] = array
    return copy


@pytest.mark.parametrize("lanes", [1, 8])
def test_compiled_bits_are_evaluated_bits(tmp_path, compile_command, lanes):
    text = print_program(program(lanes), prefix="all", dialect="host")
    source, library = tmp_path / "all.c", tmp_path / "all.so"
    driver = "\nvoid run(void **buffers) { all_run_once(buffers, 0, 1); }\n"
    source.write_text(text + driver, encoding="utf-8")
    command = [*compile_command, str(source), "-o", str(library), "-lm"]
    subprocess.run(command, check=True, capture_output=True)
    memory = {form.name: arguments(form) for form in (dtypes.float32, dtypes.float64)}
    inputs = [aligned(row) for rows in memory.values() for row in rows[:3]]
    outputs = [aligned(memory[form.name][3]) for _, form in CASES]
    pointers = [array.ctypes.data for array in (*inputs, *outputs)]
    ctypes.CDLL(str(library)).run((ctypes.c_void_p * len(pointers))(*pointers))
    for (name, form), found in zip(CASES, outputs, strict=True):
        letters = "xyz"[: arity(name)]
        operands = [ir.Local(letter, form) for letter in letters]
        values = dict(zip(letters, memory[form.name], strict=False))
        wanted = evaluate(getattr(softmath, name)(*operands), values)
        bits = np.uint32 if form.bytes == 4 else np.uint64
        same = (found.view(bits) == wanted.view(bits)) | (np.isnan(found) & np.isnan(wanted))
        assert same.all(), f"{name}_{form.name} at {[v[~same][:3] for v in values.values()]}"
