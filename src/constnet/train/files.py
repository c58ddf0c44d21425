"""Model files on disk: one safetensors file, strict JSON in its metadata, written atomically.

Writing goes to a temporary file beside the target, is synced, then renamed: whatever happens, the
target is the old file or the new one. Reading checks the container (the safetensors library does),
the JSON, its format version and a digest over everything, before a tensor is used; what the header
means is checked by `constnet.train.checkpoint`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

import numpy as np

from constnet.errors import FormatError, StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
METADATA_KEY = "constnet"
MAX_HEADER_BYTES = 64 * 1024 * 1024

Array = np.ndarray[Any, np.dtype[Any]]
_NUMPY = {
    "F32": "float32", "F64": "float64", "U8": "uint8", "U16": "uint16", "U32": "uint32",
    "U64": "uint64", "I8": "int8", "I16": "int16", "I32": "int32", "I64": "int64", "BOOL": "bool",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """What the file says of one tensor."""

    shape: tuple[int, ...]
    dtype: str


def write(
    path: str | os.PathLike[str], header: Mapping[str, Any], arrays: Mapping[str, Array]
) -> None:
    """Write tensors and header to `path`, or leave what is there untouched.

    Raises:
        StorageError: the file could not be written.
    """
    from safetensors.numpy import save

    plain = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    body = {"format": FORMAT, **header}
    body["digest"] = _digest(body, plain)
    data = save(plain, {METADATA_KEY: _dump(body)})
    write_bytes(path, data)


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Replace a file's content in one step that cannot be seen half done."""
    target = file_path(path)
    temporary = target.with_name(f".{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        _refuse_device(target)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        message = (
            f"{target} ({len(data)} bytes) could not be written: {error.strerror or error}. What "
            "was there before is untouched. Free some space, or choose another place."
        )
        raise StorageError(message) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def file_path(path: object) -> Path:
    """`path` as the name of a file.

    Raises:
        UsageError: it names none.
    """
    if isinstance(path, (str, os.PathLike)):
        text = os.fspath(cast("str | os.PathLike[str]", path))
        if isinstance(cast("object", text), str) and "\0" not in text and Path(text).name:
            return Path(text)
    message = f"{path!r} is no path of a file. Pass a name such as 'model.safetensors'."
    raise UsageError(message)


def _refuse_device(target: Path) -> None:
    """A rename would put a file in the place of a folder or device."""
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "it is a device, not a file", str(target))


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; where folders cannot be opened (Windows) the system does it."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_file(path: Path) -> bool:
    """Whether there is such a file; a name too long for the system is none."""
    try:
        return path.is_file()
    except OSError:
        return False


class Reader:
    """An open model file whose container and JSON were found sound.

    Args:
        path: the file.

    Raises:
        FormatError: truncated, tampered with, from a newer version, or not a model file.
        UsageError: there is no such file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = file_path(path)
        if not _is_file(self.path):
            message = f"there is no model file {self.path}. Check the path, or save a model first."
            raise UsageError(message)
        self._open()
        self.header = self._header()

    def _open(self) -> None:
        from safetensors import SafetensorError, safe_open

        try:
            library: Any = safe_open(str(self.path), framework="np")  # its stubs lack types
            self._file = library
            self.entries = {name: self._entry(name) for name in library.keys()}  # noqa: SIM118
            self._metadata = cast("dict[str, str]", library.metadata() or {})
        except (SafetensorError, OSError, ValueError) as error:
            self.refuse(f"it is truncated or no safetensors file ({error})")

    def _entry(self, name: str) -> TensorEntry:
        view = self._file.get_slice(name)
        return TensorEntry(tuple(view.get_shape()), _NUMPY.get(str(view.get_dtype()), ""))

    def _header(self) -> dict[str, Any]:
        text = self._metadata.get(METADATA_KEY)
        if text is None or set(self._metadata) != {METADATA_KEY}:
            keys = ", ".join(sorted(self._metadata)) or "nothing"
            self.refuse(
                f"its metadata has {keys}, expected {METADATA_KEY!r} alone; other safetensors "
                "files are read by constnet.interop"
            )
        header = self._parse(text)
        version = header.pop("format", None)
        if isinstance(version, int) and not isinstance(version, bool) and version > FORMAT:
            self.refuse(
                f"it has format {version}, written by a newer constnet; this one reads formats up "
                f"to {FORMAT}. Upgrade: pip install -U constnet"
            )
        if version != FORMAT or isinstance(version, bool):
            self.refuse(f"its format is {version!r}, expected {FORMAT}")
        self._digest = header.pop("digest", None)
        return header

    def _parse(self, text: str) -> dict[str, Any]:
        if len(text) > MAX_HEADER_BYTES:
            self.refuse(f"its header has {len(text)} bytes; at most {MAX_HEADER_BYTES} are read")
        try:
            parsed = json.loads(
                text, parse_constant=_refuse_constant, object_pairs_hook=_without_duplicates
            )
        except (ValueError, RecursionError) as error:
            self.refuse(f"its header is not strict JSON: {error}")
        if not isinstance(parsed, dict):
            self.refuse(f"its header is a {type(parsed).__name__}, expected an object")
        return cast("dict[str, Any]", parsed)

    def arrays(self) -> dict[str, Array]:
        """All tensors, after their content was compared with the digest.

        Raises:
            FormatError: header or tensors are not what was written.
        """
        arrays: dict[str, Array] = {name: self._file.get_tensor(name) for name in self.entries}
        found = _digest({"format": FORMAT, **self.header}, arrays)
        if self._digest != found:
            self.refuse(
                f"its content has the digest {found[:12]}..., its header says "
                f"{str(self._digest)[:12]}...: it was damaged or changed after it was written"
            )
        return arrays

    def refuse(self, reason: str) -> NoReturn:
        """Raise the error that says why this file is not read."""
        message = f"{self.path} cannot be read as a constnet model: {reason}."
        raise FormatError(message)


def _digest(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> str:
    """SHA-256 of the header without its digest and of every tensor, in order of names."""
    state = hashlib.sha256(_dump({k: v for k, v in header.items() if k != "digest"}).encode())
    for name in sorted(arrays):
        array = arrays[name]
        state.update(f"\0{name}\0{array.dtype.name}\0{array.shape}\0".encode())
        state.update(np.asarray(array, order="C").reshape(-1).view(np.uint8).data)
    return state.hexdigest()


def _dump(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":"))


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is not a JSON number"
    raise ValueError(message)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = f"a name occurs twice among {[name for name, _ in pairs]}"
        raise ValueError(message)
    return found
