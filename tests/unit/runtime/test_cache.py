import os
import subprocess
import sys
import textwrap
import warnings

import pytest

from constnet.errors import ToolchainError
from constnet.runtime import cache
from constnet.runtime.cache import cache_folder, load_library, machine_identity, trim
from constnet.runtime.toolchain import find_compiler
from tests.lowered import COMPILERS

SOURCE = '__attribute__((visibility("default"))) int answer(void) { return 42; }\n'


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("CONSTNET_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Counting:
    """A compiler that counts how often it runs."""

    def __init__(self, compiler):
        self.compiler, self.runs = compiler, 0
        self.identity = compiler.identity

    def flags(self):
        return self.compiler.flags()

    def run(self, arguments):
        self.runs += 1
        self.compiler.run(arguments)


@pytest.fixture
def compiler():
    return Counting(COMPILERS[-1])


def test_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("CONSTNET_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("CONSTNET_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    assert cache_folder() == tmp_path / "user" / "constnet"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "constnet"


def test_same_source_compiles_once(folder, compiler):
    assert load_library(SOURCE, compiler).answer() == 42
    assert load_library(SOURCE, compiler).answer() == 42
    assert compiler.runs == 1
    assert load_library(SOURCE.replace("42", "43"), compiler).answer() == 43
    assert compiler.runs == 2
    assert len(list(folder.glob("*.so"))) == 2
    assert {path.suffix for path in folder.iterdir()} == {".so"}


@pytest.mark.parametrize("damage", [b"", b"not a library", None])
def test_damaged_library_is_compiled_again(folder, compiler, damage):
    source = SOURCE.replace("answer", f"answer{len(damage) if damage is not None else 'cut'}")
    code = textwrap.dedent(f"""
        from constnet.runtime.cache import load_library
        from tests.lowered import COMPILERS
        load_library({source!r}, COMPILERS[-1])
    """)
    subprocess.run([sys.executable, "-c", code], check=True, env=environment())
    (built,) = folder.glob("*.so")
    built.write_bytes(damage if damage is not None else built.read_bytes()[:100])
    library = load_library(source, compiler)
    assert compiler.runs == 1
    assert library[source.split("int ")[1].split("(")[0]]() == 42


def environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def test_cache_that_cannot_be_written_warns_once_and_works(monkeypatch, tmp_path, compiler):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("CONSTNET_CACHE", str(blocked / "cache"))
    with pytest.warns(UserWarning, match=r"file/cache cannot be used .*Set CONSTNET_CACHE"):
        first = load_library(SOURCE, compiler)
    assert first.answer() == 42
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_library(SOURCE, compiler).answer() == 42
    assert compiler.runs == 1


def test_folder_without_permission_warns(monkeypatch, folder, compiler):
    folder.mkdir()
    monkeypatch.setattr(cache.os, "access", lambda *_: False)
    with pytest.warns(UserWarning, match="it is not writable"):
        assert load_library(SOURCE, compiler).answer() == 42
    assert not list(folder.iterdir())


def test_failed_compile_leaves_nothing(folder, compiler):
    with pytest.raises(ToolchainError, match="exit code"):
        load_library("this is no C", compiler)
    assert not list(folder.iterdir())


def test_processes_that_compile_the_same_at_once(folder):
    code = textwrap.dedent(f"""
        from constnet.runtime.cache import load_library
        from tests.lowered import COMPILERS
        for n in range(3):
            source = {SOURCE!r}.replace("42", str(n))
            assert load_library(source, COMPILERS[-1]).answer() == n
    """)
    runs = [
        subprocess.Popen([sys.executable, "-c", code], env=environment(), stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for run in runs:
        _, error = run.communicate()
        assert run.returncode == 0, error.decode()
    assert len(list(folder.iterdir())) == 3


def test_trim_removes_the_least_recently_used(tmp_path):
    for number in range(5):
        path = tmp_path / f"{number}.so"
        path.write_bytes(bytes(100))
        os.utime(path, (1000 + number, 1000 + number))
    (tmp_path / "other.txt").write_bytes(bytes(1000))
    trim(tmp_path, 250)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3.so", "4.so", "other.txt"]


def test_use_makes_a_library_recent(folder, compiler):
    load_library(SOURCE, compiler)
    (built,) = folder.glob("*.so")
    os.utime(built, (1000, 1000))
    load_library(SOURCE, compiler)
    assert built.stat().st_mtime > 1000


def test_key_tells_compilers_apart(compiler):
    other = Counting(COMPILERS[-1])
    other.identity = "another"
    assert cache._key(SOURCE, compiler) == cache._key(SOURCE, Counting(COMPILERS[-1]))
    assert cache._key(SOURCE, compiler) != cache._key(SOURCE, other)
    assert machine_identity() == machine_identity()


def test_compiler_that_writes_nothing_is_named(folder, monkeypatch):
    monkeypatch.setenv("CONSTNET_CC", "true")
    with pytest.raises(ToolchainError, match="'true' ended well but wrote no library"):
        cache.load_library("int x;", find_compiler())
