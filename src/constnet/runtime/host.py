"""This machine, as the schedule wants to know it, and how many threads to use."""

from __future__ import annotations

import functools
import os
import platform
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from constnet.errors import UsageError
from constnet.lowering.target import Target

MOST_THREADS = 1024
_threads: int | None = None


@functools.lru_cache(maxsize=1)
def host_target() -> Target:
    """The machine this process runs on."""
    features = _features()
    cores = available_cores()
    l1, l2 = _cache_bytes("1", 32 * 1024), _cache_bytes("2", 512 * 1024)
    machine = platform.machine().lower()
    if machine in ("arm64", "aarch64"):
        return Target("host", 16, 32, fma=True, cores=cores, l1=l1, l2=l2)
    if "avx512f" in features and "fma" in features:
        return Target("host", 64, 32, fma=True, cores=cores, l1=l1, l2=l2)
    if "avx2" in features and "fma" in features:
        return Target("host", 32, 16, fma=True, cores=cores, l1=l1, l2=l2)
    width = 16 if machine in ("x86_64", "amd64") else 0
    return Target("host", width, 16, fma=False, cores=cores, l1=l1, l2=l2)


def narrower(target: Target, vector_bytes: int) -> Target:
    """The same machine used with shorter vectors: other instructions, the same bits."""
    registers = 32 if vector_bytes == 64 else 16
    return replace(target, vector_bytes=vector_bytes, registers=registers)


def available_cores() -> int:
    """Cores this process may use."""
    with suppress(AttributeError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def set_threads(count: int | None) -> None:
    """Use `count` threads for compiled programs; None goes back to the default.

    Raises:
        UsageError: `count` is not a positive whole number.
    """
    global _threads  # noqa: PLW0603  (one setting for the process, as documented)
    if count is not None and (type(count) is not int or not 1 <= count <= MOST_THREADS):
        message = f"set_threads({count}): threads are a whole number from 1 to {MOST_THREADS}"
        raise UsageError(message)
    _threads = count


def threads() -> int:
    """Threads in use: `set_threads`, else `CONSTNET_THREADS`, else every core.

    Raises:
        UsageError: `CONSTNET_THREADS` is not a positive whole number.
    """
    if _threads is not None:
        return _threads
    given = os.environ.get("CONSTNET_THREADS")
    if given is None:
        return available_cores()
    if not given.isdecimal() or not 1 <= int(given) <= MOST_THREADS:
        message = f"CONSTNET_THREADS is {given!r}; it is a whole number from 1 to {MOST_THREADS}"
        raise UsageError(message)
    return int(given)


@functools.lru_cache(maxsize=1)
def _features() -> frozenset[str]:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("flags"):
                return frozenset(line.split(":", 1)[1].split())
    return frozenset()


def _cache_bytes(level: str, default: int) -> int:
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        with suppress(OSError, ValueError):
            kind = (folder / "type").read_text().strip()
            if (folder / "level").read_text().strip() == level and kind != "Instruction":
                size = (folder / "size").read_text().strip()
                return int(size.rstrip("KM")) * (1 << 20 if size.endswith("M") else 1024)
    return default
