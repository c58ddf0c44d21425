"""Every construct of the loop language, printed: text, strict compilation, values."""

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from constnet.loopir.parse import from_text
from constnet.loopir.run import run
from constnet.loopir.text import to_text
from constnet.loopir.verify import verify
from constnet.targets.c99.printer import print_program
from constnet.targets.c99.statement import StatementPrinter
from constnet.targets.rust import printer as rust
from constnet.targets.rust.expression import ExpressionPrinter
from tests.golden import constructs
from tests.golden.compilers import C_COMPILERS, STRICT, build, same_bits

HERE = Path(__file__).parent
ALL = (*constructs.SCALARS, *constructs.VECTORS)
KERNELS = {"portable": constructs.SCALARS, "host": ALL}
MAX_LINES = 40


def compare(path, text, request):
    if request.config.getoption("--update-golden"):
        path.write_text(text)
    assert path.exists(), f"{path.name} is not there; run pytest with --update-golden"
    assert text.count("\n") <= MAX_LINES
    assert text == path.read_text()


@pytest.mark.parametrize("dialect", ["portable", "host"])
@pytest.mark.parametrize("kernel", ALL, ids=lambda kernel: kernel.name)
def test_c_text(kernel, dialect, request):
    if kernel not in KERNELS[dialect]:
        return
    text = StatementPrinter("net", dialect, "fma").kernel(kernel, f"net_{kernel.name}")
    compare(HERE / "c99" / f"{kernel.name}.{dialect}.c", text + "\n", request)


@pytest.mark.parametrize("kernel", constructs.SCALARS, ids=lambda kernel: kernel.name)
def test_rust_text(kernel, request):
    text = rust.print_kernel(kernel, kernel.name, ExpressionPrinter("exact"))
    compare(HERE / "rust" / f"{kernel.name}.rs", text + "\n", request)


@pytest.mark.parametrize("numerics", ["exact", "fma"])
def test_constructs_are_legal_and_their_text_reads_back(numerics):
    program = constructs.program(ALL, numerics)
    verify(program)
    assert from_text(to_text(program)) == program


def entry(dialect, count):
    """A C function `go(void **)` that calls the program with an array of its buffers."""
    call = "net_run_once((void *const *)b, 0, 1);"
    if dialect == "portable":
        kinds = ["const float *", "const float *", "const int32_t *"]
        kinds += ["float *", "int32_t *"] * ((count - 3) // 2)
        args = ", ".join(f"({kind})b[{number}]" for number, kind in enumerate(kinds))
        call = f"net_run_once({args}, (unsigned char *)0);"
    language = '#ifdef __cplusplus\nextern "C"\n#endif'
    return f"\n{language}\nvoid go(void **b);\nvoid go(void **b) {{ {call} }}\n"


def run_c(library, program):
    memory = {b.name: np.zeros(b.extent, b.dtype.numpy) for b in program.buffers}
    memory |= {name: array.copy() for name, array in constructs.inputs().items()}
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in memory.values()]
    library.go((ctypes.c_void_p * len(pointers))(*pointers))
    return memory


def check(memory, program):
    wanted = run(program, constructs.inputs())
    for name, array in wanted.items():
        assert same_bits(memory[name], array), f"{name}: {memory[name]} is not {array}"


@pytest.mark.parametrize("numerics", ["exact", "fma"])
@pytest.mark.parametrize("compiler", C_COMPILERS)
@pytest.mark.parametrize(
    ("dialect", "flags"),
    [
        ("portable", ["-O0"]),
        ("portable", ["-O3", "-march=native"]),
        ("portable", ["-O2", "-U__SSE2__"]),
        ("host", ["-O2", "-march=native", "-fno-math-errno", "-ffp-contract=off"]),
    ],
    ids=["plain", "native", "no-sse", "host"],
)
def test_c_values(dialect, flags, compiler, numerics, tmp_path):
    program = constructs.program(KERNELS[dialect], numerics)
    source = tmp_path / "constructs.c"
    text = print_program(program, prefix="net", dialect=dialect)
    source.write_text(text + entry(dialect, len(program.buffers)))
    flags = ["-std=c99", *STRICT, *flags]
    library = build(C_COMPILERS[compiler], flags, source, tmp_path / "constructs.so")
    check(run_c(library, program), program)


@pytest.mark.skipif(not shutil.which("g++"), reason="g++ is not on this machine")
def test_portable_c_is_also_cpp(tmp_path):
    program = constructs.program(constructs.SCALARS, "fma")
    source = tmp_path / "constructs.cpp"
    text = print_program(program, prefix="net", dialect="portable")
    source.write_text(text + entry("portable", len(program.buffers)))
    library = build(["g++"], ["-std=c++17", *STRICT], source, tmp_path / "constructs.so")
    check(run_c(library, program), program)


@pytest.mark.parametrize("compiler", C_COMPILERS)
def test_portable_c_needs_no_libm(compiler, tmp_path):
    program = constructs.program(constructs.SCALARS, "fma")
    source, unit = tmp_path / "constructs.c", tmp_path / "constructs.o"
    text = print_program(program, prefix="net", dialect="portable")
    source.write_text(text + entry("portable", len(program.buffers)))
    for flags in (["-O0", "-U__SSE2__"], ["-O2", "-march=native"]):
        line = [*C_COMPILERS[compiler], "-c", *flags, str(source), "-o", str(unit)]
        subprocess.run(line, check=True)
        table = subprocess.run(["nm", "-u", str(unit)], capture_output=True, text=True, check=True)
        # Compilers may ask any environment for these, and turn loops into them.
        assert set(table.stdout.split()) <= {"U", "memcpy", "memmove", "memset"}


@pytest.mark.skipif(not shutil.which("rustc"), reason="rustc is not on this machine")
@pytest.mark.parametrize("numerics", ["exact", "fma"])
def test_rust_values_as_constants(numerics, tmp_path):
    """rustc runs the program while it compiles; the built program only prints the result."""
    program = constructs.program(constructs.SCALARS, numerics)
    given = constructs.inputs()
    words = {"x": "f32::from_bits({})", "y": "f32::from_bits({})", "n": "{} as i32"}
    arrays = ", ".join(
        f"&[{', '.join(words[name].format(f'{value}u32') for value in array.view(np.uint32))}]"
        for name, array in given.items()
    )
    outputs = [b for b in program.buffers if b.space == "output"]
    kinds = ", ".join(f"[{'f32' if b.dtype.is_float else 'i32'}; {b.extent}]" for b in outputs)
    prints = "".join(
        f'for v in R.{k} {{ println!("{{}}", v{".to_bits()" if b.dtype.is_float else ""}); }}'
        for k, b in enumerate(outputs)
    )
    text = rust.print_program(program).replace("#![no_std]", "")
    main = tmp_path / "main.rs"
    main.write_text(f"{text}\nconst R: ({kinds}) = predict({arrays});\nfn main() {{ {prints} }}\n")
    line = ["rustc", "--edition", "2021", "-o", str(tmp_path / "main"), str(main)]
    result = subprocess.run(line, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    shown = subprocess.run([str(tmp_path / "main")], capture_output=True, text=True, check=True)
    flat = iter(int(word) for word in shown.stdout.split())
    memory = dict(given)
    for buffer in outputs:
        kind = np.uint32 if buffer.dtype.is_float else np.int32
        values = np.array([next(flat) for _ in range(buffer.extent)], kind)
        memory[buffer.name] = values.view(buffer.dtype.numpy)
    check(memory, program)
