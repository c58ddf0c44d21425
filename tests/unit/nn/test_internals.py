from constnet import nn
from constnet.nn.internals import Internals


def test_two_layers_share_nothing():
    first, second = nn.Dense(2), nn.Dense(2)
    first.build(3)
    assert isinstance(first.internals, Internals)
    assert list(first.internals.parameters) == ["weight", "bias"]
    assert second.internals == Internals()
