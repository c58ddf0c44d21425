import stat

import numpy as np
import pytest

from constnet import dtypes, interpreter
from constnet.errors import ToolchainError
from constnet.ir.types import TensorType
from constnet.lowering.lower import lower
from constnet.runtime import toolchain
from constnet.runtime.toolchain import find_compiler, find_compilers, version_line
from constnet.testing import trace
from tests.lowered import COMPILERS, assert_same_bits, outputs_of, target_of

BY_NAME = pytest.mark.parametrize("compiler", COMPILERS, ids=lambda c: c.name)


@pytest.fixture
def script(tmp_path):
    """Makes an executable that stands for a compiler."""

    def write(body, name="cc"):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return write


def test_named_compiler_that_does_not_exist(monkeypatch):
    monkeypatch.setenv("CONSTNET_CC", "no-such-compiler -m32")
    with pytest.raises(ToolchainError, match=r"'no-such-compiler -m32'.*'no-such-compiler' was"):
        find_compiler()


def test_named_compiler_is_asked_what_it_is(monkeypatch, script):
    gcc = script("echo gcc 99")
    monkeypatch.setenv("CONSTNET_CC", f"{gcc} -m64")
    found = find_compiler()
    assert (found.family, found.command, found.is_zig) == ("gcc", (str(gcc), "-m64"), False)
    clang = script("echo Debian clang version 99", "other")
    monkeypatch.setenv("CONSTNET_CC", str(clang))
    assert find_compiler().family == "clang"
    assert version_line(find_compiler()) == "Debian clang version 99"


def test_zig_is_known_by_its_name(monkeypatch, script):
    zig = script("exit 1", "zig")
    monkeypatch.setenv("CONSTNET_CC", f"{zig} cc")
    found = find_compiler()
    assert (found.family, found.is_zig) == ("clang", True)
    assert "-fno-sanitize=undefined" in found.flags()


def test_order_of_what_is_found(monkeypatch, script):
    monkeypatch.delenv("CONSTNET_CC", raising=False)
    folder = script("", "gcc").parent
    script("", "clang")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(toolchain, "_zig", lambda: None)
    assert [found.name for found in find_compilers()] == ["clang", "gcc"]
    assert find_compiler().name == "clang"


def test_no_compiler_is_none(monkeypatch, tmp_path):
    monkeypatch.delenv("CONSTNET_CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(toolchain, "_zig", lambda: None)
    assert find_compilers() == []
    assert find_compiler() is None


def test_failure_shows_the_code_and_the_last_lines(monkeypatch, script):
    lines = "\n".join(f"echo line {number} >&2" for number in range(1, 31))
    monkeypatch.setenv(
        "CONSTNET_CC", str(script(f"echo gcc\n[ $# = 1 ] && exit 0\n{lines}\nexit 7"))
    )
    with pytest.raises(ToolchainError, match="exit code 7") as raised:
        find_compiler().run(["-c", "x.c"])
    text = str(raised.value)
    assert "line 30" in text
    assert "line 15\n" not in text
    assert "CONSTNET_CC" in text


def test_compiler_that_is_gone_says_so(script, monkeypatch):
    path = script("echo gcc")
    monkeypatch.setenv("CONSTNET_CC", str(path))
    found = find_compiler()
    path.unlink()
    with pytest.raises(ToolchainError, match="could not be started"):
        found.run([])


@BY_NAME
def test_flags_keep_ieee_rules(compiler):
    flags = compiler.flags()
    assert "-ffp-contract=off" in flags
    assert not {"-ffast-math", "-Ofast", "-fno-signed-zeros"} & set(flags)


@BY_NAME
def test_negative_fraction_through_an_integer_is_positive_zero(compiler):
    graph = trace(
        lambda x: [x.astype("int32").astype("float32")], TensorType((64,), dtypes.float32)
    )
    x = np.linspace(-2, 2, 64, dtype=np.float32)
    program = lower(graph, target_of(0), "exact")
    found = outputs_of(program, graph, [x], compiler=compiler)
    assert_same_bits(found, interpreter.run(graph, [x]))
    assert not np.signbit(found[0][(x > -1) & (x < 0)]).any()


def test_gcc_may_not_fuse_in_its_straight_line_vectoriser():
    gcc = toolchain.Compiler("gcc", ("gcc",), "gcc", "gcc 12")
    clang = toolchain.Compiler("clang", ("clang",), "clang", "clang 22")
    assert "-fno-tree-slp-vectorize" in gcc.flags()
    assert "-fno-tree-slp-vectorize" not in clang.flags()


def test_command_with_an_open_quote_is_refused(monkeypatch):
    monkeypatch.setenv("CONSTNET_CC", "gcc 'x")
    with pytest.raises(ToolchainError, match="no command line"):
        toolchain.find_compiler()
