import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError


def test_layers_apply_in_order():
    net = nn.Sequential(nn.Rescaling(2.0), nn.Rescaling(1.0, offset=1.0))
    np.testing.assert_array_equal(net.forward([[3.0]]), [[7.0]])


def test_it_is_a_sequence():
    layers = nn.Dense(2, 3), nn.ReLU()
    net = nn.Sequential(*layers)
    assert (len(net), net[1], tuple(net)) == (2, layers[1], layers)


def test_nested_paths():
    net = nn.Sequential(nn.Sequential(nn.Dense(2), nn.ReLU()), nn.Dense(1))
    net.build(3)
    assert list(net.parameters())[::2] == ["layers.0.layers.0.weight", "layers.1.weight"]
    wrong = nn.Sequential(nn.Sequential(nn.Dense(2), nn.ReLU()), nn.Sequential(nn.Dense(5, 1)))
    match = r"at layers\.1\.layers\.0 receives \(batch, 2\) from ReLU\(\) at layers\.0\.layers\.1"
    with pytest.raises(ShapeError, match=match):
        wrong.build(3)


def test_chains_grow_instead_of_nesting():
    a, b, c = nn.Dense(2), nn.ReLU(), nn.Dense(1)
    assert (a >> b >> c).layers == (a, b, c)
    assert (a >> (b >> c)).layers == (a, b, c)
    inner = nn.Sequential(a, b)
    assert (inner >> c).layers == (inner, c)


def test_refused_members():
    with pytest.raises(UsageError, match=r"Sequential\(\) has no layers"):
        nn.Sequential()
    with pytest.raises(UsageError, match=r"layers\.1 is ReLU; expected a layer such as"):
        nn.Sequential(nn.Dense(2), nn.ReLU)
    with pytest.raises(TypeError, match="unsupported operand"):
        nn.Dense(2) >> 8
