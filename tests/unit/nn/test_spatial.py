import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError
from constnet.nn import spatial
from constnet.nn.spatial import Window


@pytest.mark.parametrize(
    ("layer", "shape", "advice"),
    [
        (nn.Conv2D(1, 1), (784,), r"nn\.Reshape\(\(28, 28, 1\)\)"),
        (nn.Conv2D(1, 1), (3072,), r"nn\.Reshape\(\(32, 32, 3\)\)"),
        (nn.Conv2D(1, 1), (7,), r"nn\.Reshape\(\(height, width, channels\)\)"),
        (nn.Conv2D(1, 1), (28, 20), r"nn\.Reshape\(\(28, 20, 1\)\)"),
        (nn.MaxPool2D(), (4, 5, 6, 1), r"Use nn\.MaxPool3D, or nn\.Reshape"),
        (nn.Conv1D(1, 1), (9,), r"needs \(batch, length, channels\)\. Use nn\.Reshape\(\(9, 1\)\)"),
        (nn.Conv1D(1, 1), (4, 5, 1), r"Use nn\.Conv2D, or nn\.Reshape"),
        (nn.Conv3D(1, 1), (4,), r"\(batch, depth, height, width, channels\)\. Use nn\.Reshape"),
        (nn.Conv2D(1, 1), (1, 2, 3, 4, 5), r"Use nn\.Reshape\(\(height, width, channels\)\)"),
    ],
)
def test_a_wrong_rank_names_the_way_out(layer, shape, advice):
    with pytest.raises(ShapeError, match=advice):
        layer.build(shape)


def test_one_input():
    a, b = nn.Input((4, 4, 1)), nn.Input((4, 4, 1))
    message = r"receives .* and .*; it needs .*Join the inputs first, for example with"
    with pytest.raises(ShapeError, match=message):
        nn.Conv2D(1, 1)(a, b)


def test_extents():
    assert spatial.extents("Mine", "size", 3, 2) == (3, 3)
    assert spatial.extents("Mine", "size", [1, 2], 2) == (1, 2)
    for given, message in (
        ((1, 2, 3), r"Mine: size is \(1, 2, 3\), 3 numbers for 2 spatial axes\. Give one number"),
        (0, r"Mine: size is 0; expected 1 to"),
        ((1, 0), r"Mine: size\[1\] is 0; expected 1 to"),
        (1.5, r"Mine: size is 1\.5; expected a whole number"),
        (True, r"Mine: size is True; expected a whole number"),
    ):
        with pytest.raises(UsageError, match=message):
            spatial.extents("Mine", "size", given, 2)


def test_pairs():
    assert spatial.pairs("Mine", "cut", 1, 2) == ((1, 1), (1, 1))
    assert spatial.pairs("Mine", "cut", [1, (0, 2)], 2) == ((1, 1), (0, 2))
    assert spatial.pairs("Mine", "cut", (1, 2), 1) == ((1, 2),)
    assert spatial.pairs("Mine", "cut", ((1, 2),), 1) == ((1, 2),)
    for given, message in (
        ((1, 2, 3), r"Mine: cut is \(1, 2, 3\); expected a whole number, or for each of 2 spatial"),
        ("same", r"Mine: cut is 'same'; expected"),
        (-1, r"Mine: cut\[0\] is -1; expected 0 to"),
        ((1, (0, -2)), r"Mine: cut\[1\] is \(0, -2\); expected 0 to"),
        ((1, (1, 2, 3)), r"Mine: cut\[1\] is \(1, 2, 3\); expected a number or a pair"),
        ((1, None), r"Mine: cut\[1\] is None; expected a whole number"),
    ):
        with pytest.raises(UsageError, match=message):
            spatial.pairs("Mine", "cut", given, 2)


def test_padding():
    words = ("valid", "same")
    assert spatial.padding("Mine", "same", 2, words) == "same"
    assert spatial.padding("Mine", 1, 1, words) == ((1, 1),)
    message = r"Mine: padding is 'full'; expected 'valid', 'same', or widths such as 1"
    with pytest.raises(UsageError, match=message):
        spatial.padding("Mine", "full", 2, words)


def test_reach_and_padded_extents():
    window = Window((3, 2), (1, 1), ((1, 0), (0, 2)), (2, 1))
    assert window.reach == (5, 2)
    assert window.padded((4, 4)) == (5, 6)
    assert Window((3, 2), (1, 1), "valid", (1, 1)).padded((4, 1)) == (4, 1)
    assert Window((3, 2), (1, 1), "same", (1, 1)).padded((4, 1)) == (4, 2)


def test_a_dilated_window_says_so():
    message = (
        r"window of \(3, 3\), dilated to \(7, 7\), is larger than the padded input of \(5, 6\)"
    )
    with pytest.raises(ShapeError, match=message):
        nn.Conv2D(1, 3, dilation=3).build((5, 6, 1))


def test_padding_as_wide_as_a_pool():
    message = r"padding \(\(2, 0\),\) is not smaller than the window of \(2,\)"
    with pytest.raises(UsageError, match=message):
        nn.MaxPool1D(2, padding=(2, 0))
