"""Compiled sweeps of float32 functions, and errors of float64 functions against mpmath."""

from __future__ import annotations

import ctypes
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import mpmath as mp
import numpy as np
import pytest

from constnet import dtypes
from constnet.loopir import softmath
from constnet.loopir import types as ir
from constnet.loopir.evaluate import evaluate
from constnet.targets.c99.printer import print_program

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCK = 4096
FLAGS = ["-O3", "-march=native", "-std=gnu99", "-fno-math-errno", "-fno-trapping-math"]
FLAGS += ["-ffp-contract=off", "-fno-sanitize=undefined", "-shared", "-fPIC"]
REFERENCE = Path(__file__).with_name("reference.c")


class Result(ctypes.Structure):
    _fields_ = (
        ("ulp", ctypes.c_double),
        ("at", ctypes.c_uint32),
        ("wrong", ctypes.c_uint32),
        ("wrongs", ctypes.c_uint64),
    )


def map_program(name: str, numerics: str) -> ir.Program:
    i = ir.Local("i", dtypes.int32)
    x = ir.Local("x", dtypes.float32)
    body = (
        ir.Let("x", ir.Load("source", i, dtypes.float32)),
        ir.Store("target", i, getattr(softmath, name)(x)),
    )
    start, stop = (ir.constant(n, dtypes.int32) for n in (0, BLOCK))
    loop = ir.For("i", start, stop, 1, body, "vectorize")
    source = ir.Param("source", dtypes.float32, BLOCK, "read")
    target = ir.Param("target", dtypes.float32, BLOCK, "write")
    kernel = ir.Kernel("map", (source, target), (loop,), "pointwise")
    buffers = (
        ir.Buffer("x", dtypes.float32, BLOCK, "input"),
        ir.Buffer("y", dtypes.float32, BLOCK, "output"),
    )
    call = ir.Call("map", (ir.Slice("x"), ir.Slice("y")))
    return ir.Program("map", buffers, (kernel,), (call,), 0, numerics)


def compiler() -> list[str]:
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc"]
    found = shutil.which("clang") or shutil.which("gcc")
    if not found:
        pytest.skip("no C compiler")
    return [found]


@pytest.fixture
def compile_command() -> list[str]:
    """A command that makes a shared library of what is appended to it."""
    return [*compiler(), *FLAGS]


def compiled(name: str, numerics: str, folder: Path) -> ctypes.CDLL:
    text = print_program(map_program(name, numerics), prefix="math", dialect="host")
    source, library = folder / f"{name}.c", folder / f"{name}_{numerics}.so"
    source.write_text(text + REFERENCE.read_text(encoding="utf-8"), encoding="utf-8")
    signed = 0 if name in {"cos", "sinpi", "cospi"} else 1
    defines = [f"-DREFERENCE=reference_{name}", f"-DSIGNED_ZEROS={signed}"]
    command = [*compiler(), *FLAGS, *defines, str(source), "-o", str(library), "-lm"]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return ctypes.CDLL(str(library))


@pytest.fixture
def check_float32(tmp_path: Path) -> Callable[..., float]:
    """Assert the greatest error in ulp, over every `stride`-th float32, in both modes."""

    def check(name: str, bound: float, stride: int, limit: float = np.inf) -> float:
        worst = 0.0
        for numerics in ("exact", "fma"):
            result = Result()
            library = compiled(name, numerics, tmp_path)
            count = ctypes.c_uint64((2**32 + stride - 1) // stride)
            step, largest = ctypes.c_uint64(stride), ctypes.c_float(limit)
            first = ctypes.c_uint64(stride // 2)
            library.sweep(first, count, step, largest, ctypes.byref(result))
            at, wrong = np.array([result.at, result.wrong], np.uint32).view(np.float32)
            print(f"{name}_f32 {numerics}: {result.ulp:.3f} ulp at {at!r}")
            assert result.wrongs == 0, f"{name}({wrong!r}) in {numerics}, one of {result.wrongs}"
            assert result.ulp <= bound, f"{name}({at!r}) in {numerics}: {result.ulp} ulp"
            worst = max(worst, result.ulp)
        return worst

    return check


@pytest.fixture
def check_float64() -> Callable[..., float]:
    """Assert the greatest error in ulp at the given float64 arguments, in exact mode."""

    def check(name: str, oracle: Callable[..., mp.mpf], bound: float, *arrays: np.ndarray) -> float:
        names = "xyz"[: len(arrays)]
        locals_ = [ir.Local(letter, dtypes.float64) for letter in names]
        values = dict(zip(names, arrays, strict=True))
        found = evaluate(getattr(softmath, name)(*locals_), values)
        worst = 0.0
        with mp.workprec(200):
            for *arguments, got in zip(*arrays, found, strict=True):
                error = ulps(oracle(*(mp.mpf(float(v)) for v in arguments)), float(got))
                assert error <= bound, f"{name}{arguments} = {got}: {error} ulp"
                worst = max(worst, error)
        print(f"{name}_f64: {worst:.3f} ulp")
        return worst

    return check


def ulps(wanted: mp.mpf, got: float) -> float:
    if wanted == 0:
        return 0.0 if got == 0 else float("inf")
    exponent = max(int(mp.floor(mp.log(abs(wanted), 2))) - 52, -1074)
    return float(abs(mp.mpf(got) - wanted) * mp.mpf(2) ** -exponent)


@pytest.fixture
def samples() -> Callable[[float, float], np.ndarray]:
    """Arguments between two ends: even, of every magnitude, and the ends."""

    def draw(low: float, high: float, count: int = 600) -> np.ndarray:
        generator = np.random.default_rng(7)
        even = generator.uniform(low, high, count)
        sizes = np.exp2(generator.uniform(-1074, np.log2(max(abs(low), high)), count // 3))
        near = np.exp2(generator.uniform(-30, 3, count))
        signed = np.concatenate([sizes, -sizes, near, -near, [low, high]])
        return np.concatenate([even, signed[(signed >= low) & (signed <= high)]])

    return draw


@pytest.fixture
def value() -> Callable[..., np.ndarray]:
    """The value of a function at arguments of one dtype."""

    def of(name: str, *arrays: np.ndarray) -> np.ndarray:
        names = "xyz"[: len(arrays)]
        arguments = [
            ir.Local(n, dtypes.as_dtype(a.dtype)) for n, a in zip(names, arrays, strict=True)
        ]
        function = getattr(softmath, name)
        return evaluate(function(*arguments), dict(zip(names, arrays, strict=True)))

    return of
