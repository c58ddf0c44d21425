"""Philox 4x32-10 on NumPy arrays: the same words as `loopir.softmath.philox`, for Python's side.

Initialisers and permutations draw from here, so they are functions of (seed, counter) alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Words = NDArray[np.uint32]


def philox(counter: ArrayLike, key: ArrayLike) -> Words:
    """Return the block of each counter under one key.

    Args:
        counter: Integers below 2**32.
        key: Two integers below 2**32.

    Shape: counter (n, 4), key (2,) -> (n, 4)

    Example:
        >>> [hex(word) for word in philox([[0, 0, 0, 0]], [0, 0])[0]]
        ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']

    Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3.
    """
    low = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    c0, c1, c2, c3 = np.asarray(counter, np.uint32).astype(np.uint64).T
    k0, k1 = (int(word) for word in np.asarray(key, np.uint32))
    for _ in range(10):
        product0 = c0 * np.uint64(0xD2511F53)
        product1 = c2 * np.uint64(0xCD9E8D57)
        c0 = (product1 >> half) ^ c1 ^ np.uint64(k0)
        c1 = product1 & low
        c2 = (product0 >> half) ^ c3 ^ np.uint64(k1)
        c3 = product0 & low
        k0 = (k0 + 0x9E3779B9) % 2**32
        k1 = (k1 + 0xBB67AE85) % 2**32
    return np.stack([c0, c1, c2, c3], axis=-1).astype(np.uint32)
