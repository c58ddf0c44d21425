"""Arrays out of files: `.npy` as a memory map, `.npz` and `.h5` by name.

No file is ever unpickled: an object array is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from constnet.data.extras import import_extra
from constnet.errors import FormatError, UsageError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from numpy.typing import NDArray

_HDF5_SUFFIXES = (".h5", ".hdf5")


def read_array(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Return the array in a `.npy` file, memory-mapped: read from disk as it is used.

    Raises:
        FormatError: not a `.npy` file, truncated, or an array of Python objects.
    """
    place = Path(path)
    try:
        return np.load(place, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        message = (
            f"{place} ({place.stat().st_size} bytes) is not an array of numbers: {error}. "
            f"Write it with numpy.save, from an array whose dtype is not object."
        )
        raise FormatError(message) from error


def read_arrays(path: str | os.PathLike[str], *names: str) -> dict[str, NDArray[Any]]:
    """Return arrays of a `.npz` or `.h5` file by name; without names, all of them.

    In an `.h5` file the name of a data set inside a group is its path: "group/x".

    Raises:
        FormatError: the file is damaged or holds Python objects.
        UsageError: no array of that name, another kind of file, or h5py is missing.

    Example:
        >>> from constnet.data import read_arrays
        >>> read_arrays("measured.npz", "x", "y")["x"].shape  # doctest: +SKIP
        (1000, 4)
    """
    place = Path(path)
    suffix = place.suffix.lower()
    if suffix == ".npz":
        return _read_npz(place, names)
    if suffix in _HDF5_SUFFIXES:
        return _read_hdf5(place, names)
    message = (
        f"{place} ends in {suffix or 'no suffix'!r}; read_arrays reads .npz, .h5 and .hdf5. "
        f"For .npy use read_array, for .csv and .parquet use read_table."
    )
    raise UsageError(message)


def _read_npz(place: Path, names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """Read arrays out of NumPy's zip file."""
    from zipfile import BadZipFile

    try:
        # opened here, since NumPy leaves a file that is not a whole zip open
        with place.open("rb") as stream:
            archive = np.load(stream, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                message = "it is one array, not a zip file of named ones"
                raise ValueError(message)  # noqa: TRY004, TRY301 - joins NumPy's own errors below
            with archive:
                _check_names(place, names, archive.files)
                return {name: archive[name] for name in names or archive.files}
    except UsageError:
        raise
    except (ValueError, EOFError, KeyError, BadZipFile) as error:
        message = (
            f"{place} ({place.stat().st_size} bytes) is not a whole .npz of numbers: {error}. "
            f"Write it with numpy.savez, from arrays whose dtype is not object."
        )
        raise FormatError(message) from error


def _read_hdf5(place: Path, names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """Read data sets out of an HDF5 file."""
    if not place.is_file():
        message = f"No such file: {place}"
        raise FileNotFoundError(message)
    h5py = import_extra("h5py", "read an .h5 file")
    try:
        with h5py.File(place, "r") as file:
            found = _dataset_names(file, h5py.Dataset)
            _check_names(place, names, found)
            return {name: np.asarray(file[name][()]) for name in names or found}
    except UsageError:
        raise
    except (OSError, RuntimeError, KeyError) as error:
        message = (
            f"{place} ({place.stat().st_size} bytes) is not a whole HDF5 file: {error}. "
            f"Fetch or write the file again."
        )
        raise FormatError(message) from error


def _dataset_names(group: Any, dataset: type, prefix: str = "") -> list[str]:
    """Return the paths of all data sets below an HDF5 group."""
    names: list[str] = []
    for name, item in group.items():
        if isinstance(item, dataset):
            names.append(prefix + name)
        else:
            names.extend(_dataset_names(item, dataset, f"{prefix}{name}/"))
    return names


def _check_names(place: Path, wanted: tuple[str, ...], found: Iterable[str]) -> None:
    """Refuse a name that the file lacks, listing those it has."""
    available = list(found)
    missing = [name for name in wanted if name not in available]
    if missing:
        message = (
            f"{place} holds no array named {', '.join(map(repr, missing))}; "
            f"it holds {', '.join(map(repr, available)) or 'none'}. Ask for one of those."
        )
        raise UsageError(message)
