"""The compilers of this machine, each as a command prefix, for tests of printed C."""

import ctypes
import importlib.util
import shutil
import subprocess
import sys

STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
C_COMPILERS = {
    name: command
    for name, command, present in (
        ("gcc", ["gcc"], shutil.which("gcc")),
        (
            "zig",
            [sys.executable, "-m", "ziglang", "cc", "-fno-sanitize=undefined"],
            importlib.util.find_spec("ziglang"),
        ),
    )
    if present
}


def build(command, flags, source, library):
    """Compile `source` to a shared library and load it; compilers' words are the failure."""
    line = [*command, *flags, "-shared", "-fPIC", str(source), "-o", str(library)]
    result = subprocess.run(line, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return ctypes.CDLL(str(library))


def same_bits(found, wanted):
    """Whether two arrays have the same bits, any NaN equal to any other."""
    if wanted.dtype.kind != "f":
        return (found == wanted).all()
    bits = f"u{wanted.itemsize}"
    nan = (found != found) & (wanted != wanted)
    return ((found.view(bits) == wanted.view(bits)) | nan).all()
