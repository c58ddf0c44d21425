"""PNG images, written with the standard library's zlib, and put together as grids of tiles.

Source:
    W3C, Portable Network Graphics (PNG) Specification, second edition: chunks (section 5), color
    types 0 and 2 at 8 bits (11.2.2), filter type 0 (9.2).
"""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from constnet.errors import ShapeError

if TYPE_CHECKING:
    import os

Array = np.ndarray[Any, np.dtype[Any]]
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GRAY, _RGB = 0, 2


@dataclass(frozen=True, slots=True, eq=False)
class Png:
    """An image that a notebook shows by itself; `pixels` is `(height, width, 3)` uint8."""

    pixels: Array

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        if self.pixels.dtype != np.uint8 or len(shape) != 3 or shape[2] != 3 or 0 in shape:
            message = (
                f"an image is (height, width, 3) of uint8; these pixels are {shape} of "
                f"{self.pixels.dtype}."
            )
            raise ShapeError(message)

    @property
    def height(self) -> int:
        """Rows of pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Pixels of a row."""
        return int(self.pixels.shape[1])

    def encode(self) -> bytes:
        """The bytes of a `.png` file; gray pixels take a third of the room."""
        pixels = self.pixels
        is_gray = bool((pixels[..., :1] == pixels).all())
        rows = pixels[..., :1] if is_gray else pixels
        lines = rows.reshape(self.height, -1)
        raw = np.concatenate([np.zeros((self.height, 1), np.uint8), lines], axis=1).tobytes()
        color = _GRAY if is_gray else _RGB
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, color, 0, 0, 0)
        chunks = (b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b"")
        return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)

    def data_uri(self) -> str:
        """The image as an address that holds it, for a page of one file."""
        return "data:image/png;base64," + base64.b64encode(self.encode()).decode("ascii")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the file."""
        Path(path).write_bytes(self.encode())

    def enlarge(self, factor: int) -> Png:
        """Each pixel as a square of `factor` by `factor`."""
        return Png(self.pixels.repeat(factor, axis=0).repeat(factor, axis=1))

    def _repr_png_(self) -> bytes:
        return self.encode()


def tile(images: Array, columns: int, gap: int = 1, background: int = 128) -> Array:
    """Images side by side.

    Args:
        images: `(count, height, width, 3)` uint8.
        columns: of the grid; the last row may have fewer.
        gap: pixels between two.
        background: gray of the gaps and of places without an image.
    """
    count, height, width = images.shape[:3]
    rows = -(-count // columns)
    shape = (rows * (height + gap) - gap, min(columns, count) * (width + gap) - gap, 3)
    sheet = np.full(shape, background, np.uint8)
    for number, image in enumerate(images):
        top, left = number // columns * (height + gap), number % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet


def _chunk(kind: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)
