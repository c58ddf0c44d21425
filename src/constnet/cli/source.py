"""Data as the command line names it: a data set's name, a table, an image folder, an array file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from constnet import data, nn
from constnet.errors import DataError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from constnet.train.model import Model

    Array = NDArray[np.generic]

DATASETS = {
    "digits": data.digits,
    "mnist": data.mnist,
    "fashion_mnist": data.fashion_mnist,
    "cats": data.cats,
}
_DATASET_CLASSES: dict[str, tuple[str, ...]] = {
    "fashion_mnist": tuple(data.FASHION_CLASSES),
    "cats": tuple(data.CAT_CLASSES),
}
TABLE_SUFFIXES = {".csv", ".tsv", ".parquet"}
ARRAY_SUFFIXES = {".npz", ".h5", ".hdf5"}
IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff"}


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Rows to train on and rows held out, with what is known about them.

    `class_names` is empty in a regression, and where classes have no names but their numbers.
    """

    x: Array
    y: Array
    x_test: Array
    y_test: Array
    class_names: tuple[str, ...] = ()
    encoding: data.TableEncoding | None = None

    @property
    def is_classification(self) -> bool:
        """Whether targets are class indices."""
        return self.y.ndim == 1 and self.y.dtype.kind in "iu"

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names) or int(self.y.max()) + 1  # type: ignore[operator]


def read_samples(
    name: str,
    *,
    target: str | None = None,
    size: tuple[int, ...] | None = None,
    fraction: float | None = None,
    seed: int = 0,
) -> Samples:
    """Read what `name` stands for.

    Args:
        name: a key of `DATASETS`, or the path of a table, array file or folder of class folders.
        target: the column a table predicts.
        size: height, width and channels that images of a folder are brought to; 64x64x3 unless
            given.
        fraction: share held out, where the source has no split of its own; 0.2 unless given.
        seed: decides which rows are held out.

    Raises:
        UsageError: nothing of that name, a table without a target column, or an argument that
            this kind of data has no use for.
        DataError: an array file has no x and y.
    """
    if name in DATASETS:
        _refuse(name, "is a data set with a test part", target=target, size=size, held_out=fraction)
        (x, y), (x_test, y_test) = DATASETS[name]()
        return Samples(x, y, x_test, y_test, _DATASET_CLASSES.get(name, ()))
    path = Path(name)
    share = 0.2 if fraction is None else fraction
    if path.is_dir():
        _refuse(name, "is a folder of images", target=target)
        folder = data.read_image_folder(path, size or (64, 64, 3))
        (x, y), (x_test, y_test) = data.split(folder.x, folder.y, share, seed)
        return Samples(x, y, x_test, y_test, folder.class_names)
    if path.suffix.lower() in TABLE_SUFFIXES:
        _refuse(name, "is a table", size=size)
        return _read_table(path, target, share, seed)
    if path.suffix.lower() in ARRAY_SUFFIXES:
        _refuse(name, "is an array file", target=target, size=size)
        return _read_arrays(path, share, seed)
    message = (
        f"{name!r} is neither a data set ({', '.join(DATASETS)}) nor a table "
        f"({', '.join(sorted(TABLE_SUFFIXES))}), an array file ({', '.join(sorted(ARRAY_SUFFIXES))}"
        f") or a folder with one folder of images per class"
    )
    raise UsageError(message)


def _refuse(name: str, kind: str, **given: object) -> None:
    """Refuse arguments that would be ignored."""
    for option, value in given.items():
        if value is not None:
            message = (
                f"{name} {kind}, so --{option.replace('_', '-')} {value} means nothing for it. "
                f"Leave it out."
            )
            raise UsageError(message)


def _read_table(path: Path, target: str | None, fraction: float, seed: int) -> Samples:
    if target is None:
        message = f"{path} is a table; say which column to predict, as in: --target price"
        raise UsageError(message)
    train, test = data.read_table(path, target).split(fraction, seed)
    return Samples(
        train.x,
        train.y,
        test.x,
        test.y,
        train.class_names,
        train.encoding,
    )


