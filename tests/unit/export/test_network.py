from types import SimpleNamespace

import numpy as np
import pytest

from constnet import nn
from constnet.errors import UsageError
from constnet.export.network import trace_network


def test_parameters_become_constants_of_their_names(model):
    network = trace_network(model, numerics="exact", batch=2)
    constants = {b.name: b for b in network.program.buffers if b.space == "constant"}
    weight = model.net.parameters()["layers.1.weight"].data
    np.testing.assert_array_equal(constants["layers.1.weight"].data, weight.reshape(-1))
    assert [(b.name, b.extent) for b in network.inputs] == [("x0", 4)]
    assert [b.extent for b in network.outputs] == [6]
    assert network.multiply_adds == 2 * (2 * 8 + 8 * 8 + 8 * 3)
    assert network.flash_bytes >= 4 * (16 + 8 + 64 + 8 + 24 + 3)


def test_batch_norm_costs_neither_memory_nor_work():
    """9 taps of 1 channel at 4 x 4 places for 2 filters; one weight and one bias of it are left."""
    net = nn.Sequential(nn.Conv2D(2, 3, use_bias=False), nn.BatchNorm())
    net.build((6, 6, 1))
    net.initialize(0)
    network = trace_network(SimpleNamespace(net=net), numerics="exact")
    constants = {b.name: b.extent for b in network.program.buffers if b.space == "constant"}
    assert constants == {"layers.0.weight.folded": 18, "layers.1.bias.folded": 2}
    assert network.multiply_adds == 16 * 9 * 2
    assert network.folded_layers == ("layers.1",)
    assert len(network.program.kernels) == 1


def test_kernels_are_named_after_layers(model):
    network = trace_network(model, numerics="exact")
    assert any(k.name.startswith("layers.1_") for k in network.program.kernels)


def test_digest_changes_with_a_weight():
    net = nn.Sequential(nn.Dense(2, 2))
    net.build((2,))
    net.initialize(0)
    given = SimpleNamespace(net=net)
    before = trace_network(given, numerics="exact").sha256
    assert before == trace_network(given, numerics="fma").sha256
    net.parameters()["layers.0.bias"].data[0] = 1
    assert before != trace_network(given, numerics="exact").sha256


def test_what_cannot_be_exported_is_refused(model):
    with pytest.raises(UsageError, match="is not built, so it cannot be exported"):
        trace_network(SimpleNamespace(net=nn.Sequential(nn.Dense(8))), numerics="exact")
    with pytest.raises(UsageError, match="batch=0 must be"):
        trace_network(model, numerics="exact", batch=0)
    with pytest.raises(UsageError, match="input_dtypes has 2 names; the network has 1 inputs"):
        trace_network(model, numerics="exact", input_dtypes=["uint8", "uint8"])
