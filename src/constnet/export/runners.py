"""Builds an artefact with a compiler of this machine and calls it."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from constnet.errors import FormatError, ToolchainError
from constnet.export.naming import c_string
from constnet.export.network import lower_constant
from constnet.export.stream import donations_of, most_steps
from constnet.runtime.host import host_target
from constnet.runtime.toolchain import find_compiler
from constnet.targets.c99.printer import print_program
from constnet.targets.rust.spelling import TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from constnet.export.network import Network
    from constnet.nn.streaming import StreamGraph

Array = np.ndarray[Any, np.dtype[Any]]
C_FLAGS = ("-std=c99", "-O2", "-fPIC", "-shared")
_LAST_LINES = 15


class Runner(Protocol):
    """A built artefact."""

    @property
    def compiler(self) -> str:
        """What built it."""
        ...

    def run(self, calls: Sequence[tuple[Array, ...]]) -> list[tuple[Array, ...]]:
        """The flat outputs of each call."""
        ...


def build(source: Path, network: Network, settings: dict[str, str], folder: Path) -> Runner:
    """Compile `source` into `folder`.

    Raises:
        ToolchainError: there is no compiler for its language, or the compiler failed.
    """
    if settings["form"] == "rust":
        return _RustRunner.build(source, network, settings["prefix"], folder)
    return _CRunner.build(source, network, settings, folder)


@dataclass
class _CRunner:
    compiler: str
    network: Network
    predict: Any
    arena: Array | None
    state: StreamState | None

    @classmethod
    def build(
        cls, source: Path, network: Network, settings: dict[str, str], folder: Path
    ) -> _CRunner:
        compiler = find_compiler()
        if compiler is None:
            message = (
                f"no C compiler was found to build {source}. Set CONSTNET_CC, or `pip install "
                "ziglang`."
            )
            raise ToolchainError(message)
        unit = source
        if settings["form"] == "header":
            unit = folder / "unit.c"
            define = f"#define {settings['prefix'].upper()}_IMPLEMENTATION"
            unit.write_text(f"{define}\n#include {c_string(str(source.resolve()))}\n")
        library = folder / "artefact.so"
        extra = ("-fno-sanitize=undefined",) if compiler.is_zig else ()
        compiler.run([*C_FLAGS, *extra, str(unit), "-o", str(library)])
        loaded, prefix = ctypes.CDLL(str(library)), settings["prefix"]
        if network.stream is None:
            predict, state = _function(loaded, source, f"{prefix}_predict"), None
        else:
            predict = _function(loaded, source, f"{prefix}_step")
            state = StreamState(network.stream, _function(loaded, source, f"{prefix}_reset"))
        recorded = settings.get("arena_bytes", "")
        used = int(recorded) if recorded.isdecimal() else 0
        size = max(network.program.arena_bytes, used) // 8 + 1
        arena = np.zeros(size, np.float64) if settings.get("arena") == "caller" else None
        return cls(compiler.name, network, predict, arena, state)

    def run(self, calls: Sequence[tuple[Array, ...]]) -> list[tuple[Array, ...]]:
        found: list[tuple[Array, ...]] = []
        for number, call in enumerate(calls):
            outputs = _empty_outputs(self.network)
            states = [] if self.state is None else [self.state.before(number)]
            arrays = [*states, *(np.ascontiguousarray(array) for array in call), *outputs]
            arrays += [] if self.arena is None else [self.arena]
            self.predict(*(array.ctypes.data_as(ctypes.c_void_p) for array in arrays))
            found.append(outputs)
        return found


class StreamState:
    """The memory of a stream's `NAME_state`, set back by its `NAME_reset` where it must be."""

    def __init__(self, stream: StreamGraph, reset: Callable[[ctypes.c_void_p], None]) -> None:
        elements = sum(slot.type.bytes // 8 + 1 for slot in stream.slots.values()) + 1
        self.memory = np.full(elements, np.nan)  # what a reset must overwrite
        self._most = most_steps(stream)
        self._reset = reset

    def before(self, step: int) -> Array:
        """The memory before step number `step`."""
        if step == 0 or (self._most and step % self._most == 0):
            self._reset(self.memory.ctypes.data_as(ctypes.c_void_p))
        return self.memory


def _function(library: ctypes.CDLL, source: Path, name: str) -> Any:
    """A function of an artefact that returns nothing of interest."""
    found = getattr(library, name, None)
    if found is None:
        message = f"{source} has no function {name}: it was changed. Export the model again."
        raise FormatError(message)
    found.restype = None
    return found


@dataclass
class _RustRunner:
    compiler: str
    network: Network
    program: Path

    @classmethod
    def build(cls, source: Path, network: Network, prefix: str, folder: Path) -> _RustRunner:
        rustc = shutil.which("rustc")
        if rustc is None:
            message = f"no rustc was found to build {source}. Install Rust (https://rustup.rs)."
            raise ToolchainError(message)
        crate = f"{prefix.lower()}_artefact"
        common = ["--edition", "2021", "-O", "--out-dir", str(folder)]
        library = ["--crate-type", "rlib", "--crate-name", crate, str(source)]
        _run([rustc, *common, *library])
        main = folder / "main.rs"
        main.write_text(_rust_main(network, crate))
        extern = f"{crate}={folder / f'lib{crate}.rlib'}"
        _run([rustc, *common, "--extern", extern, str(main)])
        return cls("rustc", network, folder / "main")

    def run(self, calls: Sequence[tuple[Array, ...]]) -> list[tuple[Array, ...]]:
        data = b"".join(np.ascontiguousarray(array).tobytes() for call in calls for array in call)
        result = subprocess.run([str(self.program)], input=data, capture_output=True, check=False)
        if result.returncode != 0:
            message = f"the built Rust artefact failed: {result.stderr.decode(errors='replace')}"
            raise ToolchainError(message)
        found: list[tuple[Array, ...]] = []
        at = 0
        for _ in calls:
            outputs = _empty_outputs(self.network)
            for output in outputs:
                output[...] = np.frombuffer(result.stdout, output.dtype, output.size, at)
                at += output.nbytes
            found.append(outputs)
        return found


def host_outputs(
    network: Network, calls: Sequence[tuple[Array, ...]], folder: Path
) -> list[tuple[Array, ...]] | None:
    """What this machine's own compiled program gives for each call; None without a compiler.

    It has the order of sums and the roundings of the artefact but other instructions (vectors,
    another compiler's choices), so in fma mode it tells a difference of one bit.
    """
    compiler = find_compiler()
    if compiler is None:
        return None
    numerics = network.program.numerics
    donations = None if network.stream is None else donations_of(network.stream)
    program = lower_constant(network.graph, network.values, host_target(), numerics, donations)
    source, library = folder / "host.c", folder / "host.so"
    text = print_program(program, prefix="host", dialect="host")
    entry = "void host_predict(void **b);\nvoid host_predict(void **b)"
    source.write_text(f"{text}\n{entry} {{ host_run_once((void *const *)b, 0, 1); }}\n")
    compiler.run([*compiler.flags(), str(source), "-o", str(library)])
    predict = ctypes.CDLL(str(library)).host_predict
    arena = np.zeros(program.arena_bytes // 8 + 8, np.float64)
    found: list[tuple[Array, ...]] = []
    states: list[Array] = []
    for number, call in enumerate(calls):
        outputs = _empty_outputs(network)
        if network.stream is not None and number % (most_steps(network.stream) or len(calls)) == 0:
            states = list(network.stream.zeros().arrays.values())
        given = [np.ascontiguousarray(array) for array in call]
        arrays = [*given, *states, *outputs, arena]
        predict((ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays)))
        found.append(outputs)
    return found


def _empty_outputs(network: Network) -> tuple[Array, ...]:
    return tuple(np.zeros(b.extent, b.dtype.numpy) for b in network.outputs)


def _run(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        lines = "\n".join(result.stderr.strip().splitlines()[-_LAST_LINES:])
        message = f"{' '.join(command)} failed with exit code {result.returncode}:\n{lines}"
        raise ToolchainError(message)


_RUST_MAIN = """\
use std::io::{{Read, Write}};
fn main() {{
    let mut data = Vec::new();
    std::io::stdin().read_to_end(&mut data).unwrap();
    let mut out = std::io::stdout().lock();
    for call in data.chunks_exact({size}) {{
{reads}
        let found = {crate}::predict({args});
{writes}
    }}
}}
"""


def _rust_main(network: Network, crate: str) -> str:
    """A program that reads calls' inputs from stdin and writes their outputs, as raw bytes."""
    reads: list[str] = []
    at = 0
    for number, buffer in enumerate(network.inputs):
        kind, size = TYPES[buffer.dtype.name], buffer.bytes
        step = buffer.dtype.bytes
        reads += [
            f"        let mut x{number} = [0 as {kind}; {buffer.extent}];",
            f"        let bytes = call[{at}..{at + size}].chunks_exact({step});",
            f"        for (v, b) in x{number}.iter_mut().zip(bytes) {{",
            f"            *v = {kind}::from_ne_bytes(b.try_into().unwrap());",
            "        }",
        ]
        at += size
    many = len(network.outputs) != 1
    writes = [
        f"        for v in found{f'.{n}' if many else ''}.iter() "
        "{ out.write_all(&v.to_ne_bytes()).unwrap(); }"
        for n in range(len(network.outputs))
    ]
    args = ", ".join(f"&x{number}" for number in range(len(network.inputs)))
    texts = {"reads": "\n".join(reads), "writes": "\n".join(writes), "args": args}
    return _RUST_MAIN.format(size=at, crate=crate, **texts)