def _read_arrays(path: Path, fraction: float, seed: int) -> Samples:
    arrays = data.read_arrays(path)
    missing = {"x", "y"} - set(arrays)
    if missing:
        message = (
            f"{path} has arrays {', '.join(sorted(arrays)) or 'none'}; it needs x and y (and may "
            f"have x_test and y_test)"
        )
        raise DataError(message)
    if "x_test" in arrays and "y_test" in arrays:
        return Samples(arrays["x"], arrays["y"], arrays["x_test"], arrays["y_test"])
    (x, y), (x_test, y_test) = data.split(arrays["x"], arrays["y"], fraction, seed)
    return Samples(x, y, x_test, y_test)


def read_inputs(model: Model, name: str) -> Array:
    """Rows for `model` to predict: a photo, a folder of photos, a table or an array file.

    Raises:
        UsageError: another kind of file, or a table for a model not trained on one.
    """
    import numpy as np

    path, shape = Path(name), model.net.input_shapes[0]
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return data.read_image(path, shape)[np.newaxis]
    if path.is_dir():
        images = sorted(p for p in path.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
        return np.stack([data.read_image(p, shape) for p in images])
    if path.suffix.lower() in TABLE_SUFFIXES:
        return table_inputs(model, path)
    if path.suffix.lower() == ".npy":
        return data.read_array(path)
    if path.suffix.lower() in ARRAY_SUFFIXES:
        return data.read_arrays(path, "x")["x"]
    message = (
        f"{name!r} is no image, folder, table or array file that can be predicted. "
        f"Give a photo, a .csv, a .parquet, a .npy or a .npz with an array x."
    )
    raise UsageError(message)


def table_inputs(model: Model, path: Path) -> Array:
    """A table's rows, encoded as those the model was trained on.

    Raises:
        UsageError: the model file has no table encoding.
    """
    stored = model.metadata.get("table")
    if stored is None:
        message = (
            f"the model was not trained on a table, so {path} cannot be encoded for it. "
            f"Give an array file instead."
        )
        raise UsageError(message)
    return data.TableEncoding.from_dict(stored).encode_columns(data.read_columns(path))


def read_known(model: Model, name: str) -> tuple[Array, Array]:
    """Rows with known answers: a data set's test part, all of a table, folder, or arrays x, y.

    Raises:
        UsageError: nothing of that name, or a table for a model not trained on one.
        DataError: the target column or a folder's class is not one that the model knows.
    """
    path = Path(name)
    if path.suffix.lower() in TABLE_SUFFIXES:
        x = table_inputs(model, path)
        encoding = data.TableEncoding.from_dict(model.metadata["table"])
        column = encoding.target.name
        columns = data.read_columns(path)
        if column not in columns:
            message = f"{path} has no column {column!r}, which the model predicts"
            raise DataError(message)
        return x, encoding.encode_target(columns[column])
    if path.suffix.lower() in ARRAY_SUFFIXES:
        arrays = data.read_arrays(path, "x", "y")
        return arrays["x"], arrays["y"]
    if path.is_dir():
        folder = data.read_image_folder(path, model.net.input_shapes[0])
        return folder.x, _labels_of(model, folder)
    samples = read_samples(name)
    return samples.x_test, samples.y_test


def _labels_of(model: Model, folder: data.ImageFolder) -> Array:
    """A folder's labels in the order of the classes that the model has names for."""
    import numpy as np

    known = nn.class_names(model.net)
    if not known:
        return folder.y
    unknown = [name for name in folder.class_names if name not in known]
    if unknown:
        message = (
            f"the folder has classes {', '.join(unknown)}, which the model does not know; it "
            f"knows {', '.join(known)}. Name the subfolders after those."
        )
        raise DataError(message)
    return np.array([known.index(name) for name in folder.class_names])[folder.y]
