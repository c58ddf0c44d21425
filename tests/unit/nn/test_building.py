import numpy as np
import pytest

from constnet import nn, ops
from constnet.dtypes import float64, int32
from constnet.errors import ShapeError
from constnet.ir.graph import GraphBuilder
from constnet.nn import building
from constnet.ops.tensor import Trace, tracing


def test_probe_gives_types_and_builds():
    layer = nn.Dense(3)
    (found,) = building.probe(layer, [((5,), float64)])
    assert str(found) == f"float64[{building.PROBE_BATCH}, 3]"
    assert layer.parameters()["weight"].shape == (5, 3)
    (found,) = building.probe(nn.OneHot(4), [((), int32)])
    assert str(found) == f"float32[{building.PROBE_BATCH}, 4]"


def test_a_failed_build_leaves_the_layer_unbuilt():
    net = nn.Sequential(nn.Dense(4), nn.Dense(5, 1))
    with pytest.raises(ShapeError, match=r"at layers\.1 receives \(batch, 4\)"):
        net.build(3)
    assert not net.is_built


def test_uses_are_noted_with_their_streams():
    net = nn.Sequential(nn.Dropout(0.5), nn.Dropout(0.5))
    trace = Trace(GraphBuilder("t"), training=True, extras={"uses": []})
    with tracing(trace):
        trace.extras["seed"] = ops.constant(np.zeros(2, np.uint32))
        trace.extras["step"] = ops.constant(np.zeros((), np.uint32))
        net(ops.zeros((2, 3)))
    uses = trace.extras["uses"]
    assert [(use.layer, use.stream) for use in uses] == [
        (net.layers[0], building.FIRST_STREAM),
        (net.layers[1], building.FIRST_STREAM + 1),
        (net, building.FIRST_STREAM),
    ]


def test_nodes_carry_the_path_of_their_layer():
    net = nn.Sequential(nn.Dense(2), nn.Sequential(nn.ReLU()))
    trace = Trace(GraphBuilder("t"), extras={"bind_missing": True})
    with tracing(trace):
        net(ops.zeros((2, 3)))
    paths = {node.location.layer for node in trace.builder.nodes}
    assert {"layers.0", "layers.1.layers.0"} <= paths


def test_compute_dtype():
    assert str(building.compute_dtype(np.zeros(1, np.uint8), np.zeros(1))) == "float64"
    assert str(building.compute_dtype(np.zeros(1, np.int32))) == "float32"
