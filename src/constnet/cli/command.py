"""What a subcommand is: a name, a line of help, examples, its arguments and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand. `run` returns the exit code."""

    name: str
    summary: str
    examples: tuple[str, ...]
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def count(text: str) -> int:
    """A whole number from 1 on, as the type of an argument."""
    import argparse

    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        message = f"{text!r} is not a whole number from 1 on"
        raise argparse.ArgumentTypeError(message)
    return number


def add_model(parser: argparse.ArgumentParser) -> None:
    """The argument that most subcommands begin with."""
    parser.add_argument("model", metavar="MODEL", help="a model file (.safetensors)")


def add_threads(parser: argparse.ArgumentParser) -> None:
    """How many threads compiled code may use."""
    parser.add_argument(
        "--threads", type=int, metavar="N", help="threads of compiled code (default: all cores)"
    )


def set_threads(arguments: argparse.Namespace) -> None:
    """Apply `--threads` where it was given."""
    if arguments.threads is not None:
        import constnet as cn

        cn.set_threads(arguments.threads)
