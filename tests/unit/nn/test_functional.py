import json

import numpy as np
import pytest

from constnet import nn
from constnet.errors import DTypeError, FormatError, ShapeError, UsageError

RNG = np.random.default_rng(0)


def branches():
    a, b = nn.Input(4), nn.Input(3)
    shared = nn.Dense(5, activation="tanh")
    left, right = shared(a), shared(nn.Dense(4)(b))
    joined = nn.Concatenate()(left, right)
    return nn.Network(inputs=(a, b), outputs=(nn.Dense(1)(joined), nn.Add()(left, right)))


def test_values_of_a_branched_network():
    net = branches()
    a, b = RNG.normal(size=(2, 4)), RNG.normal(size=(2, 3))
    net.forward(a, b)
    p = {path: np.asarray(found) for path, found in net.parameters().items()}
    right = np.tanh((b @ p["layers.1.weight"]) @ p["layers.0.weight"])
    left = np.tanh(a @ p["layers.0.weight"])
    first, second = net.last_outputs
    expected = np.concatenate([left, right], 1) @ p["layers.3.weight"]
    np.testing.assert_allclose(first, expected, rtol=1e-10)
    np.testing.assert_allclose(second, left + right, rtol=1e-10)


def test_shapes_and_paths():
    net = branches()
    assert (net.input_shapes, net.output_shapes) == (((4,), (3,)), ((1,), (5,)))
    assert [path for path in net.parameters() if path.endswith("weight")] == [
        "layers.0.weight",
        "layers.1.weight",
        "layers.3.weight",
    ]


def test_gradients_agree_with_differences(difference_agrees):
    a = nn.Input(3)
    hidden = nn.Dense(3, activation="tanh")(a)
    net = nn.Network(inputs=a, outputs=nn.Dense(2)(nn.Add()(a, hidden)))
    difference_agrees(net, RNG.normal(size=(2, 3)))


def test_networks_nest():
    a = nn.Input(3)
    inner = nn.Network(inputs=a, outputs=nn.Dense(2)(a))
    b = nn.Input(3)
    outer = nn.Network(inputs=b, outputs=nn.Dense(1)(inner(b)))
    assert next(iter(outer.parameters())) == "layers.0.layers.0.weight"
    assert outer.forward(np.ones((1, 3))).shape == (1, 1)


def test_it_reads_back_with_shared_layers():
    config = branches().config()
    again = nn.from_config(json.loads(json.dumps(config)))
    assert again.config() == config
    assert list(again.parameters()) == list(branches().parameters())


def test_a_wrong_shape_is_an_error_at_its_line():
    x = nn.Dense(8)(nn.Input(4))
    match = r"Dense\(5, 2\) receives \(batch, 8\) from Dense\(8\); its input size is 5"
    with pytest.raises(ShapeError, match=match):
        nn.Dense(5, 2)(x)


def test_wrong_networks():
    a, b = nn.Input(4), nn.Input(4)
    y = nn.Add()(a, b)
    with pytest.raises(UsageError, match=r"depends on \(batch, 4\) from nn\.Input, which is not"):
        nn.Network(inputs=a, outputs=y)
    with pytest.raises(UsageError, match=r"inputs\[0\] is \(batch, 4\) from Add\(\); expected"):
        nn.Network(inputs=y, outputs=y)
    with pytest.raises(UsageError, match=r"inputs\[1\] .* distinct"):
        nn.Network(inputs=(a, a), outputs=nn.ReLU()(a))
    with pytest.raises(UsageError, match="outputs is "):
        nn.Network(inputs=a, outputs=())
    net = nn.Network(inputs=(a, b), outputs=y)
    match = r"its inputs are \(batch, 4\) and \(batch, 4\)"
    with pytest.raises(ShapeError, match=match):
        net.forward(np.ones((1, 4)), np.ones((1, 3)))
    with pytest.raises(DTypeError, match="float16"):
        nn.Input(3, dtype="float16")


def test_a_long_chain_needs_no_recursion():
    x = first = nn.Input(1)
    for _ in range(1500):
        x = nn.Identity()(x)
    assert len(nn.Network(inputs=first, outputs=x).steps) == 1500


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": [[9, [[0, 0]]]]}, r"has the step \[9"),
        ({"steps": [[0, []]]}, "has the step"),
        ({"steps": [[0, [[0, 1]]]]}, r"refers to \[0, 1\]; there are 2 values"),
        ({"outputs": [[99, 0]]}, r"refers to \[99, 0\]"),
        ({"outputs": [[True, 0]]}, "refers to"),
        ({"input_dtypes": []}, "2 input shapes and 0 input dtypes"),
        ({"extra": []}, "has the fields"),
        ({"layers": "no"}, "has the fields"),
    ],
)
def test_tampered_configurations(change, message):
    config = branches().config()
    config["arguments"] |= change
    with pytest.raises(FormatError, match=message):
        nn.from_config(config)
