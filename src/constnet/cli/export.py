"""`constnet export`: a trained model as source code without dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.cli.command import Command, add_model, count

if TYPE_CHECKING:
    import argparse


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    add = parser.add_argument
    add("artefact", metavar="ARTEFACT", help="FILE.c (writes FILE.h too), FILE.h (one header), "
        "FILE.rs, or the folder of a Rust crate")  # fmt: skip
    add("--prefix", metavar="NAME", help="what every C name begins with (default: the file's)")
    add("--numerics", choices=("fma", "exact"), help="default: the model's")
    add("--batch", type=count, default=1, metavar="N", help="rows of one call")
    add("--arena", choices=("static", "caller"), default="static", help="scratch memory: one "
        "static array, or given by the caller (re-entrant)")  # fmt: skip
    add("--stream", action="store_true", help="a state and a function of one step of a sequence, "
        "instead of the whole (C only)")  # fmt: skip
    add("--self-test", action="store_true", help="include inputs with their known outputs")


def _run(arguments: argparse.Namespace) -> int:
    import constnet as cn

    written = cn.load(arguments.model).export(
        arguments.artefact,
        prefix=arguments.prefix,
        numerics=arguments.numerics,
        batch=arguments.batch,
        arena=arguments.arena,
        self_test=arguments.self_test,
        stream=arguments.stream,
    )
    for path in written:
        print(f"wrote {path}")
    return 0


COMMAND = Command(
    name="export",
    summary="write a model as C99 or Rust with the weights as constants",
    examples=(
        "constnet export digits.safetensors digits.c",
        "constnet export digits.safetensors digits_crate",
        "constnet export tagger.safetensors tagger.c --stream",
    ),
    add_arguments=_add_arguments,
    run=_run,
)
