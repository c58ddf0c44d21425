"""Data a network must not see is refused before it is used, with the row and the column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from constnet.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK_ELEMENTS = 1 << 22


def require_finite(array: NDArray[Any], name: str) -> None:
    """Refuse NaN and infinity, naming the first by its row and its place in the row.

    Reads a memory map block by block, so that it never lies in memory as a whole.

    Args:
        array: rows first; integers and booleans pass at once.
        name: what the message calls the array: "x".

    Raises:
        DataError: an element is NaN or infinite.
    """
    if not np.issubdtype(array.dtype, np.inexact):
        return
    row_elements = max(1, array[:1].size)
    block = max(1, _BLOCK_ELEMENTS // row_elements)
    for start in range(0, len(array), block):
        is_finite = np.isfinite(array[start : start + block])
        if not is_finite.all():
            first = tuple(int(axis[0]) for axis in np.nonzero(~is_finite))
            row = start + first[0]
            where = "".join(f", column {index}" for index in first[1:])
            message = (
                f"{name} has {array[(row, *first[1:])]} at row {row}{where} (counted from 0). "
                f"Correct or remove the row."
            )
            raise DataError(message)


def require_rows(array: NDArray[Any], name: str) -> None:
    """Refuse an array without rows.

    Raises:
        DataError: the array has no axis, or its first has extent 0.
    """
    if array.ndim == 0 or len(array) == 0:
        message = (
            f"{name} has shape {array.shape}, which holds no rows; expected at least 1 row. "
            f"Check how it was read or selected."
        )
        raise DataError(message)


def require_labels(labels: NDArray[Any], classes: int, name: str = "y") -> None:
    """Refuse a class index outside 0 to `classes` - 1.

    Raises:
        DataError: a label is out of range.
    """
    is_wrong = (labels < 0) | (labels >= classes)
    if is_wrong.any():
        first = tuple(int(axis[0]) for axis in np.nonzero(is_wrong))
        message = (
            f"{name} is {labels[first]} at row {first[0]} (counted from 0); the network has "
            f"{classes} classes, 0 to {classes - 1}. Correct the label, or use {classes} + more "
            f"outputs."
        )
        raise DataError(message)
