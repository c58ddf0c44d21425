import re
import subprocess
import sys

import pytest

from constnet.cli import main as cli
from constnet.errors import DataError

NAMES = [
    "demo",
    "train",
    "predict",
    "evaluate",
    "export",
    "verify",
    "summary",
    "show",
    "profile",
    "doctor",
]


def test_the_commands_are_fixed():
    assert [command.name for command in cli.COMMANDS] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_help_shows_an_example_that_parses(name, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main([name, "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    examples = re.findall(r"^  constnet (.*)$", text.partition("examples:")[2], re.MULTILINE)
    assert examples
    for example in examples:
        words = example.partition("#")[0].partition("|")[0].split()
        assert cli.build_parser().parse_args(words).command == name


def test_an_error_is_one_line_and_exit_code_2(capsys):
    assert cli.main(["train", "nothing.csv"]) == 2
    error = capsys.readouterr().err
    assert (
        error
        == "error: nothing.csv is a table; say which column to predict, as in: --target price\n"
    )


def test_a_missing_file_is_named(tmp_path, capsys):
    assert cli.main(["summary", str(tmp_path / "no.safetensors")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "no.safetensors" in error
    assert error.count("\n") == 1


def test_unknown_command_lists_the_known(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["trian"])
    assert stop.value.code == 2
    assert "train" in capsys.readouterr().err


def test_a_message_of_many_lines_becomes_one():
    assert cli._one_line(DataError("a\n  b")) == "a b"


def test_interrupt_is_130(monkeypatch, capsys):
    def interrupt(_):
        raise KeyboardInterrupt

    parser = cli.build_parser()
    monkeypatch.setattr(cli, "build_parser", lambda: parser)
    monkeypatch.setattr(
        parser, "parse_args", lambda _: type("Parsed", (), {"run": staticmethod(interrupt)})
    )
    assert cli.main([]) == 130
    assert capsys.readouterr().err == "error: interrupted\n"


def test_help_imports_nothing_heavy():
    """`constnet --help` must not wait for libraries that it does not use."""
    program = (
        "import sys; from constnet.cli.main import build_parser; build_parser(); "
        "print(sorted({'rich', 'matplotlib', 'polars', 'h5py', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_reader_that_has_enough_is_no_error(model_file):
    code = f"from constnet.cli.main import main; raise SystemExit(main(['show', {model_file!r}]))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0
