"""`constnet summary`: layers, shapes, parameters and memory of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.cli.command import Command, add_model

if TYPE_CHECKING:
    import argparse


def _run(arguments: argparse.Namespace) -> int:
    import constnet as cn

    cn.load(arguments.model).summary()
    return 0


COMMAND = Command(
    name="summary",
    summary="show a model's layers, shapes, parameters and memory",
    examples=("constnet summary digits.safetensors",),
    add_arguments=add_model,
    run=_run,
)
