"""Data sets by name: each returns ((x_train, y_train), (x_test, y_test)).

Images are uint8, rows first, without a channel axis where they are gray; labels are int32 class
indices. `digits` is part of the package. The others lie in the directory that CONSTNET_DATA names,
in the cache, or are downloaded once (see `constnet.data.download`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from constnet.data.arrays import read_arrays
from constnet.data.download import RemoteFile, locate
from constnet.data.idx import read_idx
from constnet.errors import FormatError

Images: TypeAlias = NDArray[np.uint8]
Labels: TypeAlias = NDArray[np.int32]
Splits: TypeAlias = tuple[tuple[Images, Labels], tuple[Images, Labels]]

CAT_CLASSES = ("non-cat", "cat")
FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

_HELD_OUT_EVERY = 5
_MNIST_MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
_FASHION_MIRRORS = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)
_CATS_MIRRORS = (
    (
        "https://raw.githubusercontent.com/Youngyi/DeepLearning/"
        "dff21304241c5e651d4a6680cba6e23c3990e915/datasets/"
    ),
)

_IDX_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
_MNIST_DIGESTS = (
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
)
_FASHION_DIGESTS = (
    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
)
_CATS_DIGESTS = {
    "train": "da12e2082423090f6ea4ee6af58b81af055bbcd3db6f03a1ee148e06caa93673",
    "test": "5b215139f541f8c3631590b1da4ae4db0ad8f06a8a0ced823eaa186b1311b2f3",
}


def digits() -> Splits:
    """Return the 1,797 handwritten digits that are part of the package, 8x8, 0 to 16.

    Every fifth image of each class, in the original order, is held out: 1,438 to train on and
    359 to test on. The split never changes.

    Shape:
        x: `(N, 8, 8)` uint8, values 0 to 16; y: `(N,)` int32, classes 0 to 9.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = digits()
        >>> x_train.shape, x_test.shape, int(x_train.max())
        ((1438, 8, 8), (359, 8, 8), 16)

    Source:
        E. Alpaydin, C. Kaynak (1998), https://doi.org/10.24432/C50P49, CC BY 4.0; the licence
        lies beside the file, in `digits-LICENCE.txt`.
    """
    arrays = read_arrays(Path(__file__).with_name("digits.npz"), "images", "labels")
    images: Images = arrays["images"]
    labels: Labels = arrays["labels"].astype(np.int32)
    is_test = np.zeros(len(images), np.bool_)
    by_class = np.argsort(labels, kind="stable")
    is_test[by_class[_HELD_OUT_EVERY - 1 :: _HELD_OUT_EVERY]] = True
    return (images[~is_test], labels[~is_test]), (images[is_test], labels[is_test])


def mnist() -> Splits:
    """Return MNIST: 60,000 handwritten digits to train on and 10,000 to test on.

    Shape:
        x: `(N, 28, 28)` uint8, 0 (paper) to 255 (ink); y: `(N,)` int32, classes 0 to 9.

    Raises:
        DataError: the files are nowhere and cannot be downloaded.
        FormatError: a file is damaged.
    """
    return _read_idx_splits("mnist", _MNIST_MIRRORS, _MNIST_DIGESTS)


def fashion_mnist() -> Splits:
    """Return Fashion-MNIST: 60,000 + 10,000 pictures of clothes; `FASHION_CLASSES` names them.

    Shape:
        x: `(N, 28, 28)` uint8, 0 to 255; y: `(N,)` int32, classes 0 to 9.

    Raises:
        DataError: the files are nowhere and cannot be downloaded.
        FormatError: a file is damaged.
    """
    return _read_idx_splits("fashion-mnist", _FASHION_MIRRORS, _FASHION_DIGESTS)


def cats() -> Splits:
    """Return 209 photographs to train on and 50 to test on; class 1 (`CAT_CLASSES`) is a cat.

    Needs the extra `data` (h5py).

    Shape:
        x: `(N, 64, 64, 3)` uint8, red, green, blue, 0 to 255; y: `(N,)` int32, 0 or 1.

    Raises:
        UsageError: h5py is not installed.
        DataError: the files are nowhere and cannot be downloaded.
        FormatError: a file is damaged.
    """
    return _read_cats("train"), _read_cats("test")


def _read_idx_splits(name: str, mirrors: tuple[str, ...], digests: tuple[str, ...]) -> Splits:
    """Read the four IDX files of an MNIST-like data set."""
    files = [
        RemoteFile(f"{name}/{file}", digest, tuple(mirror + file for mirror in mirrors))
        for file, digest in zip(_IDX_FILES, digests, strict=True)
    ]
    x_train, y_train, x_test, y_test = (locate(file) for file in files)
    return _read_pair(x_train, y_train), _read_pair(x_test, y_test)


def _read_pair(images: Path, labels: Path) -> tuple[Images, Labels]:
    """Read images and their labels, which must be as many."""
    x = read_idx(images)
    y = read_idx(labels)
    if x.ndim != 3 or y.ndim != 1 or len(x) != len(y) or x.dtype != np.uint8:
        message = (
            f"{images} holds {x.dtype.name}{list(x.shape)} and {labels} {y.dtype.name}"
            f"{list(y.shape)}; expected uint8 images [N, height, width] and N labels. "
            f"Fetch both files again."
        )
        raise FormatError(message)
    return x, y.astype(np.int32)


def _read_cats(part: str) -> tuple[Images, Labels]:
    """Read one part ("train" or "test") of the cat photographs."""
    name = f"{part}_catvnoncat.h5"
    urls = tuple(mirror + name for mirror in _CATS_MIRRORS)
    path = locate(RemoteFile(f"cats/{name}", _CATS_DIGESTS[part], urls))
    arrays = read_arrays(path, f"{part}_set_x", f"{part}_set_y")
    x = arrays[f"{part}_set_x"]
    y = arrays[f"{part}_set_y"].reshape(-1)
    if x.shape != (len(y), 64, 64, 3) or x.dtype != np.uint8:
        message = (
            f"{path} holds {part}_set_x {x.dtype.name}{list(x.shape)} with {len(y)} labels; "
            f"expected uint8[N, 64, 64, 3] and N labels. Fetch the file again."
        )
        raise FormatError(message)
    return x, y.astype(np.int32)
