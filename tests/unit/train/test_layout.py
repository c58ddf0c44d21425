import numpy as np

from constnet.train.layout import Layout, aligned_zeros


def test_parameters_start_at_multiples_of_sixteen():
    layout = Layout.of({"a": (3, 5), "b": (16,), "c": (), "d": (17,)})
    assert [(e.path, e.offset, e.size, e.padded) for e in layout.entries] == [
        ("a", 0, 15, 16), ("b", 16, 16, 16), ("c", 32, 1, 16), ("d", 48, 17, 32),
    ]  # fmt: skip
    assert layout.length == 80


def test_what_does_not_decay_comes_last():
    layout = Layout.of({"a": (3,), "b": (16, 2), "c": (4,), "d": (2, 2)}, {"a", "c"})
    assert [(e.path, e.offset) for e in layout.entries] == [
        ("b", 0), ("d", 32), ("a", 48), ("c", 64),
    ]  # fmt: skip
    assert (layout.decayed, layout.length) == (48, 80)
    assert Layout.of({"a": (3,)}).decayed == 16


def test_views_share_memory_with_the_vector():
    layout = Layout.of({"a": (2, 3), "b": (4,)})
    flat = np.zeros(layout.length)
    layout.views(flat)["b"][...] = 7
    np.testing.assert_array_equal(np.flatnonzero(flat), [16, 17, 18, 19])


def test_aligned_zeros_begin_at_a_multiple_of_64_bytes():
    for shape in [(), (5,), (3, 7)]:
        array = aligned_zeros(shape, np.dtype("float32"))
        assert array.shape == shape
        assert array.ctypes.data % 64 == 0
        assert not array.any()
