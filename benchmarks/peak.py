"""Compiles `peak.c` with the first compiler found and runs it."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_name("peak.c")


def _compilers() -> list[list[str]]:
    found = []
    if importlib.util.find_spec("ziglang"):
        found.append([sys.executable, "-m", "ziglang", "cc", "-fno-sanitize=undefined"])
    return found + [[name] for name in ("clang", "gcc", "cc") if shutil.which(name)]


def measure(threads: int) -> dict[str, float]:
    """The limits of `threads` threads, as `peak.c` prints them.

    Raises:
        RuntimeError: no compiler could build the program.
    """
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "peak"
        flags = ["-O3", "-march=native", "-ffp-contract=fast", str(SOURCE), "-o", str(program)]
        for compiler in _compilers():
            built = subprocess.run(
                [*compiler, *flags, "-lpthread"], check=False, capture_output=True
            )
            if built.returncode == 0:
                break
        else:
            message = f"no compiler could build {SOURCE.name}: tried {_compilers()}"
            raise RuntimeError(message)
        printed = subprocess.run([str(program), str(threads)], capture_output=True, check=True)
    return json.loads(printed.stdout)
