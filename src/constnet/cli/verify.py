"""`constnet verify`: does an exported file compute what its model computes?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.cli.command import Command, add_model, count

if TYPE_CHECKING:
    import argparse


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("artefact", metavar="ARTEFACT", help="what `constnet export` wrote")
    parser.add_argument("--count", type=count, default=100, metavar="N", help="random calls")
    parser.add_argument("--inputs", metavar="FILE", help="also compare on these rows (.npy)")


def _run(arguments: argparse.Namespace) -> int:
    import constnet as cn

    inputs = cn.data.read_array(arguments.inputs) if arguments.inputs else None
    report = cn.load(arguments.model).verify(
        arguments.artefact, inputs=inputs, count=arguments.count
    )
    print(report)
    return 0 if report.ok else 1


COMMAND = Command(
    name="verify",
    summary="compile an exported file and compare it with its model",
    examples=("constnet verify digits.safetensors digits.c --count 1000",),
    add_arguments=_add_arguments,
    run=_run,
)
