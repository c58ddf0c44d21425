"""Philox in the loop language against the published vectors and the NumPy generator."""

import numpy as np
import pytest

from constnet import dtypes
from constnet.loopir.evaluate import evaluate
from constnet.loopir.softmath import philox_words
from constnet.loopir.types import Local
from constnet.philox import philox

PI = ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0))
ONES = ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2)


def words_of(counters, key, prefix="philox"):
    """Evaluate the lets in order on arrays."""
    names = ("c0", "c1", "c2", "c3", "k0", "k1")
    locals_ = [Local(name, dtypes.uint32) for name in names]
    lets, words = philox_words(tuple(locals_[:4]), tuple(locals_[4:]), prefix)
    columns = [*np.asarray(counters, np.uint32).T, *(np.uint32(word) for word in key)]
    values = dict(zip(names, columns, strict=True))
    for let in lets:
        assert let.name.startswith(prefix)
        assert let.name not in values
        values[let.name] = evaluate(let.value, values)
    return np.stack([evaluate(word, values) for word in words], axis=-1)


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0,) * 4, (0,) * 2, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (*ONES, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (*PI, (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
    ],
)
def test_published_vectors(counter, key, words):
    assert words_of([counter], key)[0].tolist() == list(words)


def test_equals_the_numpy_generator():
    counters = np.random.default_rng(3).integers(0, 2**32, (1000, 4), np.uint32)
    np.testing.assert_array_equal(words_of(counters, PI[1], "second"), philox(counters, PI[1]))
