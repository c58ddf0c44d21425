"""Arrays out of .npy, .npz and .h5 files."""

import sys

import numpy as np
import pytest

from constnet.data import read_array, read_arrays
from constnet.errors import FormatError, UsageError

X = np.arange(12, dtype=np.float64).reshape(4, 3)
Y = np.array([0, 1, 0, 1])


@pytest.fixture
def npz(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    return tmp_path / "a.npz"


@pytest.fixture
def hdf5(tmp_path):
    h5py = pytest.importorskip("h5py", reason="h5py (extra `data`) is not installed")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = X
        file["group/y"] = Y
    return tmp_path / "a.h5"


def test_npy_is_a_memory_map(tmp_path):
    np.save(tmp_path / "x.npy", X)
    array = read_array(tmp_path / "x.npy")
    assert isinstance(array, np.memmap)
    assert np.array_equal(array, X)


def test_npz_by_name_and_whole(npz):
    assert list(read_arrays(npz, "y")) == ["y"]
    arrays = read_arrays(npz)
    assert np.array_equal(arrays["x"], X)
    assert np.array_equal(arrays["y"], Y)


def test_hdf5_by_path(hdf5):
    arrays = read_arrays(hdf5)
    assert set(arrays) == {"x", "group/y"}
    assert np.array_equal(read_arrays(hdf5, "group/y")["group/y"], Y)
    assert np.array_equal(arrays["x"], X)


def test_a_name_that_is_absent_lists_those_present(npz, hdf5):
    with pytest.raises(UsageError, match="no array named 'z'; it holds 'x', 'y'"):
        read_arrays(npz, "z")
    with pytest.raises(UsageError, match="no array named 'z'; it holds 'group/y', 'x'"):
        read_arrays(hdf5, "z")


def test_a_damaged_file_is_named(tmp_path, npz, hdf5):
    (tmp_path / "cut.npz").write_bytes(npz.read_bytes()[:200])
    (tmp_path / "cut.h5").write_bytes(hdf5.read_bytes()[:200])
    (tmp_path / "cut.npy").write_bytes(b"\x93NUMPY\x01\x00")
    with pytest.raises(FormatError, match=r"cut\.npz \(200 bytes\) is not a whole .npz"):
        read_arrays(tmp_path / "cut.npz")
    with pytest.raises(FormatError, match=r"cut\.h5 \(200 bytes\) is not a whole HDF5 file"):
        read_arrays(tmp_path / "cut.h5")
    with pytest.raises(FormatError, match=r"cut\.npy \(8 bytes\) is not an array of numbers"):
        read_array(tmp_path / "cut.npy")


def test_python_objects_are_never_unpickled(tmp_path):
    objects = np.array([{"a": 1}], dtype=object)
    np.save(tmp_path / "o.npy", objects, allow_pickle=True)
    np.savez(tmp_path / "o.npz", x=objects)
    with pytest.raises(FormatError, match="dtype is not object"):
        read_array(tmp_path / "o.npy")
    with pytest.raises(FormatError, match="dtype is not object"):
        read_arrays(tmp_path / "o.npz")


def test_one_array_under_the_name_of_a_zip_file(tmp_path):
    np.save(tmp_path / "x.npy", X)
    (tmp_path / "x.npy").rename(tmp_path / "x.npz")
    with pytest.raises(FormatError, match="one array, not a zip file"):
        read_arrays(tmp_path / "x.npz")


def test_another_kind_of_file_and_a_missing_one(tmp_path):
    with pytest.raises(UsageError, match=r"ends in '\.csv'; read_arrays reads \.npz, \.h5"):
        read_arrays(tmp_path / "a.csv")
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "absent.h5")
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "absent.npz")


def test_without_h5py_the_command_that_installs_it(monkeypatch, tmp_path):
    (tmp_path / "a.h5").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(UsageError, match=r'h5py to read an \.h5 file.*pip install "constnet\[data'):
        read_arrays(tmp_path / "a.h5")
