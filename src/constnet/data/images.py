"""Photographs as uint8 arrays: one file, or a folder with one subfolder per class.

Enters: any file that Pillow decodes. Leaves: elements 0 to 255 in the shape a network takes:
`(height, width)` or `(height, width, 1)` is gray, `(height, width, 3)` is red, green, blue.
Refuses a file that cannot be decoded, by its name.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from constnet.data.extras import import_extra
from constnet.errors import DataError, ShapeError, UsageError

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

_IMAGE_SUFFIXES = {
    ".jpg",
    ".jpeg",
    ".png",
    ".bmp",
    ".gif",
    ".webp",
    ".tif",
    ".tiff",
    ".ppm",
    ".pgm",
}
_DEEP_MODES = ("I", "F")
_PILLOW_MODES: dict[tuple[int, ...], str] = {(): "L", (1,): "L", (3,): "RGB"}


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """The images of a folder.

    Attributes:
        x: `(N, *shape)` uint8.
        y: `(N,)` int32 class indices.
        class_names: the subfolders' names, sorted; y indexes them.
        paths: where each row of x comes from.
    """

    x: NDArray[np.uint8]
    y: NDArray[np.int32]
    class_names: tuple[str, ...]
    paths: tuple[Path, ...]


def read_image(path: str | os.PathLike[str], shape: Sequence[int]) -> NDArray[np.uint8]:
    """Read one image, turned upright, stretched to `shape`, as uint8.

    Args:
        path: the file.
        shape: (height, width) or (height, width, 1) for gray, (height, width, 3) for color, as a
            network's input shape without the batch.

    Raises:
        ShapeError: `shape` is not the shape of an image.
        DataError: the file cannot be decoded, or has more than 8 bits for a color.
        UsageError: Pillow is not installed.

    Example:
        >>> read_image("photo.jpg", (64, 64, 3)).shape  # doctest: +SKIP
        (64, 64, 3)
    """
    height, width, mode = _parse_shape(shape)
    image_module = import_extra("PIL.Image", "read an image")
    place = Path(path)
    upright = _decode(place, image_module)
    if upright.mode.startswith(_DEEP_MODES):
        message = (
            f"{place} has Pillow mode {upright.mode!r}, more than 8 bits for each color; "
            f"expected 0 to 255. Convert it to 8 bits."
        )
        raise DataError(message)
    if upright.has_transparency_data:
        # on white, as a page shows it: what lies under a transparent pixel is arbitrary
        white = image_module.new("RGBA", upright.size, "white")
        upright = image_module.alpha_composite(white, upright.convert("RGBA"))
    resized = upright.convert(mode).resize((width, height), image_module.Resampling.BILINEAR)
    return np.asarray(resized, np.uint8).reshape(tuple(shape))


def read_image_folder(
    path: str | os.PathLike[str], shape: Sequence[int], class_names: Sequence[str] | None = None
) -> ImageFolder:
    """Read `path/CLASS/*.jpg` (and other image files), one subfolder for each class.

    Args:
        path: the folder.
        shape: the shape of each image, as for `read_image`.
        class_names: the classes in the order of their indices; by default the subfolders' names,
            sorted. Give those of the training folder to read a test folder.

    Raises:
        DataError: no class folder, a folder without images, or an image that cannot be read.
        UsageError: a subfolder is none of `class_names`.
    """
    root = Path(path)
    folders = _class_folders(root)
    names = tuple(folder.name for folder in folders) if class_names is None else tuple(class_names)
    paths: list[Path] = []
    labels: list[int] = []
    for folder in folders:
        if folder.name not in names:
            message = (
                f"{folder} is none of the classes {', '.join(map(repr, names))}. "
                f"Rename or remove it."
            )
            raise UsageError(message)
        files = _image_files(folder)
        paths.extend(files)
        labels.extend([names.index(folder.name)] * len(files))
    x = np.empty((len(paths), *shape), np.uint8)
    for row, file in enumerate(paths):
        x[row] = read_image(file, shape)
    return ImageFolder(x, np.array(labels, np.int32), names, tuple(paths))


def _parse_shape(shape: Sequence[int]) -> tuple[int, int, str]:
    """Return height, width and Pillow's mode for an image's shape."""
    given = tuple(shape)
    is_image = len(given) in {2, 3} and given[2:] in _PILLOW_MODES and min(given) > 0
    if not is_image:
        message = (
            f"{given} is not the shape of an image; expected (height, width) or "
            f"(height, width, 1) for gray, (height, width, 3) for color, without the batch. "
            f"A network for images starts from such a shape and flattens it with nn.Flatten()."
        )
        raise ShapeError(message)
    return given[0], given[1], _PILLOW_MODES[given[2:]]


def _decode(place: Path, image_module: Any) -> Any:
    """Return Pillow's image of a file, turned as its camera says."""
    operations = import_extra("PIL.ImageOps", "read an image")
    if not place.is_file():
        message = f"No such file: {place}"
        raise FileNotFoundError(message)
    try:
        with warnings.catch_warnings():
            # Pillow only warns of an image so large that it may be an attack; refuse it
            warnings.simplefilter("error", image_module.DecompressionBombWarning)
            with image_module.open(place) as file:
                file.load()
                return operations.exif_transpose(file)
    except (
        OSError,
        SyntaxError,
        ValueError,
        image_module.DecompressionBombError,
        image_module.DecompressionBombWarning,
    ) as error:
        message = (
            f"{place} ({place.stat().st_size} bytes) is not an image that can be read: {error}. "
            f"Replace or remove it."
        )
        raise DataError(message) from error


def _class_folders(root: Path) -> list[Path]:
    """Return the subfolders of `root` in the order of their names."""
    if not root.is_dir():
        message = f"{root} is not a folder. Give a folder with one subfolder of images per class."
        raise DataError(message)
    folders = sorted(
        entry for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith(".")
    )
    if not folders:
        message = f"{root} has 0 subfolders; expected one per class, each with its images inside."
        raise DataError(message)
    return folders


def _image_files(folder: Path) -> list[Path]:
    """Return the image files of one class in the order of their names."""
    files = sorted(
        entry
        for entry in folder.iterdir()
        if entry.suffix.lower() in _IMAGE_SUFFIXES and not entry.name.startswith(".")
    )
    if not files:
        kinds = ", ".join(sorted(_IMAGE_SUFFIXES))
        message = f"{folder} holds 0 images ({kinds}). Add images, or remove the folder."
        raise DataError(message)
    return files
