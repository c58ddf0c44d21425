from constnet.ir.location import Location, at, here, layer_scope


def test_here_is_the_line_of_the_user():
    place = here()
    assert place.file == __file__
    assert place.line == here().line - 2


def test_layers_nest():
    with layer_scope("encoder"), layer_scope("layers.0") as path:
        assert path == "encoder.layers.0"
        assert here().layer == "encoder.layers.0"
    assert here().layer == ""


def test_at_fixes_the_place():
    place = Location("net.py", 7, "layers.1")
    with at(place):
        assert here() is place
    assert here().file == __file__


def test_printed_form():
    assert str(Location("net.py", 7, "layers.1")) == "net.py:7, layers.1"
    assert str(Location(layer="layers.1")) == "layers.1"
