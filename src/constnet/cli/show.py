"""`constnet show`: a model's program at one stage of the pipeline, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.cli.command import Command, add_model, count

if TYPE_CHECKING:
    import argparse


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    add = parser.add_argument
    add("--stage", choices=("graph", "passes", "loops", "c"), default="graph",
        help="graph: as traced; passes: simplified; loops: loop nests; c: C99")  # fmt: skip
    add("--batch", type=count, default=1, metavar="N", help="rows of the batch")
    add("--host", action="store_true", help="schedule for this machine, not for portable C99")


def _run(arguments: argparse.Namespace) -> int:
    import constnet as cn
    from constnet.cli.stages import stage_text

    model = cn.load(arguments.model)
    print(stage_text(model, arguments.stage, batch=arguments.batch, host=arguments.host))
    return 0


COMMAND = Command(
    name="show",
    summary="print a model's program as graph, loop nests or C",
    examples=(
        "constnet show digits.safetensors --stage graph",
        "constnet show digits.safetensors --stage c | less",
    ),
    add_arguments=_add_arguments,
    run=_run,
)
