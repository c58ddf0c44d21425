import xml.etree.ElementTree as ET

from constnet.drawing.markup import element
from constnet.drawing.svg import Svg, label, style

SVG = "{http://www.w3.org/2000/svg}"
DRAWING = Svg(40, 20, element("g", label(1, 2, "a<b", bold=True)), "A & B")


def test_a_file_of_its_own(tmp_path):
    root = ET.fromstring(DRAWING.text())
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox") == "-12 -12 64 44"
    assert root.find(f"{SVG}title").text == "A & B"
    assert root.find(f".//{SVG}text").text == "a<b"
    assert root.find(f"{SVG}style").text == style()
    DRAWING.save(tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text("utf-8") == DRAWING.text() + "\n"
    assert DRAWING._repr_svg_() == DRAWING.text()


def test_in_a_page_it_brings_no_style():
    root = ET.fromstring(DRAWING.inline())
    assert root.get("viewBox") == "0 0 40 20"
    assert root.find(f"{SVG}style") is None


def test_every_color_has_a_dark_twin():
    light, _, dark = style().partition("@media (prefers-color-scheme: dark)")
    names = {line.split("{")[0] for line in dark.splitlines() if line.startswith(".cn ")}
    assert names
    assert all(f"{name}{{" in light for name in names)
