"""`export_model`: a trained network as source that depends on nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

from constnet.errors import UnsupportedError, UsageError
from constnet.export import recording, rust_artefact
from constnet.export.c_artefact import Arena, CArtefact
from constnet.export.c_stream import CStreamArtefact
from constnet.export.files import write_together
from constnet.export.naming import choose_prefix
from constnet.export.network import HasNetwork, Network, Numerics, trace_network
from constnet.export.stream import trace_stream

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

Language = Literal["c", "rust"]


def export_model(  # noqa: PLR0913  (one keyword for each choice)
    model: HasNetwork,
    path: str | os.PathLike[str],
    *,
    language: Language | None = None,
    prefix: str | None = None,
    arena: Arena = "static",
    self_test: bool = False,
    numerics: Numerics | None = None,
    batch: int = 1,
    input_dtypes: Sequence[str] | None = None,
    stream: bool = False,
) -> tuple[Path, ...]:
    """Write the network of `model` as C99 or Rust source; returns the files written.

    Args:
        model: What has a built `net`; its `numerics`, if it has one, is the default below.
        path: `name.c` gives `name.c` and `name.h`, `name.h` one header with everything, `name.rs`
            one Rust file; any other path is the folder of a Rust crate.
        language: "c" or "rust"; from the path by default.
        prefix: What every C name begins with; from the file's name by default.
        arena: Scratch memory as one "static" array, or given by the "caller" (re-entrant).
        self_test: Add recorded inputs and a function that counts wrong outputs.
        numerics: "exact" or "fma".
        batch: Rows of one call.
        input_dtypes: One for each input; the network's float dtype by default, int32 for ids.
        stream: Write a struct of state and a function that takes one step of a sequence, instead
            of one that takes the whole; C only.

    Raises:
        UsageError: an argument does not fit.
        UnsupportedError: the target lacks something the network needs; the message names both.
        StorageError: a file could not be written; nothing is left half done.
    """
    target = Path(path)
    chosen = _language(language, target)
    name = choose_prefix(prefix, target)
    mode = numerics or cast("Numerics", getattr(model, "numerics", "fma"))
    _check("numerics", mode, get_args(Numerics))
    _check("arena", arena, get_args(Arena))
    if chosen == "rust" and arena == "caller":
        message = "arena='caller' is for C: in Rust scratch memory is on the stack. Leave it out."
        raise UsageError(message)
    if chosen == "rust" and stream:
        message = "stream=True is for C: give a path that ends in .c or .h."
        raise UsageError(message)
    trace = trace_stream if stream else trace_network
    network = trace(model, numerics=mode, batch=batch, input_dtypes=input_dtypes)
    cases = recording.cases(network) if self_test else []
    if chosen == "rust":
        texts = _rust_texts(network, target, name, cases)
    else:
        texts = _c_texts(_c_artefact(network, name, arena, cases), target)
    write_together(texts)
    return tuple(texts)


def _check(name: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        message = f"{name}={given!r} is not one of {', '.join(map(repr, allowed))}"
        raise UsageError(message)


def _language(language: Language | None, path: Path) -> Language:
    by_suffix: dict[str, Language] = {".c": "c", ".h": "c", ".rs": "rust", "": "rust"}
    found = language or by_suffix.get(path.suffix)
    if found is None or found not in get_args(Language):
        told = "" if language is None else f" with language={language!r}"
        message = (
            f"{path.name!r}{told} says no language to export to. Name the file "
            ".c or .h for C99, .rs or a folder for Rust."
        )
        raise UsageError(message)
    if found == "c" and path.suffix not in (".c", ".h"):
        message = f"{path.name} is no name for C99: end it in .c (with a .h) or .h (one header)"
        raise UsageError(message)
    return found


def _c_artefact(
    network: Network, prefix: str, arena: Arena, cases: list[recording.Case]
) -> CArtefact:
    if network.stream is None:
        return CArtefact(network, prefix, arena, cases)
    return CStreamArtefact(network, network.stream, prefix, arena, cases)


def _c_texts(artefact: CArtefact, path: Path) -> dict[Path, str]:
    if path.suffix == ".h":
        return {path: artefact.single_header()}
    header = path.with_suffix(".h")
    source, declarations = artefact.pair(header.name)
    return {path: source, header: declarations}


def _rust_texts(
    network: Network, path: Path, prefix: str, cases: list[recording.Case]
) -> dict[Path, str]:
    if network.program.numerics == "fma" and any(
        buffer.dtype.name == "float64" for buffer in network.program.buffers
    ):
        message = (
            "[rust] const fn has no float64 multiply-add, which the fma mode of this network "
            "needs. Export with numerics='exact', or train in float32."
        )
        raise UnsupportedError(message)
    text = rust_artefact.library(network, prefix, cases)
    if path.suffix == ".rs":
        return {path: text}
    return {path / "Cargo.toml": rust_artefact.manifest(prefix), path / "src" / "lib.rs": text}
