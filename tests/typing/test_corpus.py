"""Both type checkers accept every program in accept/ and reject every one in reject/.

A wrong program marks its wrong line with `# names: A, B`: what both checkers' messages on that line
must contain.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RIGHT = sorted((HERE / "accept").glob("*.py"))
WRONG = sorted((HERE / "reject").glob("*.py"))
MARK = re.compile(r"# names: (.*)$")

pytestmark = pytest.mark.slow


def run(*command):
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def pyright():
    answer = json.loads(run("pyright", "--outputjson", *map(str, RIGHT + WRONG)))
    found = {}
    for entry in answer["generalDiagnostics"]:
        key = Path(entry["file"]).name, entry["range"]["start"]["line"] + 1
        found[key] = found.get(key, "") + entry["message"] + "\n"
    return found


@pytest.fixture(scope="module")
def mypy():
    text = run("mypy", "--strict", "--no-incremental", *map(str, RIGHT + WRONG))
    found = {}
    for name, line, message in re.findall(r"([^/\s]+\.py):(\d+): (?:error|note): (.*)", text):
        key = name, int(line)
        found[key] = found.get(key, "") + message + "\n"
    return found


@pytest.mark.parametrize("checker", ["pyright", "mypy"])
@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.stem)
def test_right_programs_are_accepted(path, checker, request):
    errors = request.getfixturevalue(checker)
    assert {key: text for key, text in errors.items() if key[0] == path.name} == {}


@pytest.mark.parametrize("checker", ["pyright", "mypy"])
@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_wrong_programs_are_rejected_at_their_line(path, checker, request):
    errors = request.getfixturevalue(checker)
    marked = {
        number: found[1].split(", ")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (found := MARK.search(line))
    }
    assert {line for name, line in errors if name == path.name} == set(marked)
    for number, names in marked.items():
        message = errors[path.name, number]
        assert all(name in message for name in names), message


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.stem)
def test_right_programs_run(path):
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
