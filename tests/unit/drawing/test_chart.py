import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from constnet.drawing.chart import Line, beside, histogram, line_chart, scatter
from constnet.drawing.text import width

SVG = "{http://www.w3.org/2000/svg}"


def parse(svg):
    return ET.fromstring(svg.inline())


def text_boxes(root):
    """Left, right and baseline of all plain text."""
    for node in root.iter(f"{SVG}text"):
        if node.get("transform") is None:
            x, y, size = (float(node.get(k)) for k in ("x", "y", "font-size"))
            wide = width(node.text, size, bold=node.get("font-weight") == "600")
            left = x - wide * {"start": 0, "middle": 0.5, "end": 1}[node.get("text-anchor")]
            yield left, left + wide, y - size * 0.8, y + size * 0.2, node.text


def assert_no_overlap(root):
    boxes = list(text_boxes(root))
    for i, (a_left, a_right, a_top, a_low, a) in enumerate(boxes):
        for b_left, b_right, b_top, b_low, b in boxes[i + 1 :]:
            apart = a_right <= b_left or b_right <= a_left or a_low <= b_top or b_low <= a_top
            assert apart, f"{a!r} runs into {b!r}"


def value_at(root, y):
    """A value from its pixel, by the marks of the axis."""
    marks = {
        float(node.get("y")) - 4: float(node.text.replace("\u2212", "-"))
        for node in root.iter(f"{SVG}text")
        if node.get("text-anchor") == "end"
    }
    ys = sorted(marks)
    return np.interp(y, ys, [marks[one] for one in ys])


def test_a_line_is_where_its_values_are():
    values = [0.5, 0.25, 0.75]
    root = parse(line_chart("loss", [Line("training", [0, 1, 2], values)], "epoch"))
    dots = list(root.iter(f"{SVG}circle"))
    assert [value_at(root, float(dot.get("cy"))) for dot in dots] == pytest.approx(values, abs=0.01)
    (path,) = [node.get("d") for node in root.iter(f"{SVG}path")]
    assert len(re.findall(r"[ML]", path)) == 3
    assert "epoch" in [node.text for node in root.iter(f"{SVG}text")]
    assert_no_overlap(root)


def test_missing_values_leave_gaps():
    values = [1.0, 2.0, None, float("nan"), 3.0, 4.0, None, 5.0]
    root = parse(line_chart("loss", [Line("a", range(8), values)], "epoch"))
    (path,) = [node.get("d") for node in root.iter(f"{SVG}path")]
    assert path.count("M") == 2  # the lone last value is a dot
    assert len(list(root.iter(f"{SVG}circle"))) == 5


def test_powers_of_ten_where_values_span_much():
    ys = [100.0, 1.0, 0.01]
    root = parse(line_chart("loss", [Line("a", range(3), ys)], "epoch"))
    assert {"100", "1", "0.01"} <= {node.text for node in root.iter(f"{SVG}text")}
    heights = [float(dot.get("cy")) for dot in root.iter(f"{SVG}circle")]
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1], abs=0.1)


def test_series_are_named_and_differ_beyond_color():
    lines = [Line("training", range(3), [1, 2, 3]), Line("x" * 99, range(3), [2, 3, 4])]
    root = parse(line_chart("a very long name of a metric, longer than the chart", lines, "epoch"))
    dashes = [node.get("stroke-dasharray") for node in root.iter(f"{SVG}path")]
    assert len(set(dashes)) == 2
    assert "training" in [node.text for node in root.iter(f"{SVG}text")]
    assert_no_overlap(root)


def test_one_epoch_and_constant_values():
    root = parse(line_chart("loss", [Line("a", [0], [2.0])], "epoch"))
    assert len(list(root.iter(f"{SVG}circle"))) == 1
    assert_no_overlap(root)


def test_bars_are_the_counts():
    values = np.random.default_rng(0).normal(size=500)
    counts, edges = np.histogram(values, 12)
    root = parse(histogram("weight", counts.tolist(), edges.tolist(), "value"))
    bars = list(root.iter(f"{SVG}rect"))
    assert len(bars) == np.count_nonzero(counts)
    told = [int(bar.find(f"{SVG}title").text.split(" from ")[0]) for bar in bars]
    assert told == [count for count in counts.tolist() if count]
    heights = np.array([float(bar.get("height")) for bar in bars])
    assert heights / heights.max() == pytest.approx(np.array(told) / max(told), abs=0.01)
    assert_no_overlap(root)


def test_points_and_the_line_of_equals():
    root = parse(scatter("price", [0, 50, 100], [10, 50, 90], ("true", "predicted")))
    dots = list(root.iter(f"{SVG}circle"))
    ys = [value_at(root, float(dot.get("cy"))) for dot in dots]
    assert ys == pytest.approx([10, 50, 90], abs=1)


def test_side_by_side():
    one = histogram("weight", [1, 2], [0.0, 1.0, 2.0], "value")
    both = beside([one] * 3, 2, "three")
    assert both.width == 2 * one.width + 16
    assert both.height == 2 * one.height + 16
    places = [node.get("transform") for node in ET.fromstring(both.inline()).findall(f"{SVG}g")]
    assert places == ["translate(0 0)", "translate(376 0)", "translate(0 246)"]
