import numpy as np
import pytest

from constnet import nn, ops
from constnet.errors import ShapeError, UsageError
from constnet.ir.graph import GraphBuilder
from constnet.ops.tensor import Trace, tracing


class Scale(nn.Layer):
    def build(self, shape):
        self.weight = self.parameter("weight", shape, "ones")

    def call(self, x):
        return x * self.weight


class Block(nn.Layer):
    def __init__(self, units):  # no super().__init__(): it is not needed
        self.first = nn.Dense(units, activation="tanh")
        self.rest = [nn.Dense(units), Scale()]
        self.named = {"last": nn.Dense(2)}

    def call(self, x):
        y = self.first(x)
        for layer in self.rest:
            y = layer(y)
        return self.named["last"](y) + ops.sum(x, axis=1, keepdims=True)


def test_a_custom_layer_builds_its_sublayers():
    block = Block(3)
    block.build(4)
    assert block.is_built
    assert {path: found.shape for path, found in block.parameters().items()} == {
        "first.weight": (4, 3),
        "first.bias": (3,),
        "rest.0.weight": (3, 3),
        "rest.0.bias": (3,),
        "rest.1.weight": (3,),
        "named.last.weight": (3, 2),
        "named.last.bias": (2,),
    }
    assert block.output_shapes == ((2,),)


def test_gradients_of_a_custom_layer(difference_agrees):
    difference_agrees(Block(3), np.random.default_rng(0).normal(size=(2, 4)))


def test_a_subclass_may_extend_build():
    class Wider(nn.Dense):
        def build(self, input_shape):
            super().build(input_shape)
            self.gain = self.parameter("gain", (self.units,), "ones")

        def call(self, x):
            return super().call(x) * self.gain

    layer = Wider(2, 3)
    layer.build(2)
    assert list(layer.parameters()) == ["weight", "bias", "gain"]
    assert layer.forward(np.ones((1, 2))).shape == (1, 3)


def test_building_twice_keeps_the_parameters():
    net = Block(3)
    net.build(4)
    before = net.parameters()
    net.build(4)
    assert all(net.parameters()[path] is found for path, found in before.items())


def test_initial_values_are_a_function_of_seed_and_path():
    first, second = Block(3), Block(3)
    for net in (first, second):
        net.build(4)
        net.initialize(5, "float64")
    for a, b in zip(first.parameters().values(), second.parameters().values(), strict=True):
        np.testing.assert_array_equal(a.data, b.data)
    second.initialize(6)
    assert second.first.weight.data.dtype == np.float32
    assert not np.allclose(first.first.weight, second.first.weight)


def test_trainable_reaches_sublayers_before_and_after_building():
    net = Block(3)
    net.rest[0].trainable = False
    net.build(4)
    net.first.trainable = False
    frozen = {path for path, found in net.parameters().items() if not found.trainable}
    assert frozen == {"first.weight", "first.bias", "rest.0.weight", "rest.0.bias"}
    net.trainable = True
    assert all(found.trainable for found in net.parameters().values())


def test_a_shared_layer_has_one_set_of_parameters(difference_agrees):
    shared = nn.Dense(3, activation="tanh")
    net = nn.Sequential(shared, shared, nn.Dense(1))
    net.build(3)
    assert list(net.parameters()) == [
        "layers.0.weight",
        "layers.0.bias",
        "layers.2.weight",
        "layers.2.bias",
    ]
    difference_agrees(net, np.random.default_rng(0).normal(size=(2, 3)))


def test_a_penalty_counts_once_in_a_trace():
    shared = nn.Dense(3, 3, kernel_regularizer="l2")
    trace = Trace(GraphBuilder("t"), extras={"bind_missing": True})
    with tracing(trace):
        x = ops.zeros((2, 3))
        shared(shared(x))
    assert len(trace.extras["penalties"]) == 1


def test_a_layer_made_in_call_is_explained():
    class Wrong(nn.Layer):
        def call(self, x):
            return nn.Dense(2)(x)

    with pytest.raises(
        UsageError, match=r"'weight'.* not part of the network.*made in\s+`__init__`"
    ):
        Wrong().forward(np.ones((1, 2)))


def test_call_must_return_tensors_and_keep_the_batch():
    class Nothing(nn.Layer):
        def call(self, _):
            return None

    class Mixing(nn.Layer):
        def call(self, x):
            return ops.sum(x, axis=0)

    class Empty(nn.Layer):
        pass

    with pytest.raises(UsageError, match=r"`call` of Nothing\(\) returned NoneType"):
        Nothing().build(2)
    with pytest.raises(ShapeError, match=r"Mixing\(\) turns a batch of 3 into float32\[2\]"):
        Mixing().build(2)
    with pytest.raises(UsageError, match=r"Empty\(\) has no `call`"):
        Empty().build(2)


def test_what_is_unknown_before_building_says_so():
    layer = nn.Dense(3)
    for name in ("weight", "weight_grad"):
        with pytest.raises(AttributeError, match=f"no attribute '{name}'; it is not built yet"):
            getattr(layer, name)
    with pytest.raises(UsageError, match=r"Dense\(3\) is not built"):
        _ = layer.output_shapes
    with pytest.raises(UsageError, match=r"Dense\(3\) is not built.*Call `build\(shape\)` first"):
        layer.initialize()
    with pytest.raises(UsageError, match="`build` was given no shape"):
        layer.build()


def test_wrong_uses():
    layer = nn.Dense(3)
    with pytest.raises(UsageError, match=r"called on a ndarray; .*layer\.forward"):
        layer(np.ones((1, 2)))
    layer.build(2)
    with pytest.raises(UsageError, match=r"ReLU\(3\): ReLU takes no arguments"):
        nn.ReLU(3)
    with pytest.raises(UsageError, match="dtype is float16"):
        layer.initialize(0, "float16")
    with pytest.raises(
        UsageError, match=r"weight is a parameter and was assigned a ndarray.*\.data"
    ):
        layer.weight = np.ones((2, 3))
    with pytest.raises(ShapeError, match="elements; at most"):
        nn.Dense(2**20, 2**20).build(2**20)


def test_several_outputs_come_from_apply():
    class Two(nn.Layer):
        def call(self, x):
            return x, x * 2.0

    a = nn.Input(3)
    assert [symbol.shape for symbol in Two().apply(a)] == [(3,), (3,)]
    with pytest.raises(UsageError, match=r"Two\(\) has 2 outputs\. Call `layer\.apply"):
        Two()(a)


def test_is_training():
    for training in (False, True):
        with tracing(Trace(GraphBuilder("t"), training=training)):
            assert nn.is_training() is training


def test_repr_is_what_was_written():
    assert repr(nn.Dense(3, activation="relu")) == "Dense(3, activation='relu')"
    assert repr(Block(3)) == "Block(3)"


def test_config_of_a_custom_layer():
    made = nn.from_config(Block(3).config(), {"Block": Block})
    assert isinstance(made, Block)
    assert made.first.units == 3
