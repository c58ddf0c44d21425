"""The artefact as strangers build it: strict C99, C++17, one header in one file of a project."""

import platform
import shutil
import subprocess
from types import SimpleNamespace

import pytest

from constnet import Model, UsageError, nn
from constnet.export import export_model
from tests.golden.compilers import C_COMPILERS, STRICT

CPP = {"g++": ["g++"]} if shutil.which("g++") else {}
if "zig" in C_COMPILERS:
    CPP["zig++"] = [word if word != "cc" else "c++" for word in C_COMPILERS["zig"]]
COMPILERS = {name: [*command, "-std=c99"] for name, command in C_COMPILERS.items()}
COMPILERS |= {name: [*command, "-x", "c++", "-std=c++17"] for name, command in CPP.items()}
MAIN = """\
#include "net.h"
#include <stdio.h>
int main(void) {{
    static double arena[NET_ARENA_BYTES / 8 + 1];
    (void)arena;
    printf("%d %s\\n", net_self_test({arena}), net_class_names[1]);
    return 0;
}}
"""


def run(command, folder):
    subprocess.run([*command, "-o", "main"], cwd=folder, check=True)
    result = subprocess.run([str(folder / "main")], capture_output=True, text=True, check=True)
    return result.stdout


@pytest.mark.parametrize("numerics", ["exact", "fma"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_pair(model, compiler, numerics, tmp_path):
    export_model(model, tmp_path / "net.c", numerics=numerics, self_test=True)
    (tmp_path / "main.c").write_text(MAIN.format(arena=""))
    command = [*COMPILERS[compiler], *STRICT, "net.c", "main.c"]
    assert run(command, tmp_path) == '0 a "dog" \\ */\n'


@pytest.mark.parametrize("compiler", COMPILERS)
def test_single_header_with_the_callers_arena(model, compiler, tmp_path):
    export_model(model, tmp_path / "net.h", arena="caller", self_test=True, batch=2)
    text = MAIN.format(arena="arena")
    (tmp_path / "main.c").write_text(f"#define NET_IMPLEMENTATION\n{text}")
    command = [*COMPILERS[compiler], *STRICT, "main.c"]
    assert run(command, tmp_path) == '0 a "dog" \\ */\n'


@pytest.mark.parametrize("numerics", ["exact", "fma"])
def test_needs_no_library(model, numerics, tmp_path):
    export_model(model, tmp_path / "net.c", numerics=numerics)
    for command in C_COMPILERS.values():
        for flags in (["-O0"], ["-O2", "-march=native"]):
            line = [*command, *flags, "-c", "net.c", "-o", "net.o"]
            subprocess.run(line, cwd=tmp_path, check=True)
            table = subprocess.run(
                ["nm", "-u", "net.o"], cwd=tmp_path, capture_output=True, text=True, check=True
            )
            assert set(table.stdout.split()) <= {"U", "memcpy", "memmove", "memset"}


@pytest.mark.parametrize("compiler", C_COMPILERS)
def test_fast_math_is_refused(model, compiler, tmp_path):
    export_model(model, tmp_path / "net.c")
    line = [*C_COMPILERS[compiler], "-ffast-math", "-c", "net.c", "-o", "net.o"]
    result = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "compile without -ffast-math" in result.stderr


@pytest.mark.skipif("gcc" not in C_COMPILERS, reason="gcc names the parts of -ffast-math")
@pytest.mark.parametrize("flag", ["-ffinite-math-only", "-freciprocal-math", "-fno-signed-zeros"])
def test_parts_of_fast_math_are_refused(model, flag, tmp_path):
    export_model(model, tmp_path / "net.c")
    line = [*C_COMPILERS["gcc"], flag, "-c", "net.c", "-o", "net.o"]
    result = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "compile without -ffast-math" in result.stderr


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")
def test_gcc_fuses_nothing_in_exact_mode(tmp_path):
    net = nn.Sequential(nn.Dense(3), nn.SELU(), nn.Dense(2), nn.Softplus())
    net.build((2,))
    net.initialize(3, "float64")
    given = SimpleNamespace(net=net, numerics="exact")
    source, _ = export_model(given, tmp_path / "net.c", batch=16, self_test=True)
    assert "-fno-tree-slp-vectorize" in source.read_text()
    (tmp_path / "f.c").write_text(
        '#define NET_IMPLEMENTATION\n#include "one.h"\n'
        "void f(double *restrict o, const double *restrict a);\n"
    )
    export_model(given, tmp_path / "one.h", prefix="net")
    strict = ["gcc", "-std=c99", *STRICT, "-O3", "-mavx2", "-mfma", "-ffp-contract=fast"]
    for name in ("net.c", "f.c"):
        line = [*strict, "-S", name, "-o", "out.s"]
        subprocess.run(line, cwd=tmp_path, check=True)
        assert "vfm" not in (tmp_path / "out.s").read_text()


def test_the_self_test_finds_contraction(model, tmp_path):
    if "zig" not in C_COMPILERS or platform.machine() != "x86_64":
        pytest.skip("needs clang, which lets a flag override the pragma")
    for numerics in ("exact", "fma"):
        export_model(model, tmp_path / "net.c", numerics=numerics, self_test=True)
        (tmp_path / "main.c").write_text(MAIN.format(arena=""))
        command = [*COMPILERS["zig"], "-O2", "-mcpu=x86_64_v3", "net.c", "main.c"]
        assert run(command, tmp_path).startswith("0 ")
        assert not run([*command, "-ffp-contract=fast"], tmp_path).startswith("0 ")


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_largest_of_one_compiles(compiler, tmp_path):
    net = nn.Sequential(nn.Dense(1), nn.Argmax())
    net.build((2,))
    net.initialize(0)
    export_model(SimpleNamespace(net=net), tmp_path / "net.c")
    line = [*COMPILERS[compiler], *STRICT, "-c", "net.c", "-o", "net.o"]
    subprocess.run(line, cwd=tmp_path, check=True)


def test_header_is_included_by_its_own_name(tmp_path):
    net = nn.Sequential(nn.Dense(2, 1))
    model = Model(net, seed=0)
    model.predict([[0.0, 0.0]])
    path = tmp_path / "größe.c"
    model.export(path, prefix="size")
    assert '#include "größe.h"' in path.read_text(encoding="utf-8")
    with pytest.raises(UsageError, match="cannot stand in an #include"):
        model.export(tmp_path / 'a"b.c', prefix="size")
