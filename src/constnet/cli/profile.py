"""`constnet profile`: where the time of a model's step or prediction goes, kernel by kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.cli.command import Command, add_model, add_threads, set_threads

if TYPE_CHECKING:
    import argparse

    from constnet.runtime.profile import KernelTime


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("--batch", type=int, default=32, metavar="N", help="rows of the batch")
    parser.add_argument(
        "--seconds", type=float, default=1.0, metavar="X", help="how long to measure"
    )
    add_threads(parser)


def _run(arguments: argparse.Namespace) -> int:
    import constnet as cn
    from constnet.runtime.profile import profile

    set_threads(arguments)
    model = cn.load(arguments.model)
    kernels = profile(model.predict_graph(arguments.batch), model.arrays(), arguments.seconds)
    _print(kernels)
    return 0


def _print(kernels: list[KernelTime]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None)
    for column in ("kernel", "layer", "us", "share", "FLOPs", "bytes", "GFLOP/s", "of peak"):
        table.add_column(column, justify="left" if column in ("kernel", "layer") else "right")
    total = sum(kernel.seconds for kernel in kernels) or 1.0
    for kernel in sorted(kernels, key=lambda each: -each.seconds):
        table.add_row(
            kernel.name,
            kernel.layer,
            f"{kernel.seconds * 1e6:.3g}",
            f"{kernel.seconds / total:.0%}",
            f"{kernel.flops:,}",
            f"{kernel.bytes:,}",
            f"{kernel.flops / kernel.seconds * 1e-9:.1f}" if kernel.seconds else "",
            f"{kernel.share_of_peak:.0%}",
        )
    Console().print(table)


COMMAND = Command(
    name="profile",
    summary="show time, FLOPs, bytes and share of the machine's peak of each kernel",
    examples=("constnet profile digits.safetensors --batch 256 --threads 1",),
    add_arguments=_add_arguments,
    run=_run,
)
