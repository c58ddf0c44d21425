import numpy as np

from constnet.ops.samples import spread


def test_spread_fills_its_range_without_repetition():
    x = spread(10, 10, low=-1, high=3, dtype="float64")
    assert x.shape == (10, 10)
    assert x.min() >= -1
    assert x.max() < 3
    np.testing.assert_allclose(np.histogram(x, 10, (-1, 3))[0], 10, atol=2)
    assert len(np.unique(x)) == 100


def test_spread_is_the_same_in_every_run():
    np.testing.assert_allclose(
        spread(3, low=0, high=1), np.array([0.868034, 0.486068, 0.104102], "float32"), rtol=1e-6
    )
