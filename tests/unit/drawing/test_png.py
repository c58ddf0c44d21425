"""Written images are read back by a decoder of our own making, chunk by chunk, and by Pillow."""

import base64
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from constnet.drawing.png import Png, tile
from constnet.errors import ShapeError

COLORS = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)


def chunks(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place = 8
    while place < len(data):
        (size,) = struct.unpack(">I", data[place : place + 4])
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        (crc,) = struct.unpack(">I", data[place + 8 + size : place + 12 + size])
        assert crc == zlib.crc32(kind + body)
        yield kind, body
        place += 12 + size


def test_chunks():
    found = dict(chunks(Png(COLORS).encode()))
    assert list(found) == [b"IHDR", b"IDAT", b"IEND"]
    assert struct.unpack(">IIBBBBB", found[b"IHDR"]) == (7, 5, 8, 2, 0, 0, 0)
    rows = np.frombuffer(zlib.decompress(found[b"IDAT"]), np.uint8).reshape(5, 1 + 7 * 3)
    assert (rows[:, 0] == 0).all()
    assert (rows[:, 1:].reshape(5, 7, 3) == COLORS).all()


def test_pillow_reads_the_same_pixels():
    for pixels in (COLORS, np.repeat(COLORS[..., :1], 3, axis=2)):
        image = Image.open(io.BytesIO(Png(pixels).encode()))
        assert (np.asarray(image.convert("RGB")) == pixels).all()


def test_gray_takes_less_room():
    gray = Png(np.repeat(COLORS[..., :1], 3, axis=2))
    assert Image.open(io.BytesIO(gray.encode())).mode == "L"


def test_data_uri_and_notebooks_hold_the_file(tmp_path):
    image = Png(COLORS)
    head, _, body = image.data_uri().partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(body) == image.encode() == image._repr_png_()
    image.save(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == image.encode()


def test_enlarged():
    big = Png(COLORS).enlarge(3)
    assert (big.width, big.height) == (21, 15)
    assert (big.pixels[::3, ::3] == COLORS).all()


@pytest.mark.parametrize("pixels", [COLORS[..., 0], COLORS.astype(float), COLORS[:0]])
def test_what_is_no_image(pixels):
    with pytest.raises(ShapeError, match=r"an image is \(height, width, 3\) of uint8"):
        Png(pixels)


def test_tiles():
    images = np.arange(3, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    sheet = tile(images, columns=2, background=9)
    assert sheet[..., 0].tolist() == [
        [0, 0, 9, 1, 1],
        [0, 0, 9, 1, 1],
        [9, 9, 9, 9, 9],
        [2, 2, 9, 9, 9],
        [2, 2, 9, 9, 9],
    ]
