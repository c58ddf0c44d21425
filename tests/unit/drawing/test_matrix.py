import xml.etree.ElementTree as ET

import numpy as np
import pytest

from constnet.drawing.matrix import confusion

SVG = "{http://www.w3.org/2000/svg}"
COUNTS = np.array([[40, 3, 0], [2, 5, 0], [0, 0, 0]])


def cells(root):
    return list(root.iter(f"{SVG}rect"))


def test_every_cell_tells_its_count():
    root = ET.fromstring(confusion(COUNTS, ["no", "<yes>", "maybe"]).inline())
    told = [cell.find(f"{SVG}title").text for cell in cells(root)]
    assert told[0] == "no taken for no: 40 of 43"
    assert told[3] == "<yes> taken for no: 2 of 7"
    assert [int(text.split(": ")[1].split(" of ")[0]) for text in told] == COUNTS.ravel().tolist()
    assert root.find(f"{SVG}title").text == "Confusion matrix: 45 of 50 right"
    written = [node.text for node in root.iter(f"{SVG}text") if node.text.isdigit()]
    assert written == [str(count) for count in COUNTS.ravel()]


def test_right_is_blue_and_wrong_is_brown():
    root = ET.fromstring(confusion(COUNTS, ["a", "b", "c"]).inline())
    fills = [cell.get("fill") for cell in cells(root)]
    blue, brown = ([int(fill[i : i + 2], 16) for i in (1, 3, 5)] for fill in (fills[0], fills[1]))
    assert blue[2] > blue[0]
    assert brown[0] > brown[2]
    assert fills[2] is None  # an empty cell has the color of the surface


@pytest.mark.parametrize("size", [1, 2, 10, 26, 60, 200])
def test_any_number_of_classes(size):
    counts = np.full((size, size), 123_456)
    drawing = confusion(counts, [f"class {number}" for number in range(size)])
    root = ET.fromstring(drawing.inline())
    assert len(cells(root)) == size * size
    last = cells(root)[-1]
    assert float(last.get("x")) + float(last.get("width")) <= drawing.width
