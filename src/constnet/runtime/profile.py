"""Where the time of a program goes: each call timed on its own, with its arithmetic and its bytes.

A call is repeated in native code with its operands as the program leaves them, so caches are as
warm as its own footprint allows. Shares of the machine's peak come from a multiply-add loop
of the same dtype, timed in the same run.
"""

from __future__ import annotations

import ctypes
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from constnet import dtypes
from constnet.loopir import walk
from constnet.runtime.cache import load_library
from constnet.runtime.library import barrier_source
from constnet.targets.c99.printer import print_programs

if TYPE_CHECKING:
    from collections.abc import Callable

    from constnet.dtypes import DType
    from constnet.loopir.types import Call, Program, Repeat
    from constnet.lowering.target import Target
    from constnet.runtime.engine import NativeEngine
    from constnet.runtime.toolchain import Compiler

_SLICE_SECONDS = 0.004
_SLICES = 5


@dataclass(frozen=True, slots=True)
class KernelTime:
    """One call: `seconds` a run, floating-point operations and bytes of a run.

    A call in a repeat counts with all its iterations.
    """

    kernel: str
    layers: tuple[str, ...]
    tag: str
    seconds: float
    flops: int
    bytes: int
    peak_share: float


@dataclass(frozen=True, slots=True)
class Profile:
    """All calls of a program in order, the time of a whole step, and the machine's peak."""

    calls: tuple[KernelTime, ...]
    step_seconds: float
    peak_flops: float


def profile_engine(engine: NativeEngine, compiler: Compiler, target: Target) -> Profile:
    """Time every call of an engine's full step on one thread; the live state is left as it was."""
    kept = {name: array.copy() for name, array in engine.state.items()}
    engine.run(1)
    program = engine.program
    library = load_library(_source(program, target), compiler)
    library.cn_time_call.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_long)
    library.cn_time_peak.argtypes = (ctypes.c_long,)
    library.cn_time_peak.restype = ctypes.c_long
    buffers = engine.full_buffers
    peak = _peak(library)
    kernels = {kernel.name: kernel for kernel in program.kernels}
    calls: list[KernelTime] = []
    for number, (call, around) in enumerate(walk.placed_calls(program.calls)):
        kernel = kernels[call.kernel]
        times = math.prod(repeat.count for repeat in around)

        def run(count: int, number: int = number) -> object:
            return library.cn_time_call(number, buffers, count)

        seconds = _best(run)
        flops, touched = kernel.flops * times, kernel.bytes * times
        share = flops / seconds / peak
        calls.append(
            KernelTime(kernel.name, kernel.origin, kernel.tag, seconds, flops, touched, share)
        )
    for name, array in kept.items():
        engine.state[name][...] = array
    step = _best(engine.run)
    for name, array in kept.items():
        engine.state[name][...] = array
    return Profile(tuple(calls), step, peak)


def _best(run: Callable[[int], object]) -> float:
    """Seconds of one run: the fastest of a few slices."""
    count = 1
    while True:
        begin = time.perf_counter()
        run(count)
        spent = time.perf_counter() - begin
        if spent >= _SLICE_SECONDS / 2:
            break
        count *= 2
    best = spent / count
    for _ in range(_SLICES):
        begin = time.perf_counter()
        run(count)
        best = min(best, (time.perf_counter() - begin) / count)
    return best


def _peak(library: ctypes.CDLL) -> float:
    """Floating-point operations a second of one core in a loop of independent multiply-adds."""
    counted = library.cn_time_peak(1)
    return counted / _best(library.cn_time_peak)


def _source(program: Program, target: Target) -> str:
    calls = [
        (replace(program, calls=(_alone(call, around),)), f"call{number}")
        for number, (call, around) in enumerate(walk.placed_calls(program.calls))
    ]
    cases = "\n".join(
        f"    case {number}: for (long i = 0; i < count; i++) {{ "
        f'call{number}_run_once(buffers, 0, 1); __asm__ volatile("" ::: "memory"); }} break;'
        for number in range(len(calls))
    )
    timer = (
        '\n__attribute__((visibility("default"))) void cn_time_call(int which, '
        "void *const *buffers, long count)\n"
        f"{{\n    switch (which) {{\n{cases}\n    }}\n}}\n"
    )
    text = print_programs(calls, prefix="cn", dialect="host")
    theta = next((b.dtype for b in program.buffers if b.name == "theta"), dtypes.float32)
    return barrier_source() + text + timer + _peak_source(target.vector_bytes or 8, theta)


def _alone(call: Call, around: tuple[Repeat, ...]) -> Call | Repeat:
    """A call by itself, in the repeats that are around it."""
    inside: Call | Repeat = replace(call, barrier=False)
    for repeat in reversed(around):
        inside = replace(repeat, calls=(inside,), barrier=False)
    return inside


def _peak_source(vector_bytes: int, dtype: DType) -> str:
    """A loop of independent multiply-adds in the network's dtype."""
    count, lanes, rounds = 12, vector_bytes // dtype.bytes, 1000
    kind, suffix = ("float", "f") if dtype == dtypes.float32 else ("double", "")
    declare = " ".join(f"v a{i} = {{{i}}};" for i in range(count))
    steps = " ".join(
        f'a{i} = a{i} * m + c; __asm__ volatile("" : "+x"(a{i}));' for i in range(count)
    )
    total = " + ".join(f"a{i}" for i in range(count))
    return f"""
#pragma GCC optimize("-ffp-contract=fast")
__attribute__((visibility("default"))) long cn_time_peak(long count)
{{
#ifdef __clang__
#pragma STDC FP_CONTRACT ON
#endif
    typedef {kind} v __attribute__((vector_size({vector_bytes})));
    v m = {{0}}, c = {{0}};
    m += 0.999{suffix}, c += 0.001{suffix};
    {declare}
    for (long r = 0; r < count * {rounds}; r++) {{ {steps} }}
    v total = {total};
    __asm__ volatile("" : : "m"(total));
    return 2L * {count} * {lanes} * {rounds};
}}
"""
