"""Reader of IDX files, the format of MNIST: a magic number, big-endian extents, raw elements.

Enters: a path, plain or gzip-compressed. Leaves: an array in native byte order. Refuses a header
that is not IDX, and a body that is shorter or longer than the header says.

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", section "File formats".
"""

from __future__ import annotations

import gzip
import io
import math
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from constnet.errors import FormatError

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

_MAGIC_BYTES = 4
_EXTENT_BYTES = 4
_LARGEST_FILE = 1 << 32
_GZIP_MAGIC = b"\x1f\x8b"
_ELEMENT_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read one IDX file (`.gz` or plain) as an array.

    Returns:
        An array of the shape and element type that the header states.

    Raises:
        FormatError: not IDX, truncated, or longer than its header says.
        FileNotFoundError: no such file.
    """
    place = Path(path)
    content = _read_bytes(place)
    shape, dtype = _parse_header(content, place)
    start = _MAGIC_BYTES + _EXTENT_BYTES * len(shape)
    expected = math.prod(shape) * dtype.itemsize
    found = len(content) - start
    if found != expected:
        state = "truncated" if found < expected else "longer than its header says"
        message = (
            f"{place} is {state}: its header promises shape {shape} of {dtype.name}, "
            f"{expected} bytes, and {found} bytes follow it. Fetch the file again."
        )
        raise FormatError(message)
    elements = np.frombuffer(content, dtype, offset=start)
    return elements.reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _read_bytes(place: Path) -> bytes:
    """Return the file's bytes, decompressed where it starts as gzip does."""
    raw = place.read_bytes()
    if not raw.startswith(_GZIP_MAGIC):
        return raw
    return decompress(raw, place)


def decompress(raw: bytes, place: Path) -> bytes:
    """Return gzip's content, refusing a damaged stream and one larger than 4 GiB."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
            content = stream.read(_LARGEST_FILE)
            is_longer = bool(stream.read(1))
    except (EOFError, OSError, zlib.error) as error:
        message = (
            f"{place} ({len(raw)} bytes) is not a whole gzip file: {error}. Fetch the file again."
        )
        raise FormatError(message) from error
    if is_longer:
        message = f"{place} decompresses to more than {_LARGEST_FILE} bytes, the most that is read."
        raise FormatError(message)
    return content


def _parse_header(content: bytes, place: Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return the shape and the big-endian element type that an IDX header states."""
    magic = content[:_MAGIC_BYTES]
    is_idx = len(magic) == _MAGIC_BYTES and magic[:2] == b"\0\0" and magic[2] in _ELEMENT_TYPES
    if not is_idx:
        types = ", ".join(f"{code:02x}" for code in _ELEMENT_TYPES)
        message = (
            f"{place} is not an IDX file: it starts with bytes {magic.hex(' ') or '(none)'}; "
            f"expected 00 00, an element type ({types}), the rank. Fetch the file again."
        )
        raise FormatError(message)
    rank = magic[3]
    end = _MAGIC_BYTES + _EXTENT_BYTES * rank
    if rank == 0 or len(content) < end:
        message = (
            f"{place} has a truncated IDX header: rank {rank} needs at least one extent and "
            f"{end} bytes, found {len(content)}. Fetch the file again."
        )
        raise FormatError(message)
    shape = struct.unpack(f">{rank}I", content[_MAGIC_BYTES:end])
    return shape, np.dtype(_ELEMENT_TYPES[magic[2]])
