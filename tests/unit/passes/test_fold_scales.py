import numpy as np
import pytest

from constnet import dtypes, ops
from constnet.interpreter import run
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ir.verify import verify
from constnet.ops.tensor import Trace, tracing
from constnet.passes.fold_scales import fold_scales

SHAPES = {"weight": (3, 3, 2, 4), "scale": (4,), "shift": (4,), "bias": (4,), "matrix": (2, 4)}


def folded(function, x_shape=(2, 5, 5, 2)):
    """Operations before and after, and the outputs of both on the same values in float64."""
    trace = Trace(GraphBuilder("predict"), dtype=dtypes.float64)
    with tracing(trace):
        x = trace.input("x0", TensorType(x_shape, dtypes.float64))
        given = {
            name: trace.input(name, TensorType(shape, dtypes.float64))
            for name, shape in SHAPES.items()
        }
        result = function(x, **given)
    outputs = result if isinstance(result, tuple) else (result,)
    graph = trace.builder.build(tensor.value for tensor in outputs)
    new, layers = fold_scales(graph, SHAPES)
    verify(new)
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=value.type.shape) for value in graph.inputs]
    for found, expected in zip(run(new, arrays), run(graph, arrays), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    assert (new is graph) == (not layers)
    return graph, new


def count(graph, op, size=None):
    """Nodes of an operation; with at least so many elements."""
    return sum(
        node.op == op and (size is None or node.outputs[0].type.size >= size)
        for node in graph.nodes
    )


LARGE = 2 * 3 * 3 * 4  # elements of the convolution's output


def test_a_factor_goes_into_the_weight_of_a_convolution():
    graph, new = folded(lambda x, weight, scale, **_: ops.convolution(x, weight) * scale)
    assert count(graph, "mul", LARGE) == 1
    assert [node.op for node in new.nodes] == ["broadcast_to", "mul", "convolution"]


def test_batch_norm_after_a_bias_leaves_one_sum():
    def function(x, weight, scale, shift, bias, **_):
        return ops.relu((ops.convolution(x, weight) + bias) * scale + shift)

    _, new = folded(function)
    large = [n.op for n in new.nodes if n.outputs[0].type.shape == (2, 3, 3, 4)]
    assert large == ["convolution", "broadcast_to", "add", "relu"]


def test_operands_may_be_the_other_way_round():
    def function(x, weight, scale, shift, bias, **_):
        return shift + scale * (bias + ops.convolution(x, weight))

    _, new = folded(function)
    large = [n.op for n in new.nodes if n.outputs[0].type.shape == (2, 3, 3, 4)]
    assert large == ["convolution", "broadcast_to", "add"]


@pytest.mark.parametrize("is_transposed", [False, True])
def test_dense_through_a_reshape(is_transposed):
    def function(x, matrix, scale, shift, bias, **_):
        rows = ops.reshape(x, (-1, 2))
        if is_transposed:
            attrs_weight = ops.reshape(matrix, (4, 2))
            y = rows @ ops.transpose(attrs_weight)
        else:
            y = rows @ matrix
        return ops.reshape(y + bias, (2, 5, 5, 4)) * scale + shift

    _, new = folded(function)
    large = [n.op for n in new.nodes if n.outputs[0].type.size == 200]
    assert large == ["matmul", "broadcast_to", "add", "reshape"]


def test_a_transposed_weight_is_scaled_along_its_rows():
    from constnet.ops.contraction import Matmul
    from constnet.ops.tensor import apply

    def function(x, matrix, scale, **_):
        weight = ops.reshape(matrix, (4, 2))
        y = apply("matmul", Matmul(transpose_rhs=True), ops.reshape(x, (-1, 2)), weight)
        return y * scale

    _, new = folded(function)
    assert new.nodes[-1].op == "matmul"


def test_two_factors_fold_one_after_another():
    def function(x, weight, scale, shift, bias, **_):
        return ((ops.convolution(x, weight) * scale + shift) * bias) + scale

    _, new = folded(function)
    large = [n.op for n in new.nodes if n.outputs[0].type.shape == (2, 3, 3, 4)]
    assert large == ["convolution", "broadcast_to", "add"]


def test_depthwise_weights_are_scaled_by_output_channel():
    def function(x, weight, scale, **_):
        return ops.depthwise_convolution(x, weight[:, :, :, :2]) * scale

    _, new = folded(function)
    assert new.nodes[-1].op == "convolution"


def test_what_must_stay():
    def with_another_reader(x, weight, scale, **_):
        y = ops.convolution(x, weight)
        return y * scale + y

    def as_an_output(x, weight, scale, **_):
        y = ops.convolution(x, weight)
        return y, y * scale

    def by_a_constant(x, weight, **_):
        return ops.convolution(x, weight) * np.array([1.0, 2.0, 3.0, 4.0])

    def by_data(x, weight, **_):
        return ops.convolution(x, weight) * ops.reshape(x[:1, :1, :2], (4,))

    def after_an_activation(x, weight, scale, **_):
        return ops.relu(ops.convolution(x, weight)) * scale

    def of_data_twice(x, **_):
        rows = ops.reshape(x, (2, 50))
        return ops.matmul(rows, ops.transpose(rows)) * ops.sum(rows, axis=1)

    for function in (
        with_another_reader,
        as_an_output,
        by_a_constant,
        by_data,
        after_an_activation,
        of_data_twice,
    ):
        graph, new = folded(function)
        assert new is graph, function.__name__


def test_a_sum_that_was_not_folded_keeps_its_bits():
    graph, new = folded(
        lambda x, weight, bias, shift, **_: ops.convolution(x, weight) + bias + shift
    )
    assert new is graph


def test_layers_are_told():
    from constnet import nn

    net = nn.Sequential(nn.Conv2D(4, 3), nn.BatchNorm(), nn.ReLU(), nn.Dense(3), nn.BatchNorm())
    net.build((5, 5, 2))
    trace = Trace(GraphBuilder("predict"), dtype=dtypes.float32)
    with tracing(trace):
        arrays = {**net.parameters(), **net.states()}
        for path, found in arrays.items():
            trace.bindings[id(found)] = trace.input(path, TensorType(found.shape, dtypes.float32))
        y = net(trace.input("x0", TensorType((1, 5, 5, 2), dtypes.float32)))
    _, layers = fold_scales(trace.builder.build([y.value]), arrays)
    assert layers == ("layers.1", "layers.4")
