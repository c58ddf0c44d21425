"""Finding a C compiler and calling it.

Looked for in this order: the command in `CONSTNET_CC`, the clang in the `ziglang` wheel, `clang`,
`gcc`. Finding one starts no process; what a compiler is (clang or gcc) is asked of it only where
its name does not tell.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from constnet.errors import ToolchainError

if TYPE_CHECKING:
    from collections.abc import Sequence

Family = Literal["clang", "gcc"]
_LAST_LINES = 15

COMMON_FLAGS = (
    "-O3",
    "-std=gnu11",
    "-fno-math-errno",
    "-ffp-contract=off",
    "-fPIC",
    "-shared",
    "-w",
)
"""Never -ffast-math: it reorders sums and hides NaN."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """A way to compile C: the command, what it is, and what tells it from others in the cache."""

    name: str
    command: tuple[str, ...]
    family: Family
    identity: str
    is_zig: bool = False

    def flags(self) -> tuple[str, ...]:
        """Flags for a shared library for this machine."""
        extra = ("-march=native",)
        if self.family == "clang":  # gcc then turns (float)(int)x into trunc(x): -0.5 becomes -0
            extra += ("-fno-trapping-math",)
        else:  # gcc 12 there fuses alternating a * b + c, a * b - c, contraction off or not
            extra += ("-fno-tree-slp-vectorize",)
        if self.is_zig:
            extra += ("-fno-sanitize=undefined",)
        return COMMON_FLAGS + extra

    def run(self, arguments: Sequence[str]) -> None:
        """Run the compiler.

        Raises:
            ToolchainError: it could not be started or failed; the message has its last lines.
        """
        command = [*self.command, *arguments]
        try:
            result = subprocess.run(
                command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
            )
        except OSError as error:
            message = (
                f"the compiler {shlex.join(self.command)!r} could not be started: {error}. "
                "Set CONSTNET_CC to a C compiler, or `pip install ziglang`."
            )
            raise ToolchainError(message) from error
        if result.returncode != 0:
            lines = "\n".join(result.stderr.strip().splitlines()[-_LAST_LINES:])
            message = (
                f"the compiler failed with exit code {result.returncode}: {shlex.join(command)}\n"
                f"{lines}\nTry another compiler with CONSTNET_CC, or run `constnet doctor`."
            )
            raise ToolchainError(message)


def find_compiler() -> Compiler | None:
    """The compiler to use, or None where there is none.

    Raises:
        ToolchainError: `CONSTNET_CC` names a command that does not exist.
    """
    given = os.environ.get("CONSTNET_CC")
    if given:
        return _from_environment(given)
    return next((found for found in find_compilers()), None)


def find_compilers() -> list[Compiler]:
    """Every compiler found, the preferred one first, `CONSTNET_CC` left out."""
    found = [_zig(), _on_path("clang", "clang"), _on_path("gcc", "gcc")]
    return [compiler for compiler in found if compiler is not None]


@functools.lru_cache(maxsize=4)
def _from_environment(given: str) -> Compiler:
    try:
        command = tuple(shlex.split(given))
    except ValueError as error:
        message = f"CONSTNET_CC is {given!r}, which is no command line: {error}. Mend its quotes."
        raise ToolchainError(message) from error
    path = shutil.which(command[0]) if command else None
    if path is None:
        message = (
            f"CONSTNET_CC is {given!r}, but no command {(command or ('',))[0]!r} was found. "
            "Set it to a C compiler such as `gcc`, or unset it."
        )
        raise ToolchainError(message)
    is_zig = "ziglang" in command or Path(path).name == "zig"
    family = "clang" if is_zig else _family(command)
    return Compiler(given, command, family, f"{given} {_stamp(path)}", is_zig)


@functools.lru_cache(maxsize=1)
def _zig() -> Compiler | None:
    spec = importlib.util.find_spec("ziglang")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    binary = next((p for p in (folder / "zig", folder / "zig.exe") if p.is_file()), None)
    if binary is None:
        return None
    command = (str(binary), "cc")
    return Compiler("zig cc", command, "clang", f"zig {_stamp(str(binary))}", is_zig=True)


def _on_path(name: str, family: Family) -> Compiler | None:
    path = shutil.which(name)
    if path is None:
        return None
    if name == "gcc" and sys.platform == "darwin":
        family = "clang"
    return Compiler(name, (path,), family, f"{name} {_stamp(path)}")


def _stamp(path: str) -> str:
    """Changes when the compiler is replaced; costs one stat."""
    info = Path(path).stat()
    return f"{path} {info.st_size} {info.st_mtime_ns}"


def _family(command: tuple[str, ...]) -> Family:
    result = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
    return "clang" if "clang" in result.stdout.lower() else "gcc"


def version_line(compiler: Compiler) -> str:
    """The first line a compiler prints of its version."""
    result = subprocess.run(
        [*compiler.command, "--version"], capture_output=True, text=True, check=False
    )
    lines = result.stdout.splitlines()
    return lines[0] if lines else "prints no version"
