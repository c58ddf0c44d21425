import xml.etree.ElementTree as ET

from constnet.drawing.markup import Markup, element, escape, join, number

HOSTILE = "<script>alert(1)</script>&\"'\x00\x1b\ud800\uffff]]>"


def test_what_a_user_named_comes_back_as_text():
    parsed = ET.fromstring(element("p", HOSTILE, title=HOSTILE))
    clean = "<script>alert(1)</script>&\"'\ufffd\ufffd\ufffd\ufffd]]>"
    assert parsed.text == clean
    assert parsed.get("title") == clean
    assert list(parsed) == []


def test_markup_is_escaped_once():
    assert element("b", element("i", "<")) == "<b><i>&lt;</i></b>"
    assert escape(Markup("<br>")) == "<br>"
    assert join([Markup("<a/>"), Markup("<b/>")]) == "<a/>\n<b/>"


def test_attributes():
    made = element("rect", class_="x", stroke_width=2, rx=None, x=1.005)
    assert made == '<rect class="x" stroke-width="2" x="1"></rect>'


def test_numbers_are_short():
    assert [number(x) for x in (0, -0.0, 1.5, -2.25, 100, 1e6, 0.004)] == [
        "0", "0", "1.5", "-2.25", "100", "1000000", "0",
    ]  # fmt: skip
