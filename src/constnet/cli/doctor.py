"""`constnet doctor`: what was found on this machine, and what each missing thing costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.cli.command import Command

if TYPE_CHECKING:
    import argparse

_OPTIONAL = {
    "matplotlib": ("plot", "history.plot() and the examples' pictures"),
    "polars": ("data", "reading CSV and Parquet tables"),
    "PIL": ("data", "reading images"),
    "h5py": ("data", "reading .h5 files, among them the cats data set"),
}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser  # it takes none


def _run(arguments: argparse.Namespace) -> int:
    del arguments
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for row in [*_python(), *_compilers(), *_machine(), *_cache(), *_extras()]:
        table.add_row(*map(escape, row))
    Console().print(table)
    return 0


COMMAND = Command(
    name="doctor",
    summary="say which compilers, targets, threads and devices were found",
    examples=("constnet doctor",),
    add_arguments=_add_arguments,
    run=_run,
)


def _python() -> list[tuple[str, str]]:
    import platform

    import numpy as np

    system = f"{platform.system()} {platform.machine()}"
    return [("python", f"{platform.python_version()} on {system}, numpy {np.__version__}")]


def _extras() -> list[tuple[str, str]]:
    from importlib.util import find_spec

    rows: list[tuple[str, str]] = []
    for module, (extra, use) in _OPTIONAL.items():
        is_there = find_spec(module) is not None
        costs = f"missing: no {use}. pip install 'constnet[{extra}]'"
        rows.append((f"extra {extra}", f"{module} found" if is_there else costs))
    return rows


def _compilers() -> list[tuple[str, str]]:
    import os

    from constnet.runtime import toolchain

    rows = [
        ("compiler", f"{compiler.name}: {toolchain.version_line(compiler)}")
        for compiler in toolchain.find_compilers()
    ]
    if given := os.environ.get("CONSTNET_CC"):
        rows.insert(0, ("CONSTNET_CC", f"{given}, used instead of those below"))
    if rows:
        return rows
    costs = "none: networks run on the reference engine, hundreds of times slower"
    return [("compiler", f"{costs}. pip install 'constnet[zig]'")]


def _machine() -> list[tuple[str, str]]:
    import shutil

    from constnet.runtime import host

    target = host.host_target()
    vectors = f"{target.vector_bytes * 8}-bit vectors" if target.vector_bytes else "no vectors"
    fma = "FMA" if target.fma else "no FMA: fma numerics are computed in software"
    caches = f"L1 {target.l1 // 1024} KiB, L2 {target.l2 // 1024} KiB"
    rustc = shutil.which("rustc")
    return [
        ("this machine", f"{vectors}, {fma}, {caches}"),
        ("threads", f"{host.threads()} of {host.available_cores()} cores (CONSTNET_THREADS)"),
        ("devices", "CPU only: there is no target for another device in this version"),
        ("target c99", "export and verify" if _has_compiler() else "export only: no compiler"),
        ("target rust", f"export and verify ({rustc})" if rustc else "export only: rustc is "
         "missing, so `constnet verify` cannot build a crate"),
    ]  # fmt: skip


def _has_compiler() -> bool:
    from constnet.runtime import toolchain

    return toolchain.find_compiler() is not None


def _cache() -> list[tuple[str, str]]:
    import os

    from constnet.runtime.cache import cache_folder

    folder = cache_folder()
    if not folder.exists():
        return [("cache", f"{folder}: empty, made at the first fit (CONSTNET_CACHE)")]
    files = [path.stat().st_size for path in folder.glob("*.so")]
    state = f"{len(files)} programs, {sum(files) / 1e6:.1f} MB"
    if not os.access(folder, os.W_OK):
        state += "; cannot be written, so every process compiles again: set CONSTNET_CACHE"
    return [("cache", f"{folder}: {state}")]
