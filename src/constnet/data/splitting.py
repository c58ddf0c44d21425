"""Splitting rows into a part to train on and a part to test on.

The order comes from the counter-based generator (Philox 4x32-10), so a split is a function of the
number of rows, the fraction and the seed: the same on every machine and for every NumPy version.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from constnet.data.checks import require_rows
from constnet.errors import ShapeError, UsageError
from constnet.philox import philox

Pair: TypeAlias = tuple[NDArray[Any], NDArray[Any]]

# A stream of its own, so that a split and a shuffled epoch of one seed have nothing in common.
_SPLIT_STREAM = 2
_WORD_BITS = 32
_SMALLEST_TABLE = 2


def split(
    x: NDArray[Any], y: NDArray[Any], fraction: float = 0.2, seed: int = 0
) -> tuple[Pair, Pair]:
    """Return ((x_train, y_train), (x_test, y_test)), rows drawn by `seed`.

    Args:
        x: rows first.
        y: as many rows.
        fraction: the share of the rows that goes to the test part, between 0 and 1; rounded to
            a whole number of rows, at least one in each part.
        seed: 0 to 2**64 - 1.

    Raises:
        ShapeError: x and y differ in rows.
        DataError: there are no rows.
        UsageError: the fraction or the seed is out of range, or there is only one row.

    Example:
        >>> import numpy as np
        >>> (x_train, _), (x_test, _) = split(np.arange(10), np.arange(10), fraction=0.2)
        >>> x_train.tolist(), x_test.tolist()
        ([1, 2, 3, 5, 6, 7, 8, 9], [0, 4])
    """
    require_rows(x, "x")
    if len(x) != len(y):
        message = (
            f"x has {len(x)} rows (shape {x.shape}) and y has {len(y)} (shape {y.shape}); "
            f"expected one row of y for each row of x."
        )
        raise ShapeError(message)
    train, test = split_indices(len(x), fraction, seed)
    return (x[train], y[train]), (x[test], y[test])


def split_indices(
    rows: int, fraction: float = 0.2, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of the train part and of the test part, each in ascending order.

    Raises:
        UsageError: the fraction or the seed is out of range, or there are fewer than two rows.
    """
    if not 0.0 < fraction < 1.0:
        message = f"fraction is {fraction}; expected a share between 0 and 1, such as 0.2."
        raise UsageError(message)
    if not 0 <= seed < 1 << 2 * _WORD_BITS:
        message = f"seed is {seed}; expected a whole number from 0 to 2**64 - 1."
        raise UsageError(message)
    if rows < _SMALLEST_TABLE:
        message = f"{rows} row cannot be split in two parts; give at least {_SMALLEST_TABLE} rows."
        raise UsageError(message)
    test_rows = min(max(round(rows * fraction), 1), rows - 1)
    counters = np.zeros((rows, 4), np.uint32)
    counters[:, 0] = np.arange(rows)
    counters[:, 2] = _SPLIT_STREAM
    words = philox(counters, (seed & 0xFFFFFFFF, seed >> _WORD_BITS)).astype(np.uint64)
    # two words make 64 bits to sort by; a tie, once in 2**64 pairs, falls to the lower row
    order = np.argsort((words[:, 0] << np.uint64(_WORD_BITS)) | words[:, 1], kind="stable")
    return np.sort(order[test_rows:]), np.sort(order[:test_rows])
