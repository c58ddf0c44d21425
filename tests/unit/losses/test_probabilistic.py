import numpy as np
import pytest

from constnet import autodiff, dtypes, losses
from constnet.errors import DataError, ShapeError, UsageError
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.tensor import Trace, tracing

NAMES = (
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "KLDivergence",
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradient_are_those_of_pytorch(entry, dtype, agrees):
    agrees(entry, dtype)


def traced_operations(loss, true_type, pred_type):
    trace = Trace(GraphBuilder("count"), dtype=dtypes.float32)
    with tracing(trace):
        y_true, y_pred = trace.input("y", true_type), trace.input("p", pred_type)
        value = loss(y_true, y_pred)
        (gradient,) = autodiff.gradients(value, [y_pred])
    graph = trace.builder.build([value.value, gradient.value])
    return [node.op for node in graph.nodes]


def test_cross_entropy_takes_one_exponential_forward_and_backward():
    labels = TensorType((8,), dtypes.int32)
    scores = TensorType((8, 10), dtypes.float32)
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    operations = traced_operations(loss, labels, scores)
    assert operations.count("exp") == 1
    assert operations.count("log") == 1
    assert "scatter_add" not in operations
    dense = traced_operations(losses.CategoricalCrossentropy(from_logits=True), scores, scores)
    assert dense.count("exp") == 1


def test_gradient_at_logit_0_is_that_of_sigmoid():
    loss = losses.BinaryCrossentropy(from_logits=True)
    loss.forward([1, 0], [0.0, 0.0])
    np.testing.assert_array_equal(loss.backward(), [-0.25, 0.25])


def test_impossible_class_costs_nothing():
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    value = loss.forward([0], [[0.0, -np.inf, 0.0]])
    np.testing.assert_allclose(value, np.log(2), rtol=1e-6)
    np.testing.assert_allclose(loss.backward(), [[-0.5, 0.0, 0.5]], rtol=1e-6)


def test_labels_out_of_range_name_the_row():
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    with pytest.raises(DataError, match=r"row 1 is 3; targets lie in 0 to 2"):
        loss.forward([0, 3], np.zeros((2, 3)))
    with pytest.raises(DataError, match=r"row 0 is not a whole number: 0\.5"):
        loss.check(np.array([0.5]), (3,))
    with pytest.raises(DataError, match=r"row 0, position \(1,\) is -1.0; targets lie in 0 to 1"):
        losses.BinaryCrossentropy().forward([[0.0, -1.0]], [[0.5, 0.5]])
    loss.check(np.zeros(0, np.int32), (3,))


def test_labels_of_another_shape():
    with pytest.raises(ShapeError, match=r"labels are int32\[2, 3\].*one-hot"):
        losses.SparseCategoricalCrossentropy().forward(np.zeros((2, 3), int), np.ones((2, 3)))


def test_targets_of_another_shape():
    with pytest.raises(ShapeError, match=r"float32\[2, 3\].*float32\[2, 4\]"):
        losses.KLDivergence().forward(np.zeros((2, 3), "f4"), np.zeros((2, 4), "f4"))


def test_class_weights_are_one_a_class():
    loss = losses.SparseCategoricalCrossentropy(class_weight=(1.0, 2.0))
    with pytest.raises(ShapeError, match="class_weight has 2 numbers, the network tells 3"):
        loss.forward([0], [[0.2, 0.3, 0.5]])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"label_smoothing": 1.0}, "at least 0 and below 1"),
        ({"class_weight": (-1, 1)}, "a tuple of finite numbers of at least 0"),
        ({"class_weight": {0: 1.0, 1: 2.0}}, "class_weight must be a tuple"),
        ({"from_logits": "yes"}, "from_logits must be True or False"),
    ],
)
def test_settings_out_of_range(settings, message):
    with pytest.raises(UsageError, match=message):
        losses.BinaryCrossentropy(**settings)
