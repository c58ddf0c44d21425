"""`constnet predict`: what a model says about a photo, a table or an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from constnet.cli.command import Command, add_model

if TYPE_CHECKING:
    import argparse


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("data", metavar="DATA", nargs="+", help="photos, tables or array files")
    parser.add_argument(
        "--output", "-o", metavar="FILE", help="also save the raw outputs of all rows (.npy)"
    )


def _run(arguments: argparse.Namespace) -> int:
    import numpy as np

    import constnet as cn
    from constnet.cli.answer import describe_row
    from constnet.cli.source import read_inputs

    model = cn.load(arguments.model)
    outputs: list[np.ndarray[Any, np.dtype[Any]]] = []
    for name in arguments.data:
        found = model.predict(read_inputs(model, name))
        outputs.append(found)
        for number, row in enumerate(found, start=1):
            place = name if len(found) == 1 else f"{name} row {number}"
            print(f"{place}: {describe_row(model, row)}")
    if arguments.output:
        np.save(arguments.output, np.concatenate(outputs))
    return 0


COMMAND = Command(
    name="predict",
    summary="predict photos, tables or arrays with a trained model",
    examples=(
        "constnet predict cats.safetensors photo.jpg",
        "constnet predict houses.safetensors new_houses.csv -o prices.npy",
    ),
    add_arguments=_add_arguments,
    run=_run,
)
