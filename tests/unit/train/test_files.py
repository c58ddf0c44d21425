import os

import numpy as np
import pytest

import constnet as cn
from constnet.train.files import Reader, write, write_bytes


def test_tensors_and_header_come_back(tmp_path):
    arrays = {"b": np.arange(6, dtype=np.float32).reshape(2, 3).T, "a": np.array(3, np.uint32)}
    write(tmp_path / "f", {"kind": "x"}, arrays)
    reader = Reader(tmp_path / "f")
    assert reader.header == {"kind": "x"}
    for name, array in reader.arrays().items():
        np.testing.assert_array_equal(array, arrays[name])
        assert reader.entries[name].shape == arrays[name].shape


def test_the_file_is_read_by_the_safetensors_library(tmp_path):
    from safetensors.numpy import load_file

    write(tmp_path / "f", {}, {"a": np.ones(3)})
    np.testing.assert_array_equal(load_file(tmp_path / "f")["a"], np.ones(3))


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    with pytest.raises(cn.StorageError, match=r"missing.* could not be written"):
        write_bytes(tmp_path / "missing" / "f", b"x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(cn.StorageError, match="folder"):
        write_bytes(tmp_path / "folder", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("given", [None, "", 3, "a\0b", b"bytes"])
def test_what_is_no_path_is_refused(given):
    with pytest.raises(cn.UsageError, match="is no path of a file"):
        write_bytes(given, b"data")


def test_names_as_long_as_the_system_allows(tmp_path):
    write_bytes(tmp_path / ("a" * 255), b"data")
    assert (tmp_path / ("a" * 255)).read_bytes() == b"data"
    with pytest.raises(cn.StorageError, match="could not be written"):
        write_bytes(tmp_path / ("a" * 300), b"data")
    with pytest.raises(cn.UsageError, match="there is no model file"):
        Reader(tmp_path / ("a" * 300))


def test_a_folder_or_device_is_not_replaced(tmp_path):
    with pytest.raises(cn.StorageError, match="could not be written"):
        write_bytes(tmp_path, b"data")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(cn.StorageError, match="it is a device, not a file"):
        write_bytes(tmp_path / "pipe", b"data")
    assert (tmp_path / "pipe").is_fifo()
