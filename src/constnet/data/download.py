"""Where a data set's files are: the user's directory, the cache, or a verified download.

`CONSTNET_DATA` is looked in first, then the user's cache directory. A file found in neither is
downloaded to the cache: to a temporary file, its SHA-256 compared with the pinned one, then
renamed, so that no reader ever sees half a file. A `.gz` is pinned by what it decompresses to,
since mirrors compress the same content differently.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from constnet.data.idx import decompress
from constnet.errors import DataError, FormatError, StorageError, UsageError

DIRECTORY_VARIABLE = "CONSTNET_DATA"
_TIMEOUT_SECONDS = 30.0
_LARGEST_DOWNLOAD = 1 << 27


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a data set.

    Attributes:
        path: its place below the data directory: "mnist/train-images-idx3-ubyte.gz".
        sha256: the digest of its content, decompressed where the name ends in `.gz`.
        urls: https addresses, tried in order.
    """

    path: str
    sha256: str
    urls: tuple[str, ...]


def locate(file: RemoteFile) -> Path:
    """Return a path where `file` lies, downloading it when it lies nowhere yet.

    Raises:
        UsageError: CONSTNET_DATA names no directory.
        DataError: the file is nowhere and no address delivers it.
        FormatError: what an address delivers has another digest than the pinned one.
        StorageError: the cache cannot be written.
    """
    own = _user_directory()
    candidates = [own / file.path] if own else []
    cached = cache_directory() / file.path
    for candidate in (*candidates, cached):
        if candidate.is_file():
            return candidate
    _download(file, cached)
    return cached


def cache_directory() -> Path:
    """Return the directory where downloads are kept, in the manner of the operating system."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return (Path(base) if base else Path.home() / "AppData/Local") / "constnet/data"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/constnet/data"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "constnet/data"


def _user_directory() -> Path | None:
    """Return the directory in CONSTNET_DATA, or None where that is unset."""
    given = os.environ.get(DIRECTORY_VARIABLE)
    if not given:
        return None
    directory = Path(given)
    if not directory.is_dir():
        message = (
            f"{DIRECTORY_VARIABLE} is {given!r}, which is not a directory. Set it to the directory "
            f"that holds the data sets, or unset it to use {cache_directory()}."
        )
        raise UsageError(message)
    return directory


def _download(file: RemoteFile, destination: Path) -> None:
    """Fetch `file` from the first address that answers, verify it, and put it in place."""
    failures: list[str] = []
    for url in file.urls:
        try:
            content = _fetch(url)
        except OSError as error:
            failures.append(f"{url}: {error}")
            continue
        _verify(content, file, url)
        _write_atomically(content, destination)
        return
    message = (
        f"{file.path} is neither under {DIRECTORY_VARIABLE} nor in {cache_directory()}, and could "
        f"not be downloaded ({'; '.join(failures)}). Connect to the network, or put the file at "
        f"{destination}, or set {DIRECTORY_VARIABLE} to a directory that holds {file.path}."
    )
    raise DataError(message)


def _fetch(url: str) -> bytes:
    """Return the body at `url`.

    Raises:
        OSError: no answer, an answer that is an error, or one larger than 128 MiB.
    """
    from urllib.request import urlopen

    if not url.startswith("https://"):
        message = f"the address {url} does not start with https://"
        raise OSError(message)
    with urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - https checked above
        content: bytes = answer.read(_LARGEST_DOWNLOAD + 1)
    if len(content) > _LARGEST_DOWNLOAD:
        message = f"the answer is larger than {_LARGEST_DOWNLOAD} bytes"
        raise OSError(message)
    return content


def _verify(content: bytes, file: RemoteFile, url: str) -> None:
    """Refuse `content` whose digest is not the pinned one."""
    import hashlib

    payload = decompress(content, Path(file.path)) if file.path.endswith(".gz") else content
    found = hashlib.sha256(payload).hexdigest()
    if found != file.sha256:
        message = (
            f"{url} delivered {len(content)} bytes with SHA-256 {found}; {file.path} is pinned to "
            f"{file.sha256}. Nothing was kept. Try again, or set {DIRECTORY_VARIABLE} to a "
            f"directory that holds the file."
        )
        raise FormatError(message)


def _write_atomically(content: bytes, destination: Path) -> None:
    """Write to a temporary file beside `destination`, sync it, then rename it."""
    import tempfile

    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=destination.parent, prefix=".download-")
    except OSError as error:
        message = (
            f"cannot write to the cache {destination.parent}: {error}. Make it writable, or set "
            f"{DIRECTORY_VARIABLE} to a directory that holds the data sets."
        )
        raise StorageError(message) from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(destination)
    except OSError as error:
        with suppress(OSError):
            Path(name).unlink()
        message = (
            f"cannot keep {destination} ({len(content)} bytes): {error}. Free space there, or set "
            f"{DIRECTORY_VARIABLE} to a directory that holds the data sets."
        )
        raise StorageError(message) from error
