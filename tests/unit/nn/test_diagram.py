import pytest

from constnet import nn
from constnet.errors import UsageError
from constnet.nn.diagram import INPUT, Source, diagram


def wiring(found):
    """Each unit's name with the numbers of what it reads."""
    return [(unit.name, [source.unit for source in unit.sources]) for unit in found.units]


class Gate(nn.Layer):
    """x + f(x), then times g of that."""

    def __init__(self):
        self.f, self.g = nn.Dense(4), nn.Dense(4)

    def call(self, x):
        x = x + self.f(x)
        return x * self.g(x)


def test_a_chain():
    net = nn.Sequential(nn.Dense(8, activation="relu"), nn.Flatten(), nn.Dropout(0.5), nn.Dense(2))
    net.build((3, 4))
    found = diagram(net)
    assert wiring(found) == [("Dense", [INPUT]), ("Flatten", [0]), ("Dropout", [1]), ("Dense", [2])]
    assert [unit.kind for unit in found.units] == ["weights", "shape", "plain", "weights"]
    assert [unit.output_shapes for unit in found.units] == [((3, 8),), ((24,),), ((24,),), ((2,),)]
    assert [unit.parameters for unit in found.units] == [4 * 8 + 8, 0, 0, 24 * 2 + 2]
    assert [unit.path for unit in found.units] == [f"layers.{number}" for number in range(4)]
    assert found.units[0].arguments == "8, activation='relu'"
    assert found.input_shapes == ((3, 4),)
    assert found.outputs == (Source(3),)


def test_a_residual_has_its_sum():
    net = nn.Sequential(nn.Dense(4), nn.Residual(nn.Dense(4), nn.ReLU()))
    net.build(4)
    outer = diagram(net)
    assert wiring(outer) == [("Dense", [INPUT]), ("Residual", [0])]
    inside = outer.units[1].inside
    assert wiring(inside) == [("Dense", [INPUT]), ("ReLU", [0]), ("add", [INPUT, 1])]
    assert inside.units[2].kind == "join"
    assert outer.units[1].parameters == 20
    assert inside.units[0].path == "layers.1.layers.0"


def test_what_a_layer_of_ones_own_computes_between_its_layers():
    net = nn.Sequential(Gate(), nn.Dense(1))
    net.build(4)
    inside = diagram(net).units[0].inside
    assert wiring(inside) == [
        ("Dense", [INPUT]), ("add", [INPUT, 0]), ("Dense", [1]), ("mul", [1, 2]),
    ]  # fmt: skip
    assert inside.outputs == (Source(3),)


def test_branches_and_a_layer_used_twice():
    a, b = nn.Input(4), nn.Input(3)
    first, shared = nn.Dense(8)(a), nn.Dense(8)
    total = nn.Add()(nn.Identity()(first), nn.ReLU()(shared(first)), shared(nn.Dense(8)(b)))
    net = nn.Network((a, b), (nn.Dense(2)(total), total))
    found = diagram(net)
    assert wiring(found) == [
        ("Dense", [INPUT]), ("Identity", [0]), ("Dense", [0]), ("ReLU", [2]), ("Dense", [INPUT]),
        ("Dense", [4]), ("Add", [1, 3, 5]), ("Dense", [6]),
    ]  # fmt: skip
    assert found.units[4].sources == (Source(INPUT, 1),)
    assert [unit.is_repeat for unit in found.units] == [False] * 5 + [True, False, False]
    assert found.outputs == (Source(7), Source(6))
    counted = sum(unit.parameters for unit in found.units if not unit.is_repeat)
    assert counted == sum(one.size for one in net.parameters().values())


def test_a_network_inside_another():
    a = nn.Input(4)
    inner = nn.Network(a, nn.Concatenate()(nn.Dense(2)(a), nn.Dense(3)(a)))
    net = nn.Sequential(inner, nn.Dense(1))
    net.build(4)
    found = diagram(net)
    inside = found.units[0].inside
    assert wiring(inside) == [("Dense", [INPUT]), ("Dense", [INPUT]), ("Concatenate", [0, 1])]
    assert found.units[1].sources == (Source(0),)


def test_one_layer():
    layer = nn.Dense(2, 3)
    layer.build(2)
    (unit,) = diagram(layer).units
    assert (unit.name, unit.parameters, unit.sources) == ("Dense", 9, (Source(INPUT),))


def test_the_network_is_left_as_it_was():
    net = nn.Sequential(nn.BatchNorm(), nn.Dropout(0.5))
    net.build(3)
    net.initialize(1)
    before = {path: found.data.copy() for path, found in net.states().items()}
    diagram(net)
    assert all((net.states()[path].data == array).all() for path, array in before.items())


def test_unbuilt():
    with pytest.raises(UsageError, match="is not built, so its shapes are unknown"):
        diagram(nn.Sequential(nn.Dense(3)))
