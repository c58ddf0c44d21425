"""Splits: every row once, by the seed alone."""

import numpy as np
import pytest

from constnet.data import split
from constnet.data.splitting import split_indices
from constnet.errors import DataError, ShapeError, UsageError


def test_rows_stay_together_and_each_goes_to_one_part():
    x = np.arange(100).reshape(50, 2)
    (x_train, y_train), (x_test, y_test) = split(x, x[:, 0] * 10, fraction=0.3, seed=5)
    assert (len(x_train), len(x_test)) == (35, 15)
    assert np.array_equal(x_train[:, 0] * 10, y_train)
    assert np.array_equal(x_test[:, 0] * 10, y_test)
    assert sorted([*x_train[:, 0], *x_test[:, 0]]) == list(range(0, 100, 2))


def test_the_seed_decides_and_the_order_is_pinned():
    assert split_indices(12, 0.25, 0)[1].tolist() == split_indices(12, 0.25, 0)[1].tolist()
    assert split_indices(1000, 0.5, 1)[1].tolist() != split_indices(1000, 0.5, 2)[1].tolist()
    assert split_indices(1000, 0.5, 1 << 40)[1].tolist() != split_indices(1000, 0.5, 0)[1].tolist()
    # pinned: a split of a published result must never move
    assert split_indices(10, 0.2, 0)[1].tolist() == [0, 4]


def test_every_row_is_held_out_about_as_often():
    held_out = np.zeros(20)
    for seed in range(400):
        held_out[split_indices(20, 0.25, seed)[1]] += 1
    # 100 expected, standard deviation sqrt(400 * 0.25 * 0.75) = 8.7; five of them
    assert np.abs(held_out - 100).max() < 44


@pytest.mark.parametrize(
    ("rows", "fraction", "test_rows"), [(2, 0.01, 1), (3, 0.99, 2), (5, 0.5, 2)]
)
def test_each_part_keeps_a_row(rows, fraction, test_rows):
    train, test = split_indices(rows, fraction)
    assert (len(train), len(test)) == (rows - test_rows, test_rows)


def test_rejects():
    x = np.zeros((4, 2))
    with pytest.raises(ShapeError, match=r"x has 4 rows .* and y has 3"):
        split(x, np.zeros(3))
    with pytest.raises(DataError, match="holds no rows"):
        split(x[:0], np.zeros(0))
    with pytest.raises(UsageError, match=r"fraction is 1\.5; expected a share"):
        split(x, np.zeros(4), fraction=1.5)
    with pytest.raises(UsageError, match="seed is -1"):
        split(x, np.zeros(4), seed=-1)
    with pytest.raises(UsageError, match="1 row cannot be split"):
        split(x[:1], np.zeros(1))
