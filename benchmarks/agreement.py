"""Whether all peers compute the same: losses of the first steps, or predictions, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.report import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.alternate import Result

LOSS_TOLERANCE = 1e-3
"""Relative. A bias in front of a batch normalization has a gradient of rounding errors alone, which
Adam makes into steps of full size, so the losses of such networks part at 1e-4."""
OUTPUT_TOLERANCE = 1e-4
"""Of the largest output."""


def _values(result: Result) -> np.ndarray:
    return np.array(result.losses or result.outputs)


def _difference(values: np.ndarray, others: np.ndarray, *, relative: bool) -> float:
    if values.shape != others.shape:
        return float("inf")
    scale = np.abs(others) if relative else np.abs(others).max()
    return float((np.abs(values - others) / scale).max())


def compare(results: Sequence[Result]) -> dict[int, float]:
    """By a result's place: its largest difference from the first peer that has the workload.

    `gaussian2d` draws its points with each peer's own generator, so it is not compared.
    """
    first: dict[tuple[str, int], np.ndarray] = {}
    found = {}
    for number, result in enumerate(results):
        values = _values(result)
        if not values.size or (result.job.workload.startswith("gaussian2d") and result.losses):
            continue
        key = result.job.workload, result.job.threads
        if key in first:
            found[number] = _difference(values, first[key], relative=bool(result.losses))
        else:
            first[key] = values
    return found


def disagreements(results: Sequence[Result]) -> list[str]:
    """A line for each peer that computes something else, or failed."""
    lines = [
        f"{r.job.peer} on {r.job.workload}: {r.missing}"
        for r in results
        if r.missing.startswith(("failed", "the worker ended"))
    ]
    for number, difference in compare(results).items():
        result = results[number]
        most = LOSS_TOLERANCE if result.losses else OUTPUT_TOLERANCE
        if not difference <= most:
            job = result.job
            lines.append(f"{job.peer} on {job.workload} differs by {difference:.1e}, more than "
                         f"{most:.0e}")  # fmt: skip
    return lines


def agreement_table(results: Sequence[Result], *, markdown: bool) -> str:
    """The numbers themselves and their differences."""
    differences = compare(results)
    rows = []
    for number, result in enumerate(results):
        job, values = result.job, _values(result)[:6]
        told = " ".join(f"{value:.6f}" for value in values) or result.missing or "does not do it"
        difference = f"{differences[number]:.1e}" if number in differences else ""
        rows.append([job.workload, job.peer, str(job.threads), told, difference])
    header = ["workload", "peer", "threads", "first losses or outputs", "difference"]
    return table(header, rows, markdown=markdown)
