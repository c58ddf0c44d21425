"""`constnet evaluate`: loss and metrics of a model on data with known answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.cli.command import Command, add_model, add_threads, set_threads

if TYPE_CHECKING:
    import argparse


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("data", metavar="DATA", help="a data set's name (its test part), a table "
                        "with the target column, an array file with x and y, or a folder with one "
                        "folder of images per class")  # fmt: skip
    add_threads(parser)


def _run(arguments: argparse.Namespace) -> int:
    import constnet as cn
    from constnet.cli.source import read_known

    set_threads(arguments)
    model = cn.load(arguments.model)
    x, y = read_known(model, arguments.data)
    for name, value in model.evaluate(x, y).items():
        print(f"{name}: {value:.6g}")
    return 0


COMMAND = Command(
    name="evaluate",
    summary="measure a model's loss and metrics on data",
    examples=(
        "constnet evaluate digits.safetensors digits",
        "constnet evaluate houses.safetensors more_houses.csv",
    ),
    add_arguments=_add_arguments,
    run=_run,
)
