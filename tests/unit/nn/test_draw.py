"""Drawings are parsed, and their boxes and texts measured: nothing may run into anything."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

from constnet import nn
from constnet.drawing.text import width
from constnet.errors import UsageError
from constnet.nn.draw import draw

SVG = "{http://www.w3.org/2000/svg}"
MOVE = re.compile(r"translate\(([-\d.]+) ([-\d.]+)\)")


def unet():
    """Two levels down and up with skips: a branching network."""
    image = nn.Input((16, 16, 3))
    first = nn.Conv2D(8, 3, padding="same", activation="relu")(image)
    second = nn.Conv2D(16, 3, padding="same")(nn.MaxPool2D(2)(first))
    deep = nn.Conv2D(16, 3, padding="same")(nn.MaxPool2D(2)(second))
    up = nn.Concatenate()(nn.Upsample2D(2)(deep), second)
    top = nn.Concatenate()(nn.Upsample2D(2)(nn.Conv2D(8, 3, padding="same")(up)), first)
    return nn.Network(image, nn.Conv2D(1, 1)(top))


def deep(count):
    blocks = [nn.Residual(nn.BatchNorm(), nn.Dense(32), nn.ReLU()) for _ in range(count)]
    return nn.Sequential(nn.Dense(32), *blocks, nn.Sequential(nn.Sequential(nn.Dense(10))))


NETS = {
    "three": (lambda: nn.Sequential(nn.Dense(8), nn.ReLU(), nn.Dense(1)), 4),
    "sixty": (lambda: deep(14), 16),
    "unet": (unet, None),
    "one": (lambda: nn.Dense(3), 2),
    "large": (lambda: nn.Sequential(*(nn.Dense(30_000) for _ in range(2))), 30_000),
}


@pytest.fixture(params=NETS, ids=str)
def net(request):
    make, shape = NETS[request.param]
    made = make()
    if shape is not None:
        made.build(shape)
    return made


def placed(node, x=0.0, y=0.0):
    """Every element with the corner of its coordinates."""
    move = MOVE.match(node.get("transform", ""))
    if move:
        x, y = x + float(move[1]), y + float(move[2])
    yield node, x, y
    for child in node:
        yield from placed(child, x, y)


def boxes(root):
    """Filled boxes; frames, which hold boxes, are drawn as lines."""
    for node, x, y in placed(root):
        if node.tag == f"{SVG}rect" and float(node.get("height")) > 12:
            left, top = x + float(node.get("x")), y + float(node.get("y"))
            is_frame = "cn-stroke" in node.get("class")
            size = float(node.get("width")), float(node.get("height"))
            yield is_frame, (left, left + size[0], top, top + size[1])


def texts(root):
    for node, x, y in placed(root):
        if node.tag == f"{SVG}text" and node.text:
            size, anchor = float(node.get("font-size")), node.get("text-anchor")
            wide = width(node.text, size, bold=node.get("font-weight") == "600")
            left = x + float(node.get("x")) - wide * {"start": 0, "middle": 0.5, "end": 1}[anchor]
            base = y + float(node.get("y"))
            yield node.text, (left, left + wide, base - 0.8 * size, base + 0.2 * size)


def overlap(a, b):
    return min(a[1], b[1]) - max(a[0], b[0]) > 0.1 and min(a[3], b[3]) - max(a[2], b[2]) > 0.1


def test_boxes_and_texts_are_apart(net):
    drawing = draw(net)
    root = ET.fromstring(drawing.inline())
    plain = [box for is_frame, box in boxes(root) if not is_frame]
    assert not [pair for pair in combinations(plain, 2) if overlap(*pair)]
    written = list(texts(root))
    assert not [(a[0], b[0]) for a, b in combinations(written, 2) if overlap(a[1], b[1])]
    for _, (left, right, top, low) in written:
        assert left >= 0
        assert right <= drawing.width
        assert top >= 0
        assert low <= drawing.height


def test_frames_hold_whole_boxes(net):
    found = list(boxes(ET.fromstring(draw(net).inline())))
    for is_frame, frame in found:
        if is_frame:
            for _, box in found:
                inside = all(
                    (box[0] >= frame[0], box[1] <= frame[1], box[2] >= frame[2], box[3] <= frame[3])
                )
                around = all(
                    (frame[0] >= box[0], frame[1] <= box[1], frame[2] >= box[2], frame[3] <= box[3])
                )
                assert inside or around or not overlap(frame, box)


def test_texts_of_a_box_stay_inside(net):
    root = ET.fromstring(draw(net).inline())
    plain = [box for is_frame, box in boxes(root) if not is_frame]
    for _, (left, right, top, low) in texts(root):
        inside = [b for b in plain if b[2] <= top and low <= b[3] and b[0] < right and left < b[1]]
        assert all(box[0] <= left and right <= box[1] for box in inside)


def test_shapes_and_counts_are_written():
    net = nn.Sequential(nn.Conv2D(4, 3), nn.Flatten(), nn.Dense(5))
    net.build((10, 10, 2))
    written = [text for text, _ in texts(ET.fromstring(draw(net).inline()))]
    assert "8\u00d78\u00d74" in written
    assert f"{3 * 3 * 2 * 4 + 4}" in written
    assert f"{8 * 8 * 4 * 5 + 5:,}" in written
    assert "input \u00b7 10\u00d710\u00d72" in written
    assert {"has parameters", "changes the shape"} <= set(written)


def test_every_layer_is_told_in_full():
    net = unet()
    titles = [node.text for node in ET.fromstring(draw(net).inline()).iter(f"{SVG}title")]
    for number, layer in enumerate(net.layers):
        assert f"layers.{number}: {layer!r}" in titles


def test_hostile_names():
    evil = type("<b onload='x'>&", (nn.Dense,), {})
    net = nn.Sequential(evil(3), nn.ReLU())
    net.build(2)
    text = draw(net).text()
    ET.fromstring(text)
    assert "<b" not in text


def test_a_notebook_and_a_file(tmp_path):
    net = nn.Sequential(nn.Dense(2, 8), nn.ReLU())
    net.build(2)
    drawing = draw(net)
    drawing.save(tmp_path / "net.svg")
    assert (tmp_path / "net.svg").read_text("utf-8").strip() == drawing._repr_svg_()
    assert drawing.title == "Network of 2 layers, 24 parameters"


def test_unbuilt():
    with pytest.raises(UsageError, match="is not built"):
        draw(nn.Dense(2))
