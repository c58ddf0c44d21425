"""`constnet export`: a trained model as source code without dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.cli.command import Command, add_model

if TYPE_CHECKING:
    import argparse


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    add = parser.add_argument
    add("artefact", metavar="ARTEFACT", help="what to write: FILE.c (with FILE.h), FILE.h alone, "
        "or a folder for a Rust crate")  # fmt: skip
    add("--target", metavar="NAME", help="c99 or rust (default: from the file's ending)")
    add("--batch", type=int, default=1, metavar="N", help="rows of one call")
    add("--name", metavar="PREFIX", help="prefix of all names (default: the file's name)")
    add("--self-test", action="store_true", help="include inputs with their known outputs")


def _run(arguments: argparse.Namespace) -> int:
    import constnet as cn

    model = cn.load(arguments.model)
    written = model.export(
        arguments.artefact,
        target=arguments.target,
        batch_size=arguments.batch,
        name=arguments.name,
        self_test=arguments.self_test,
    )
    for path in written:
        print(f"wrote {path}")
    return 0


COMMAND = Command(
    name="export",
    summary="write a model as C99 or Rust with the weights as constants",
    examples=(
        "constnet export digits.safetensors digits.c",
        "constnet export digits.safetensors digits_rs --target rust",
    ),
    add_arguments=_add_arguments,
    run=_run,
)
