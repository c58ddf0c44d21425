import pytest

from constnet import nn
from constnet.errors import UsageError


def test_rows():
    frozen = nn.Dense(4, activation="relu")
    frozen.trainable = False
    net = nn.Sequential(
        frozen, nn.Sequential(nn.BatchNorm(), nn.ReLU()), nn.Dense(2), frozen.activation
    )
    net.build(3)
    assert [
        (row.path, row.layer, row.output_shapes, row.parameters, row.trainable, row.states)
        for row in nn.summary(net)
    ] == [
        ("layers.0", "Dense", ((4,),), 16, 0, 0),
        ("layers.1.layers.0", "BatchNorm", ((4,),), 8, 8, 8),
        ("layers.1.layers.1", "ReLU", ((4,),), 0, 0, 0),
        ("layers.2", "Dense", ((2,),), 10, 10, 0),
    ]


def test_a_single_layer():
    layer = nn.Dense(2, 3)
    layer.build(2)
    (row,) = nn.summary(layer)
    assert (row.path, row.description, row.parameters) == ("", "Dense(2, 3)", 9)


def test_unbuilt():
    with pytest.raises(UsageError, match="is not built"):
        nn.summary(nn.Dense(2))
