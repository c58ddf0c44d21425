"""Named data sets: against facts their publishers state."""

import gzip
import struct

import numpy as np
import pytest

from constnet import data
from constnet.errors import FormatError


def test_digits_are_the_published_ones():
    (x_train, y_train), (x_test, y_test) = data.digits()
    assert (x_train.shape, x_test.shape) == ((1438, 8, 8), (359, 8, 8))
    assert (x_train.dtype, y_train.dtype) == (np.uint8, np.int32)
    x = np.concatenate([x_train, x_test])
    # first image and class counts as in the description of the data set (optdigits.names)
    assert x_train[0].tolist()[0] == [0, 0, 5, 13, 9, 1, 0, 0]
    assert (x.min(), x.max()) == (0, 16)
    counts = np.bincount(np.concatenate([y_train, y_test]))
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_a_fifth_of_each_class_is_held_out_and_the_split_never_moves():
    (_, y_train), (x_test, y_test) = data.digits()
    counts = np.bincount(np.concatenate([y_train, y_test]))
    assert np.abs(np.bincount(y_test) - counts / 5).max() <= 1
    # pinned: published accuracies are of these images
    assert y_test[:8].tolist() == [7, 1, 6, 8, 3, 9, 5, 0]
    assert np.array_equal(data.digits()[1][0], x_test)


@pytest.mark.parametrize(
    ("name", "first_labels"),
    [("mnist", [5, 0, 4, 1, 9]), ("fashion_mnist", [9, 0, 0, 3, 0])],
)
def test_mnist_and_fashion(real_data, name, first_labels):
    (x_train, y_train), (x_test, y_test) = getattr(data, name)()
    assert (x_train.shape, x_test.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert (x_train.dtype, x_train.max(), y_train.dtype) == (np.uint8, 255, np.int32)
    assert y_train[:5].tolist() == first_labels
    assert sorted(set(y_test.tolist())) == list(range(10))


def test_cats(real_data):
    pytest.importorskip("h5py", reason="h5py (extra `data`) is not installed")
    (x_train, y_train), (x_test, y_test) = data.cats()
    assert (x_train.shape, x_test.shape) == ((209, 64, 64, 3), (50, 64, 64, 3))
    assert (int(y_train.sum()), int(y_test.sum())) == (72, 33)
    assert data.CAT_CLASSES[y_train[2]] == "cat"


def test_images_without_their_labels(tmp_path, monkeypatch):
    folder = tmp_path / "mnist"
    folder.mkdir()
    images = b"\0\0\x08\x03" + struct.pack(">III", 2, 1, 1) + b"ab"
    labels = b"\0\0\x08\x01" + struct.pack(">I", 3) + b"abc"
    for part in ("train", "t10k"):
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels))
    monkeypatch.setenv("CONSTNET_DATA", str(tmp_path))
    with pytest.raises(FormatError, match=r"uint8\[2, 1, 1\] and .* uint8\[3\]; expected"):
        data.mnist()


def test_photographs_of_another_size(tmp_path, monkeypatch):
    h5py = pytest.importorskip("h5py", reason="h5py (extra `data`) is not installed")
    (tmp_path / "cats").mkdir()
    with h5py.File(tmp_path / "cats" / "train_catvnoncat.h5", "w") as file:
        file["train_set_x"] = np.zeros((3, 32, 32, 3), np.uint8)
        file["train_set_y"] = np.zeros((3, 1))
    monkeypatch.setenv("CONSTNET_DATA", str(tmp_path))
    with pytest.raises(FormatError, match=r"uint8\[3, 32, 32, 3\] with 3 labels; expected"):
        data.cats()
