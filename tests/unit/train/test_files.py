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
