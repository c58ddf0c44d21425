"""Philox 4x32-10 against the vectors that its authors publish with Random123."""

import numpy as np
import pytest

from constnet.philox import philox

# Random123 1.14, tests/kat_vectors: counter, key, words
VECTORS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    (
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        (0xFFFFFFFF, 0xFFFFFFFF),
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), VECTORS)
def test_published_vectors(counter, key, words):
    assert philox(np.array([counter], np.uint32), key).tolist() == [list(words)]


def test_each_row_is_independent_of_its_neighbours():
    counters = np.array([counter for counter, _, _ in VECTORS], np.uint32)
    together = philox(counters, (7, 9))
    alone = [philox(counters[i : i + 1], (7, 9))[0] for i in range(len(counters))]
    assert np.array_equal(together, alone)
