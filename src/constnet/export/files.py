"""Writing the files of an artefact: all of them, or none."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from constnet.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def write_together(texts: dict[Path, str]) -> None:
    """Write every file to a temporary neighbour, sync, then rename all.

    Raises:
        StorageError: a file could not be written; no temporary file and no new folder is left,
            targets are as before.
    """
    temporaries = {
        path: path.with_name(f".{number}.{os.getpid()}.tmp") for number, path in enumerate(texts)
    }
    before = {
        path: path.with_name(f".{number}.{os.getpid()}.old") for number, path in enumerate(texts)
    }
    made: list[Path] = []
    try:
        for path, text in texts.items():
            _refuse_folder(path)
            _make_folder(path.parent, made)
            _write(temporaries[path], text)
        _replace_all(temporaries, before)
    except OSError as error:
        _remove(temporaries.values(), made)
        names = ", ".join(str(path) for path in texts)
        message = (
            f"{names} could not be written: {error.strerror or error}. Free some space, or choose "
            "another place."
        )
        raise StorageError(message) from error
    except BaseException:
        _remove(temporaries.values(), made)
        raise


def _refuse_folder(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))


def _make_folder(folder: Path, made: list[Path]) -> None:
    """Make `folder` and its parents, noting in `made` those that were not there."""
    missing = [folder, *folder.parents]
    for each in reversed(missing):
        if not each.is_dir():
            each.mkdir(exist_ok=True)
            made.append(each)


def _replace_all(temporaries: dict[Path, Path], before: dict[Path, Path]) -> None:
    """Rename every temporary file to its target; if one fails, targets get their old files back."""
    done: list[Path] = []
    try:
        for path, temporary in temporaries.items():
            if os.path.lexists(path):
                path.replace(before[path])
            done.append(path)
            temporary.replace(path)
    except BaseException:
        for path in done:
            if os.path.lexists(before[path]):
                before[path].replace(path)
            else:
                path.unlink(missing_ok=True)
        raise
    for old in before.values():
        old.unlink(missing_ok=True)


def _remove(files: Iterable[Path], folders: list[Path]) -> None:
    """Remove what was made; whatever cannot be removed must not hide the first error."""
    for file in files:
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)
    for folder in reversed(folders):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
