"""The windows of an image: which elements each covers, and what does not fit."""

import itertools

import numpy as np
import pytest

from constnet import dtypes
from constnet.errors import ShapeError
from constnet.ir.types import TensorType
from constnet.ops.pooling import (
    IMAGES,
    Covered,
    Windows,
    covered_by,
    need_windows,
    pairs_of,
    pooled_shape,
    sweeps_of,
    windows_of,
)

IMAGE = TensorType((2, 8, 5, 3), dtypes.float32)


def test_extents():
    attrs = Windows((3, 2), (2, 1), (1, 0), (1, 1))
    assert pooled_shape(attrs, IMAGE) == (2, 4, 5, 3)
    assert [sweep.count for sweep in sweeps_of(attrs, (8, 5))] == [4, 5]


@pytest.mark.parametrize("attrs", [attrs for attrs, _ in IMAGES], ids=str)
def test_pairs_are_all_that_windows_cover(attrs):
    extents = next(image.shape[1:-1] for other, image in IMAGES if other is attrs)
    sweeps = sweeps_of(attrs, extents)
    expected = set()
    for window in itertools.product(*(range(sweep.count) for sweep in sweeps)):
        for place in itertools.product(*(range(sweep.size) for sweep in sweeps)):
            element = tuple(
                c * s.stride - s.low + w for c, s, w in zip(window, sweeps, place, strict=True)
            )
            if all(0 <= e < extent for e, extent in zip(element, extents, strict=True)):
                number = int(np.ravel_multi_index(place, attrs.window))
                expected.add((number, window, element))
    windows = np.stack(np.indices([s.count for s in sweeps]), -1)[None]
    elements = np.stack(np.indices(extents), -1)[None]
    found = [
        (number, tuple(map(int, window)), tuple(map(int, element)))
        for number, some, covered in pairs_of(attrs, extents)
        for window, element in zip(
            windows[some].reshape(-1, len(extents)),
            elements[covered].reshape(-1, len(extents)),
            strict=True,
        )
    ]
    assert len(found) == len(expected)
    assert set(found) == expected


def test_windows_of_an_image_and_back():
    attrs = Windows((2,), (1,), (0,), (1,))
    assert covered_by(attrs, (9,)) == Covered((2,), (1,), (0,), (1,), (9,))
    assert windows_of(covered_by(attrs, (9,))) == attrs


@pytest.mark.parametrize(
    ("attrs", "match"),
    [
        (Windows((9, 1), (1, 1), (0, 0), (0, 0)), r"\[pool\] window \(9, 1\) does not fit float32"),
        (Windows((3,), (1,), (0,), (0,)), r"\[pool\] a window \(3,\) has 1 spatial axes"),
        (Windows((3, 0), (1, 1), (0, 0), (0, 0)), r"\[pool\] window \(3, 0\) .* at least 1"),
        (Windows((3, 2), (1, 1), (3, 0), (0, 0)), r"\[pool\] padding .* is not smaller"),
        (Windows((3, 2), (1,), (0, 0), (0, 0)), r"Give one extent, stride and padding for each"),
    ],
)
def test_what_does_not_fit(attrs, match):
    with pytest.raises(ShapeError, match=match):
        need_windows("pool", attrs, IMAGE)
