"""`constnet train`: a network from data, with nothing else to write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.cli.command import Command, add_threads, count, set_threads

if TYPE_CHECKING:
    import argparse

    from constnet.cli.source import Samples
    from constnet.train.model import Model


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("data", metavar="DATA", help="digits, mnist, fashion_mnist, cats, a table, an .npz with x "
        "and y, or a folder with one folder of images per class")  # fmt: skip
    add("--target", metavar="COLUMN", help="the column of a table to predict")
    add("--output", "-o", default="model.safetensors", metavar="FILE", help="where the model goes "
        "(default: %(default)s)")  # fmt: skip
    add("--hidden", default="64,64", metavar="N,N", help="units of the hidden layers (%(default)s)")
    add("--epochs", type=count, default=20, metavar="N", help="passes over the data (%(default)s)")
    add("--batch-size", type=count, default=32, metavar="N", help="rows of one step (%(default)s)")
    add("--optimizer", default="adam", metavar="NAME", help="adam, adamw, sgd, rmsprop, ...")
    add(
        "--learning-rate",
        type=float,
        default=1e-3,
        metavar="X",
        help="its learning rate (%(default)s)",
    )
    add(
        "--dropout",
        type=float,
        default=0.0,
        metavar="X",
        help="share of units left out (%(default)s)",
    )
    add("--held-out", type=float, metavar="X", help="share of rows to test on (0.2)")
    add("--size", metavar="HxWxC", help="what images of a folder become (64x64x3)")
    add("--seed", type=int, default=0, metavar="N", help="decides weights, order and the split")
    add("--numerics", choices=("fma", "exact"), default="fma", help="exact: the same bits on every "
        "machine")  # fmt: skip
    add("--quiet", "-q", action="store_true", help="no progress bar")
    add_threads(parser)


def _run(arguments: argparse.Namespace) -> int:
    from constnet.cli.source import read_samples

    set_threads(arguments)
    _check_folder(arguments.output)
    samples = read_samples(
        arguments.data,
        target=arguments.target,
        size=_numbers(arguments.size, "x", "--size") if arguments.size else None,
        fraction=arguments.held_out,
        seed=arguments.seed,
    )
    model = _model(arguments, samples)
    model.fit(
        samples.x,
        samples.y,
        epochs=arguments.epochs,
        batch_size=min(arguments.batch_size, len(samples.x)),
        validation_data=(samples.x_test, samples.y_test),
        verbose=0 if arguments.quiet else "auto",
    )
    found = model.evaluate(samples.x_test, samples.y_test)
    told = ", ".join(f"{name} {value:.4g}" for name, value in found.items())
    print(f"held out ({len(samples.x_test)} rows): {told}")
    model.save(arguments.output)
    print(f"saved {arguments.output}")
    return 0


def _check_folder(output: str) -> None:
    """Refuse a place that cannot be written to before training, not after."""
    import os
    from pathlib import Path

    from constnet.errors import UsageError

    folder = Path(output).parent
    if not (folder.is_dir() and os.access(folder, os.W_OK)) or Path(output).is_dir():
        message = (
            f"--output {output} cannot be written: {folder} is no folder to write to, or "
            f"{output} is a folder itself. Give a file in an existing folder."
        )
        raise UsageError(message)


def _model(arguments: argparse.Namespace, samples: Samples) -> Model:
    from dataclasses import replace

    import constnet as cn
    from constnet.cli.network import default_loss, default_metrics, default_network

    hidden = _numbers(arguments.hidden, ",", "--hidden")
    optimizer = replace(cn.optim.get(arguments.optimizer), learning_rate=arguments.learning_rate)
    model = cn.Model(
        default_network(samples, hidden, arguments.dropout),
        loss=default_loss(samples),
        optimizer=optimizer,
        metrics=default_metrics(samples),
        seed=arguments.seed,
        numerics=arguments.numerics,
    )
    if samples.encoding is not None:
        model.metadata["table"] = samples.encoding.to_dict()
    return model


def _numbers(text: str, separator: str, option: str) -> tuple[int, ...]:
    from constnet.errors import UsageError

    try:
        return tuple(int(part) for part in text.split(separator) if part)
    except ValueError:
        message = f"{option} {text!r} is not a list of whole numbers separated by {separator!r}"
        raise UsageError(message) from None


COMMAND = Command(
    name="train",
    summary="train a network on a data set, a table, arrays or images",
    examples=(
        "constnet train digits --epochs 30 -o digits.safetensors",
        "constnet train houses.csv --target price --hidden 32,32",
        "constnet train photos/ --size 64x64x3    # photos/cat/*.jpg, photos/dog/*.jpg",
    ),
    add_arguments=_add_arguments,
    run=_run,
)
