"""Writing the files of an artefact: all of them, or none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from constnet.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path


def write_together(texts: dict[Path, str]) -> None:
    """Write every file to a temporary neighbour, sync, then rename all.

    Raises:
        StorageError: a file could not be written; no temporary file is left, targets are as before.
    """
    temporaries = {path: path.with_name(f".{path.name}.{os.getpid()}.tmp") for path in texts}
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(temporaries[path], text)
        for path, temporary in temporaries.items():
            temporary.replace(path)
    except OSError as error:
        names = ", ".join(str(path) for path in texts)
        message = (
            f"{names} could not be written: {error.strerror or error}. Free some space, or choose "
            "another place."
        )
        raise StorageError(message) from error
    finally:
        for temporary in temporaries.values():
            temporary.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
