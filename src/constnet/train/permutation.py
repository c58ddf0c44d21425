"""The order of rows in a shuffled epoch, a function of (seed, epoch) alone.

Fisher-Yates from the identity: for i = rows - 1 down to 1, j = (word * (i + 1)) >> 32, and rows i
and j change places, where `word` is word 0 of Philox 4x32-10 with key = seed and counter
(i, epoch, 1, 0). The native engine does the same in C.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from constnet.philox import philox

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHUFFLE_STREAM = 1
_WORD_BITS = np.uint64(32)


def permutation(rows: int, epoch: int, seed: tuple[int, int]) -> NDArray[np.int64]:
    """Rows in the order of shuffled epoch `epoch`."""
    order = list(range(rows))
    counters = np.zeros((rows, 4), np.uint32)
    counters[:, 0] = np.arange(rows)
    counters[:, 1], counters[:, 2] = epoch, SHUFFLE_STREAM
    words: NDArray[np.uint64] = philox(counters, seed)[:, 0].astype(np.uint64)
    counts: NDArray[np.uint64] = np.arange(1, rows + 1, dtype=np.uint64)
    others = np.right_shift(np.multiply(words, counts), _WORD_BITS).tolist()
    for i in range(rows - 1, 0, -1):
        j = others[i]
        order[i], order[j] = order[j], order[i]
    return np.asarray(order, np.int64)
