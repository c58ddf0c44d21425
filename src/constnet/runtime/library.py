"""A compiled library of one or two programs, and the C structures its driver reads."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import TYPE_CHECKING

from constnet.runtime.cache import load_library
from constnet.targets.c99.printer import print_programs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.loopir.types import Program
    from constnet.runtime.toolchain import Compiler

_FOLDER = Path(__file__).parent


class Barrier(ctypes.Structure):
    """`cn_barrier` of driver.c."""

    _fields_ = (("arrived", ctypes.c_uint), ("generation", ctypes.c_uint))


class FeedStructure(ctypes.Structure):
    """`cn_feed` of driver.c."""

    _fields_ = (
        ("table", ctypes.c_void_p),
        ("batch", ctypes.c_void_p),
        ("row_bytes", ctypes.c_int64),
        ("slot", ctypes.c_int64),
    )


class Job(ctypes.Structure):
    """`cn_job` of driver.c."""

    _fields_ = (
        ("full", ctypes.c_void_p),
        ("partial", ctypes.c_void_p),
        ("step", ctypes.c_void_p),
        ("loss", ctypes.c_void_p),
        ("order", ctypes.c_void_p),
        ("feeds", ctypes.c_void_p),
        ("feed_count", ctypes.c_int64),
        ("rows", ctypes.c_int64),
        ("batch", ctypes.c_int64),
        ("shuffle", ctypes.c_int64),
        ("first_step", ctypes.c_int64),
        ("loss_bytes", ctypes.c_int64),
        ("seed", ctypes.c_uint32 * 2),
        ("barrier", Barrier),
        ("ordered_epoch", ctypes.c_int64),
        ("finite", ctypes.c_int64),
    )


def barrier_source() -> str:
    """C text of the driver's types and of the barrier between threads."""
    return "#include <stdint.h>\n" + (_FOLDER / "driver.c").read_text()


def train_source(full: Program, partial: Program | None) -> str:
    """C text of a training library: the driver's types, the programs, the driver's loop."""
    programs = [(full, "full")] + ([(partial, "partial")] if partial is not None else [])
    text = print_programs(programs, prefix="cn", dialect="host")
    marks = "#define CN_HAS_PARTIAL 1\n" if partial is not None else ""
    loop = (_FOLDER / "driver_loop.c").read_text()
    return barrier_source() + marks + text + loop


def call_source(program: Program) -> str:
    """C text of a library with one function that runs a program once: `cn_call(buffers)`."""
    text = print_programs([(program, "full")], prefix="cn", dialect="host")
    entry = (
        '\n__attribute__((visibility("default"))) void cn_call(void *const *buffers, int thread, '
        "int threads, cn_barrier *barrier)\n"
        "{\n    cn_current = barrier;\n    full_run_once(buffers, thread, threads);\n}\n"
        '__attribute__((visibility("default"))) void cn_call_alone(void *const *buffers)\n'
        "{\n    full_run_once(buffers, 0, 1);\n}\n"
    )
    return barrier_source() + text + entry


def load_train(full: Program, partial: Program | None, compiler: Compiler) -> ctypes.CDLL:
    """Compile (or find) a training library and declare its function."""
    library = load_library(train_source(full, partial), compiler)
    library.cn_run.argtypes = (
        ctypes.POINTER(Job), ctypes.c_int64, ctypes.c_int, ctypes.c_int,
    )  # fmt: skip
    library.cn_run.restype = ctypes.c_int64
    return library


def load_call(program: Program, compiler: Compiler) -> ctypes.CDLL:
    """Compile (or find) a library that runs a program once."""
    library = load_library(call_source(program), compiler)
    library.cn_call.argtypes = (
        ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.POINTER(Barrier),
    )  # fmt: skip
    library.cn_call.restype = None
    library.cn_call_alone.argtypes = (ctypes.c_void_p,)
    library.cn_call_alone.restype = None
    return library


def pointers(addresses: Sequence[int]) -> ctypes.Array[ctypes.c_void_p]:
    """An array of pointers for the `buffers` of a program."""
    return (ctypes.c_void_p * max(1, len(addresses)))(*addresses)
