"""Every module has a test file of the same name, and no file grows past its limit."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE, UNIT = ROOT / "src" / "constnet", ROOT / "tests" / "unit"
MODULES = sorted(p.relative_to(SOURCE) for p in SOURCE.rglob("*.py") if p.name != "__init__.py")
FILE_LIMIT, FUNCTION_LIMIT = 400, 40
# Data, not code: the grammar of the loop language is one page on purpose.
LONG_FILES = {"loopir/types.py"}
FORBIDDEN_NAMES = {"utils.py", "util.py", "common.py", "misc.py", "helpers.py"}


def twin(module):
    return UNIT / module.parent / f"test_{module.name.removeprefix('_')}"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_module_has_a_twin(module):
    assert twin(module).exists(), f"{module} has no {twin(module).relative_to(ROOT)}"


def test_every_twin_has_a_module():
    known = {twin(module) for module in MODULES} | {UNIT / "test_public_names.py"}
    packages = {p.parent.relative_to(SOURCE) for p in SOURCE.rglob("__init__.py")}
    known |= {UNIT / p.parent / f"test_{p.name}.py" for p in packages if p.name}
    known |= {UNIT / p / "test_init.py" for p in packages} | {Path(__file__).resolve()}
    stale = [p for p in UNIT.rglob("test_*.py") if p.resolve() not in {k.resolve() for k in known}]
    assert not stale, f"tests of modules that are gone: {[str(p.relative_to(UNIT)) for p in stale]}"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_module_stays_readable(module):
    text = (SOURCE / module).read_text(encoding="utf-8")
    if str(module) not in LONG_FILES:
        assert text.count("\n") <= FILE_LIMIT, f"{module} is longer than {FILE_LIMIT} lines"
    long = [
        f"{node.name}: {_code_lines(node)} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and _code_lines(node) > FUNCTION_LIMIT
    ]
    assert not long, f"{module}: {', '.join(long)}; the limit is {FUNCTION_LIMIT}"


def _code_lines(function):
    """Lines of a function without its docstring."""
    assert function.end_lineno is not None
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None:
        text = function.body[0]
        lines -= text.end_lineno - text.lineno + 1
    return lines


def test_no_drawer_modules():
    assert not [m for m in MODULES if m.name in FORBIDDEN_NAMES]


def test_generated_and_foreign_words_stay_out():
    """No text of the repository names a machine's path."""
    suffixes = {".py", ".md", ".toml", ".txt", ".c", ".h"}
    folders = ("src", "docs", "examples", "benchmarks", "scripts", "requirements")
    files = [p for f in folders for p in (ROOT / f).rglob("*") if p.suffix in suffixes]
    machine_paths = ("/" + "root/", "/" + "work/")
    found = [p for p in files if any(m in p.read_text(encoding="utf-8") for m in machine_paths)]
    assert not found
