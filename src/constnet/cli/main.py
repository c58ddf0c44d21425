"""Entry point: parses the command line, runs one subcommand, turns errors into one line.

Exit codes: 0 done, 1 a check said no (`verify`), 2 an error, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from constnet.cli import (
    demo,
    doctor,
    evaluate,
    export,
    predict,
    profile,
    show,
    summary,
    train,
    verify,
)
from constnet.errors import ConstnetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.cli.command import Command

COMMANDS: tuple[Command, ...] = (
    demo.COMMAND,
    train.COMMAND,
    predict.COMMAND,
    evaluate.COMMAND,
    export.COMMAND,
    verify.COMMAND,
    summary.COMMAND,
    show.COMMAND,
    profile.COMMAND,
    doctor.COMMAND,
)


def build_parser() -> argparse.ArgumentParser:
    """The parser of every subcommand; each help ends with examples."""
    parser = argparse.ArgumentParser(
        prog="constnet",
        description="Neural networks whose everything is a compile-time constant.",
        epilog="constnet COMMAND --help shows examples. Start with: constnet demo",
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        child = commands.add_parser(
            command.name,
            help=command.summary,
            description=command.summary[0].upper() + command.summary[1:] + ".",
            epilog="examples:\n" + "\n".join(f"  {line}" for line in command.examples),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(child)
        child.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    arguments = build_parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # A reader such as `head` has enough. Nothing more can be written, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ConstnetError, OSError) as error:
        print(f"error: {_one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return 130
    else:
        return code


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"constnet {version('constnet')}"
    except PackageNotFoundError:
        return "constnet (not installed)"
