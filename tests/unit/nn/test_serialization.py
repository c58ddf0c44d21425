import pytest

from constnet import nn
from constnet.errors import FormatError


class Twice(nn.Layer):
    def __init__(self, units):
        self.inner = nn.Dense(units)

    def call(self, x):
        return self.inner(self.inner(x))


def test_custom_layers_are_named_by_the_reader():
    config = nn.Sequential(Twice(3)).config()
    with pytest.raises(
        FormatError, match=r"layers.*class 'Twice', which is unknown.*custom_layers"
    ):
        nn.from_config(config)
    made = nn.from_config(config, {"Twice": Twice})
    assert made.layers[0].inner.units == 3


def test_only_layers_are_read():
    with pytest.raises(FormatError, match=r"describes Zeros\(\); expected a layer"):
        nn.from_config(nn.initializers.Zeros().config())
