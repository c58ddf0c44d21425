"""The table of a model: layers, shapes, parameters, memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet import nn

if TYPE_CHECKING:
    from constnet.train.model import Model


def print_summary(model: Model) -> None:
    """Print the table of `model.summary()`."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    rows = nn.summary(model.net)
    table = Table("path", "layer", "output", "parameters", "trained", title=None)
    for column in (3, 4):
        table.columns[column].justify = "right"
    for row in rows:
        shapes = ", ".join(_shape(shape) for shape in row.output_shapes)
        described = escape(row.description)
        table.add_row(row.path, described, shapes, f"{row.parameters:,}", f"{row.trainable:,}")
    console = Console(highlight=False)
    console.print(table)
    for line in totals(model):
        console.print(line)


def totals(model: Model) -> list[str]:
    """Parameters, and bytes of what training keeps in memory."""
    rows = nn.summary(model.net)
    parameters, trained = sum(r.parameters for r in rows), sum(r.trainable for r in rows)
    states = sum(row.states for row in rows)
    arrays = model.store().arrays.values()
    kept = sum(array.nbytes for array in arrays)
    return [
        f"parameters: {parameters:,} ({trained:,} trained), states: {states:,}",
        f"{model.dtype}, numerics {model.numerics}; training state: {kept:,} bytes",
    ]


def _shape(shape: tuple[int, ...]) -> str:
    return f"({', '.join(['batch', *map(str, shape)])})"
