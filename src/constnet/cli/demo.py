"""`constnet demo`: from data to a C file with the same bits, in about a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.cli.command import Command, add_threads, count, set_threads

if TYPE_CHECKING:
    import argparse


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output", "-o", default="out/demo", metavar="FOLDER", help="where the files go"
    )
    parser.add_argument(
        "--epochs", type=count, default=30, metavar="N", help="passes over the data"
    )
    add_threads(parser)


def _run(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    import constnet as cn
    from constnet.cli.network import default_loss, default_metrics, default_network
    from constnet.cli.source import read_samples

    set_threads(arguments)
    folder = Path(arguments.output)
    folder.mkdir(parents=True, exist_ok=True)
    samples = read_samples("digits")
    print(f"1. Train on {len(samples.x):,} handwritten digits of 8x8 pixels.")
    model = cn.Model(
        default_network(samples, (64, 32), 0.0),
        loss=default_loss(samples),
        optimizer=cn.optim.Adam(2e-3),
        metrics=default_metrics(samples),
        numerics="exact",
        seed=0,
    )
    model.fit(samples.x, samples.y, epochs=arguments.epochs, batch_size=32)
    found = model.evaluate(samples.x_test, samples.y_test)
    print(f"2. {len(samples.x_test)} digits it has never seen: {found['accuracy']:.1%} right.")
    model.save(folder / "digits.safetensors")
    model.export(folder / "digits.c")
    print(f"3. Exported {folder / 'digits.c'}: plain C99, no dependencies, weights as constants.")
    report = model.verify(folder / "digits.c", inputs=samples.x_test.astype("float32"))
    print(f"4. Compiled it and compared with Python:\n   {report}")
    return 0 if report.ok else 1


COMMAND = Command(
    name="demo",
    summary="train on real data, export C, and show that it predicts the same bits",
    examples=("constnet demo", "constnet demo --output demo --epochs 10"),
    add_arguments=_add_arguments,
    run=_run,
)
