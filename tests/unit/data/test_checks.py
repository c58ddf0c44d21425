"""Refusal of NaN, infinity, empty data and labels out of range."""

import numpy as np
import pytest

from constnet.data import require_finite, require_labels, require_rows
from constnet.data.checks import _BLOCK_ELEMENTS
from constnet.errors import DataError


def test_finite_numbers_and_integers_pass():
    require_finite(np.array([[0.0, -1e308]]), "x")
    require_finite(np.array([1, 2]), "x")
    require_finite(np.empty((0, 3)), "x")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_bad_element_is_named_by_row_and_column(bad):
    x = np.zeros((5, 4), np.float32)
    x[3, 2] = bad
    x[4, 0] = np.nan
    with pytest.raises(DataError, match=rf"x has {bad} at row 3, column 2"):
        require_finite(x, "x")


def test_a_bad_element_behind_the_first_block(tmp_path):
    rows = _BLOCK_ELEMENTS // 1024 + 7
    mapped = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (rows, 1024))
    mapped[rows - 2, 5] = np.nan
    with pytest.raises(DataError, match=f"x has nan at row {rows - 2}, column 5"):
        require_finite(mapped, "x")


@pytest.mark.parametrize("array", [np.empty((0, 3)), np.array(1.0)])
def test_empty_data(array):
    with pytest.raises(DataError, match="holds no rows; expected at least 1 row"):
        require_rows(array, "x")


@pytest.mark.parametrize("label", [-1, 10])
def test_labels_out_of_range(label):
    require_labels(np.array([0, 9]), 10)
    with pytest.raises(DataError, match=f"y is {label} at row 1 .* 10 classes, 0 to 9"):
        require_labels(np.array([0, label, 3]), 10)
