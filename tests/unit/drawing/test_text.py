import pytest

from constnet.drawing.text import fit, width

# Advance widths of DejaVu Sans and DejaVu Sans Bold in thousandths of an em, from the fonts' files.
DEJAVU = {
    " ": 318, "!": 401, "%": 950, "(": 390, ",": 318, "-": 361, ".": 318, "/": 337, "0": 636,
    "=": 838, "@": 1000, "A": 684, "I": 295, "M": 863, "W": 989, "_": 500, "a": 613, "f": 352,
    "i": 278, "m": 974, "r": 411, "t": 392, "w": 818, "{": 636, "~": 838, "\u00d7": 838,
}  # fmt: skip
DEJAVU_BOLD = {"0": 696, "A": 774, "M": 995, "W": 1103, "a": 675, "f": 435, "i": 343, "m": 1042,
               "r": 493, "t": 478, "w": 924}  # fmt: skip


@pytest.mark.parametrize("char", DEJAVU)
def test_widths_are_upper_bounds(char):
    assert width(char, 1000) >= DEJAVU[char]


@pytest.mark.parametrize("char", DEJAVU_BOLD)
def test_bold_widths_are_upper_bounds(char):
    assert width(char, 1000, bold=True) >= DEJAVU_BOLD[char]


def test_other_scripts():
    assert width("\u6f22", 10) > width("\u00e4", 10) > width("a", 10)
    assert width("e\u0301", 10) == width("e", 10)


def test_text_is_cut_to_its_room():
    text = "Conv2D(filters=128, kernel_size=3)"
    cut = fit(text, 100, 11)
    assert cut.endswith("\u2026")
    assert text.startswith(cut[:-1])
    assert width(cut, 11) <= 100
    assert fit(text, 1000, 11) == text
    assert fit(text, 3, 11) == ""
