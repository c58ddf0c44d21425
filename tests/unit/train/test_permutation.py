import numpy as np

from constnet.philox import philox
from constnet.train.permutation import permutation


def test_it_is_fisher_yates_driven_by_philox():
    order = list(range(6))
    for i in range(5, 0, -1):
        word = int(philox([[i, 3, 1, 0]], [11, 22])[0, 0])
        j = (word * (i + 1)) >> 32
        order[i], order[j] = order[j], order[i]
    np.testing.assert_array_equal(permutation(6, 3, (11, 22)), order)


def test_it_depends_on_seed_and_epoch_alone():
    first = permutation(100, 0, (1, 0))
    np.testing.assert_array_equal(first, permutation(100, 0, (1, 0)))
    assert (first != permutation(100, 1, (1, 0))).any()
    assert (first != permutation(100, 0, (2, 0))).any()
    assert sorted(first) == list(range(100))


def test_every_place_is_about_as_likely():
    counts = np.zeros((4, 4))
    for epoch in range(4000):
        counts[np.arange(4), permutation(4, epoch, (0, 0))] += 1
    assert np.abs(counts / 4000 - 0.25).max() < 0.03
