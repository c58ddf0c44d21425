"""IDX: bytes laid out by hand from the format's description."""

import gzip
import struct

import numpy as np
import pytest

from constnet.data import read_idx
from constnet.errors import FormatError

HEADER_2X3 = b"\0\0\x08\x02" + struct.pack(">II", 2, 3)


def write(path, content):
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_reads_bytes_row_by_row(tmp_path, compress):
    array = read_idx(write(tmp_path / "a", compress(HEADER_2X3 + bytes([1, 2, 3, 4, 5, 255]))))
    assert array.dtype == np.uint8
    assert array.tolist() == [[1, 2, 3], [4, 5, 255]]


@pytest.mark.parametrize(
    ("code", "packing", "values"),
    [(0x09, ">2b", (-1, 5)), (0x0B, ">2h", (-300, 5)), (0x0C, ">2i", (-70000, 5)),
     (0x0D, ">2f", (0.5, -2.0)), (0x0E, ">2d", (0.1, -2.0))],
)  # fmt: skip
def test_reads_big_endian_elements_in_native_order(tmp_path, code, packing, values):
    content = bytes([0, 0, code, 1]) + struct.pack(">I", 2) + struct.pack(packing, *values)
    array = read_idx(write(tmp_path / "a", content))
    assert array.tolist() == list(values)
    assert array.dtype.isnative


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEADER_2X3 + b"12345", "truncated.*shape \\(2, 3\\) of uint8, 6 bytes, and 5 bytes"),
        (HEADER_2X3 + b"1234567", "longer than its header says.*6 bytes, and 7 bytes"),
        (b"\x89PNG" + bytes(8), "not an IDX file: it starts with bytes 89 50 4e 47"),
        (b"\0\0\x0a\x01" + bytes(8), "not an IDX file: it starts with bytes 00 00 0a 01"),
        (b"", "not an IDX file: it starts with bytes \\(none\\)"),
        (b"\0\0\x08\x03" + bytes(8), "truncated IDX header: rank 3 needs .* 16 bytes, found 12"),
        (b"\0\0\x08\x00", "truncated IDX header: rank 0"),
        (gzip.compress(HEADER_2X3 + b"123456", mtime=0)[:-9], "not a whole gzip file"),
        (gzip.compress(b"x", mtime=0)[:10] + b"damage" * 4, "not a whole gzip file"),
    ],
)
def test_rejects_a_damaged_file(tmp_path, content, message):
    with pytest.raises(FormatError, match=message):
        read_idx(write(tmp_path / "damaged", content))
