"""`verify_artefact`: compile an artefact and compare it with the interpreter."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from constnet.errors import DataError, FormatError, ShapeError
from constnet.export import recording, runners
from constnet.export.banner import read_settings, signature
from constnet.export.network import HasNetwork, Network, Numerics, trace_network
from constnet.export.stream import trace_stream

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

Array = np.ndarray[Any, np.dtype[Any]]
MAX_ULP_FMA = 4096.0
"""Largest distance in fma mode, in units of the last place of a row's largest output."""


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a comparison found.

    `differing` counts outputs whose bits differ; `max_ulp` is the largest distance, in units of the
    last place of the largest output of the same call. In exact mode any difference fails. In fma
    mode the interpreter rounds more often, so `max_ulp` has a limit; there the outputs must have
    the bits of this machine's own compiled program: `differing_from_host` counts those that do not,
    and is None where no compiler was found, and in exact mode.
    """

    artefact: Path
    compiler: str
    numerics: str
    calls: int
    outputs: int
    differing: int
    max_ulp: float
    model_matches: bool
    differing_from_host: int | None = None

    @property
    def ok(self) -> bool:
        """Whether the artefact computes what the model does."""
        if self.numerics == "exact":
            return self.differing == 0
        return self.max_ulp <= MAX_ULP_FMA and not self.differing_from_host

    def __str__(self) -> str:
        verdict = "agrees" if self.ok else "DISAGREES"
        text = (
            f"{self.artefact} ({self.numerics}, {self.compiler}) {verdict} with the interpreter on "
            f"{self.calls} calls: {self.differing} of {self.outputs} outputs differ in bits, "
            f"at most {self.max_ulp:.3g} ulp"
        )
        if self.differing_from_host is not None:
            text += f"; {self.differing_from_host} differ in bits from the compiled host program"
        note = "" if self.model_matches else "; it was exported from other weights or layers"
        return text + note


def verify_artefact(
    model: HasNetwork,
    artefact_path: str | os.PathLike[str],
    inputs: ArrayLike | Sequence[ArrayLike] | None = None,
    count: int = 100,
) -> VerifyReport:
    """Compile an artefact and compare it with the interpreter.

    Args:
        model: The model that it should be.
        artefact_path: What `export_model` wrote: a `.c`, `.h`, `.rs` or the folder of a crate.
        inputs: Rows to compare on, besides random ones; one array, or one for each input. Rows
            of a stream are steps that follow one another.
        count: Random calls to compare.

    Raises:
        FormatError: the file is no artefact of constnet.
        ToolchainError: no compiler was found, or it refused the artefact.
    """
    path = Path(artefact_path)
    source = path / "src" / "lib.rs" if path.is_dir() else path
    settings = _settings(source)
    numerics: Numerics = "exact" if settings["numerics"] == "exact" else "fma"
    batch = int(settings["batch"])
    dtypes = tuple(settings.get("inputs", "").split(",")) if settings.get("inputs") else None
    trace = trace_stream if settings.get("entry") == "step" else trace_network
    network = trace(model, numerics=numerics, batch=batch, input_dtypes=dtypes)
    _check_signature(source, settings["signature"], network)
    calls = [recording.random_inputs(network, seed) for seed in range(count)]
    calls += _given_calls(network, inputs)
    with tempfile.TemporaryDirectory(prefix="constnet-verify-") as folder:
        runner = runners.build(source, network, settings, Path(folder))
        found = runner.run(calls)
        host = runners.host_outputs(network, calls, Path(folder)) if numerics == "fma" else None
    wanted = recording.expected(network, calls)
    outputs, differing, ulp = _compare(wanted, found)
    from_host = None if host is None else _compare(host, found)[1]
    matches = network.sha256 in source.read_text(encoding="utf-8")
    counts = (len(calls), outputs, differing)
    return VerifyReport(path, runner.compiler, numerics, *counts, ulp, matches, from_host)


def _settings(source: Path) -> dict[str, str]:
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{source} cannot be read: {error}. Give what `constnet export` wrote."
        raise FormatError(message) from error
    settings = read_settings(text)
    wanted = {"prefix", "numerics", "batch", "form", "signature"}
    batch_is_number = settings.get("batch", "").isdigit()
    if not wanted <= settings.keys() or not batch_is_number:
        message = (
            f"{source} has no line of constnet's settings in its first comment: it is no artefact "
            "of `constnet export`, or the comment was changed. Export the model again."
        )
        raise FormatError(message)
    return settings


def _check_signature(source: Path, found: str, network: Network) -> None:
    """Refuse to call code that reads or writes more elements than the model's arrays have."""
    wanted = signature(network)
    if found != wanted:
        message = (
            f"{source} computes {found}; the model computes {wanted} (inputs -> outputs, elements "
            "of one call): it was exported from another network. Give that one's model."
        )
        raise ShapeError(message)


def _given_calls(network: Network, inputs: object) -> list[tuple[Array, ...]]:
    """Given rows in batches; the last batch is filled with its last row."""
    if inputs is None:
        return []
    types = network.input_types
    parts = cast("list[Any]", inputs) if len(types) > 1 else [inputs]
    arrays = [np.asarray(part, type_.dtype.numpy) for part, type_ in zip(parts, types, strict=True)]
    for array, type_ in zip(arrays, types, strict=True):
        if array.shape[1:] != type_.shape[1:]:
            message = (
                f"inputs have shape {array.shape}; the network takes (rows, *{type_.shape[1:]})"
            )
            raise ShapeError(message)
    rows = len(arrays[0])
    if rows == 0:
        message = "inputs has no rows; give at least one, or None for random ones only"
        raise DataError(message)
    starts = range(0, rows, network.batch)
    chosen = [np.minimum(np.arange(start, start + network.batch), rows - 1) for start in starts]
    return [tuple(array[rows_] for array in arrays) for rows_ in chosen]


def _compare(
    expected: list[tuple[Array, ...]], found: list[tuple[Array, ...]]
) -> tuple[int, int, float]:
    """How many outputs there are, how many differ in bits, and the largest distance."""
    outputs, differing, worst = 0, 0, 0.0
    for arrays, results in zip(expected, found, strict=True):
        for wanted, result in zip(arrays, results, strict=True):
            flat = wanted.reshape(-1)
            outputs += flat.size
            same = flat.view(f"V{flat.itemsize}") == result.view(f"V{result.itemsize}")
            if flat.dtype.kind == "f":
                same = same | (np.isnan(flat) & np.isnan(result))
            differing += int(np.count_nonzero(~same))
            if not same.all():
                worst = max(worst, _distance(flat, result))
    return outputs, differing, worst


def _distance(wanted: Array, found: Array) -> float:
    """The largest difference, in ulp of the largest wanted value; infinite for integers."""
    if wanted.dtype.kind != "f":
        return float("inf")
    finite = np.isfinite(wanted)
    if not np.array_equal(finite, np.isfinite(found)):
        return float("inf")
    if not finite.any():
        return float("inf")
    unit = np.spacing(np.max(np.abs(wanted[finite])))
    gap = np.abs(wanted[finite].astype(np.float64) - found[finite].astype(np.float64))
    return float(np.max(gap) / unit)
