"""Every Python block and every command in the documents runs; every path they name exists."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = sorted(
    path
    for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    if "docs/api" not in path.as_posix()
)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
NAMED_PATH = re.compile(r"`((?:src|tests|docs|scripts|benchmarks|examples)/[\w./-]+)`")


def blocks(page, language):
    return [text for kind, text in BLOCK.findall(page.read_text("utf-8")) if kind == language]


def title(page):
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=title)
def test_python_blocks_run(page, tmp_path, monkeypatch):
    """The blocks of a page are one program."""
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "page"}
    for number, text in enumerate(blocks(page, "python"), start=1):
        exec(compile(text, f"{title(page)} block {number}", "exec"), namespace)


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "sh")], ids=title)
def test_commands_run(page, tmp_path):
    """Each `constnet ...` line of a shell block, in order, in one folder."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "COLUMNS": "100"}
    program = "import sys; from constnet.cli.main import main; sys.exit(main())"
    for line in "".join(blocks(page, "sh")).splitlines():
        name, *arguments = shlex.split(line, comments=True) or [""]
        if name != "constnet":
            continue
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_links_and_paths_exist(page):
    text = page.read_text("utf-8")
    named = [page.parent / target for target in LINK.findall(text)]
    named += [ROOT / target for target in NAMED_PATH.findall(text) if "NAME" not in target]
    missing = [str(path) for path in named if not path.exists()]
    assert not missing, f"{title(page)} names what is gone: {missing}"


@pytest.mark.parametrize("script", ["build_api_reference.py", "build_architecture.py"])
def test_built_pages_are_up_to_date(script):
    command = [sys.executable, str(ROOT / "scripts" / script), "--check"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"run `make docs`\n{done.stdout}{done.stderr}"
