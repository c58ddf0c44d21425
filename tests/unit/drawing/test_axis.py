import pytest

from constnet.drawing.axis import linear, logarithmic, whole


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0.03, 0.97, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (-3, 7, ["\u22124", "\u22122", "0", "2", "4", "6", "8"]),
        (0, 1.2e6, ["0", "2.5e5", "5.0e5", "7.5e5", "1.0e6", "1.25e6"]),
        (0.101, 0.104, None),
        (0.5, 0.5, None),
        (0, 0, None),
        (-1e-7, 3e-7, None),
        (1e12, 1e12 + 1, None),
    ],
)
def test_marks_hold_the_range_and_are_told_apart(low, high, texts):
    axis = linear(low, high)
    assert axis.low <= low <= high <= axis.high
    assert 2 <= len(axis.marks) <= 9
    steps = [b - a for a, b in zip(axis.marks, axis.marks[1:], strict=False)]
    assert max(steps) == pytest.approx(min(steps), rel=1e-3)
    if low < 1e12:
        assert len(set(axis.texts())) == len(axis.marks)
    if texts is not None and high < 1e6:
        assert axis.texts() == texts


def test_written_numbers_are_the_marks():
    for low, high in ((0, 1.2e6), (-0.013, 0.02), (0, 1e-6), (3, 4)):
        axis = linear(low, high)
        for mark, text in zip(axis.marks, axis.texts(), strict=True):
            assert float(text.replace("\u2212", "-")) == pytest.approx(mark, rel=1e-9, abs=1e-15)


def test_whole_numbers():
    assert whole(0, 9).marks == (0, 2, 4, 6, 8)
    assert whole(3, 3).marks == (3,)
    assert (whole(0, 1000).low, whole(0, 1000).high) == (0, 1000)
    assert all(mark == int(mark) for mark in whole(0, 7).marks)


def test_powers_of_ten():
    axis = logarithmic(2e-4, 30)
    assert axis.marks == pytest.approx([1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100])
    assert axis.texts()[0] == "0.0001"
    assert axis.place(0.1, 60) == pytest.approx(30)
    assert len(logarithmic(1, 1).marks) == 2


def test_places():
    assert linear(0, 10).place(2.5, 200) == 50
    assert linear(2, 8, from_zero=True).low == 0
