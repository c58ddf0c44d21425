"""Lowers a graph, runs the program and gives its outputs: what tests of compiled code share.

found = outputs_of(lower(graph, target, "exact"), graph, arrays)              compiled
found = outputs_of(lower(graph, target, "exact"), graph, arrays, interpreted) loop by loop
"""

import ctypes
import threading

import numpy as np

from constnet import dtypes
from constnet.loopir import run as loop_runner
from constnet.lowering.target import Target
from constnet.ops.samples import spread
from constnet.runtime.engine import aligned, outer_buffers
from constnet.runtime.library import Barrier, load_call, pointers
from constnet.runtime.toolchain import find_compilers

COMPILERS = find_compilers()


def target_of(vector_bytes, cores=1, *, fma=False):
    """A machine with vectors of this many bytes."""
    registers = 32 if vector_bytes == 64 else 16
    return Target(
        f"v{vector_bytes}", vector_bytes, registers, fma=fma, cores=cores, l1=32768, l2=1 << 20
    )


def arrays_for(graph, low=-2.0, high=2.0):
    """An array for every input: floats spread out, integers small, truth values mixed."""
    return [_array(value.type, 0.1 * n, low, high) for n, value in enumerate(graph.inputs)]


def _array(type_, phase, low, high):
    if type_.dtype == dtypes.bool_:
        return spread(*type_.shape, phase=phase) > 0
    if type_.dtype.is_float:
        return spread(*type_.shape, low=low, high=high, phase=phase, dtype=str(type_.dtype))
    return spread(*type_.shape, low=0, high=3, phase=phase, dtype=str(type_.dtype))


def compiled(program, memory, *, compiler=None, threads=1):
    """Run a compiled program on `memory`, its outer buffers by name."""
    library = load_call(program, compiler or COMPILERS[0])
    arena = aligned(program.arena_bytes)
    arena[...] = 0xA5  # what an arena holds before a program runs is nobody's business
    addresses = [memory[buffer.name].ctypes.data for buffer in outer_buffers(program)]
    table = pointers([*addresses, arena.ctypes.data])
    barrier = Barrier()

    def work(thread):
        library.cn_call(ctypes.addressof(table), thread, threads, ctypes.byref(barrier))

    others = [threading.Thread(target=work, args=(number,)) for number in range(1, threads)]
    for other in others:
        other.start()
    work(0)
    for other in others:
        other.join()


def interpreted(program, memory):
    """Run a program statement by statement: slow, but independent of printer and compiler."""
    given = {b.name: memory[b.name] for b in outer_buffers(program) if b.space != "output"}
    after = loop_runner.run(program, given)
    for name, array in memory.items():
        array[...] = after[name]


def outputs_of(program, graph, arrays, execute=compiled, donations=None, **options):
    """The outputs of a program, in the order of the graph's."""
    donations = donations or {}
    memory = {buffer.name: _aligned_zeros(buffer) for buffer in outer_buffers(program)}
    for value, array in zip(graph.inputs, arrays, strict=True):
        buffer = memory[value.name]
        buffer[...] = np.asarray(array).astype(buffer.dtype).reshape(-1)
    execute(program, memory, **options)
    results = []
    for number, value in enumerate(graph.outputs):
        donor = donations.get(number)
        name = f"out.{number}" if donor is None else graph.inputs[donor].name
        results.append(memory[name].astype(value.type.dtype.numpy).reshape(value.type.shape))
    return results


def _aligned_zeros(buffer):
    return aligned(buffer.bytes).view(buffer.dtype.numpy)


def assert_same_bits(found, expected, what=""):
    """Arrays are equal bit for bit, except that any NaN equals any other."""
    for number, (left, right) in enumerate(zip(found, expected, strict=True)):
        assert left.dtype == right.dtype, f"{what} output {number}: {left.dtype} {right.dtype}"
        assert left.shape == right.shape, f"{what} output {number}: {left.shape} {right.shape}"
        nan = np.isnan(right)
        np.testing.assert_array_equal(np.isnan(left), nan, err_msg=f"{what} output {number}")
        same = left[~nan].tobytes() == right[~nan].tobytes()
        if not same:
            np.testing.assert_array_equal(left, right, err_msg=f"{what} output {number}")
        assert same, f"{what} output {number}: signs of zeros differ: {left} {right}"
