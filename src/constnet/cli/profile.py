"""`constnet profile`: where the time of a model's training step goes, kernel by kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.cli.command import Command, add_model, count

if TYPE_CHECKING:
    import argparse

    from constnet.runtime.profile import Profile

_COLUMNS = ("kernel", "layers", "us", "share", "FLOPs", "bytes", "GFLOP/s", "of peak")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("--batch", type=count, default=32, metavar="N", help="rows of the batch")


def _run(arguments: argparse.Namespace) -> int:
    import constnet as cn
    from constnet.cli.step_engine import step_engine
    from constnet.errors import ToolchainError
    from constnet.runtime.host import host_target
    from constnet.runtime.profile import profile_engine
    from constnet.runtime.toolchain import find_compiler

    compiler = find_compiler()
    if compiler is None:
        message = "no C compiler was found, so there is nothing to profile: see `constnet doctor`"
        raise ToolchainError(message)
    target = host_target()
    engine = step_engine(cn.load(arguments.model), arguments.batch, compiler, target)
    _print(profile_engine(engine, compiler, target))
    return 0


def _print(profile: Profile) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None)
    for column in _COLUMNS:
        table.add_column(column, justify="left" if column in _COLUMNS[:2] else "right")
    total = sum(call.seconds for call in profile.calls) or 1.0
    for call in sorted(profile.calls, key=lambda each: -each.seconds):
        table.add_row(
            call.kernel,
            ", ".join(call.layers),
            f"{call.seconds * 1e6:.3g}",
            f"{call.seconds / total:.0%}",
            f"{call.flops:,}",
            f"{call.bytes:,}",
            f"{call.flops / call.seconds * 1e-9:.1f}",
            f"{call.peak_share:.0%}",
        )
    console = Console(highlight=False)
    console.print(table)
    flops = sum(call.flops for call in profile.calls)
    console.print(
        f"one training step, one thread: {profile.step_seconds * 1e6:.3g} us, {flops:,} FLOPs; "
        f"measured peak {profile.peak_flops * 1e-9:.1f} GFLOP/s"
    )


COMMAND = Command(
    name="profile",
    summary="show time, FLOPs, bytes and share of the machine's peak of each kernel",
    examples=("constnet profile digits.safetensors --batch 256",),
    add_arguments=_add_arguments,
    run=_run,
)
