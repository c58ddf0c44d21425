"""Compiled libraries on disk, by content: the same source, compiler and machine compile once.

A library is compiled under a name of its own and renamed into place, so that processes that share
the cache never see half a file. A cache that cannot be written is left alone for this process, with
one warning, and libraries go to a temporary folder.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import platform
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from constnet.errors import ToolchainError

if TYPE_CHECKING:
    from constnet.runtime.toolchain import Compiler

_FORMAT = "1"
MOST_BYTES = 1 << 30
"""Size above which the least recently used libraries are removed."""


def cache_folder() -> Path:
    """Where libraries are kept: `CONSTNET_CACHE`, else the user's cache folder."""
    given = os.environ.get("CONSTNET_CACHE")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "constnet"


def load_library(source: str, compiler: Compiler) -> ctypes.CDLL:
    """The library of a C source, from the cache or compiled now.

    Raises:
        ToolchainError: the compiler failed.
    """
    key = _key(source, compiler)
    folder = _usable(cache_folder())
    path = folder / f"{key}.so"
    if path.exists():
        with suppress(OSError):
            os.utime(path)
        try:
            return ctypes.CDLL(str(path))
        except OSError:  # a truncated file from a crash or a full disk: compile it again
            path.unlink(missing_ok=True)
    _compile(source, compiler, path)
    return ctypes.CDLL(str(path))


def _key(source: str, compiler: Compiler) -> str:
    parts = (_FORMAT, compiler.identity, " ".join(compiler.flags()), machine_identity(), source)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


@functools.lru_cache(maxsize=1)
def machine_identity() -> str:
    """What `-march=native` depends on: a cache may lie on a disk that several machines share."""
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        wanted = ("model name", "flags", "Features", "CPU part", "isa")
        found = sorted({line for line in lines if line.startswith(wanted)})
        return platform.machine() + "".join(found)
    return f"{platform.machine()} {platform.processor()} {platform.version()}"


def _usable(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _temporary(folder, str(error))
    if os.access(folder, os.W_OK | os.X_OK):
        return folder
    return _temporary(folder, "it is not writable")


@functools.lru_cache(maxsize=8)
def _temporary(folder: Path, reason: str) -> Path:
    warnings.warn(
        f"the cache {folder} cannot be used ({reason}): every process compiles again. "
        "Set CONSTNET_CACHE to a folder that can be written.",
        stacklevel=2,
    )
    return Path(tempfile.mkdtemp(prefix="constnet-"))


def _compile(source: str, compiler: Compiler, path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="build-", dir=path.parent) as work:
        text, built = Path(work) / "program.c", Path(work) / "program.so"
        text.write_text(source)
        arguments = [*compiler.flags(), str(text), "-o", str(built)]
        compiler.run(arguments)
        if not built.exists():
            message = (
                f"the compiler {compiler.name!r} ended well but wrote no library. Set CONSTNET_CC "
                "to a C compiler, or unset it."
            )
            raise ToolchainError(message)
        built.replace(path)
    trim(path.parent)


def trim(folder: Path, most: int = MOST_BYTES) -> None:
    """Remove the least recently used libraries until the cache is small enough."""
    with suppress(OSError):
        files = sorted(
            ((p.stat().st_mtime, p.stat().st_size, p) for p in folder.glob("*.so")), reverse=True
        )
        total = 0
        for _, size, path in files:
            total += size
            if total > most:
                path.unlink(missing_ok=True)
