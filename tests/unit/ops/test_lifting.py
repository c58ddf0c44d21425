import numpy as np
import pytest

from constnet import dtypes
from constnet.errors import DTypeError, UsageError
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.lifting import broadcast, common_shape, filled, lift, lift_one
from constnet.ops.tensor import Trace


@pytest.fixture
def trace():
    return Trace(GraphBuilder("g"))


def typed(trace, dtype, *shape):
    return trace.input("x", TensorType(shape, dtypes.as_dtype(dtype)))


@pytest.mark.parametrize("constant", [2, 2.0, np.float64(2), np.ones(3), np.ones(3, "int8")])
def test_constants_take_the_dtype_of_the_tensor(trace, constant):
    tensor = typed(trace, "float64", 3)
    assert [each.dtype.name for each in lift("f", constant, tensor)] == ["float64", "float64"]


def test_a_fraction_beside_integers_is_refused(trace):
    with pytest.raises(DTypeError, match=r"\[f\] a constant of dtype float64 meets a tensor of"):
        lift("f", typed(trace, "uint32"), 0.5)


def test_tensors_of_two_dtypes_are_refused(trace):
    match = r"\[f\] operands have different dtypes: float32\[3\] and int32\[3\]"
    with pytest.raises(DTypeError, match=match):
        lift("f", typed(trace, "float32", 3), typed(trace, "int32", 3))


def test_broadcast_adds_nodes_only_where_needed(trace):
    x, y = typed(trace, "float32", 2, 3), typed(trace, "float32", 3)
    first, second = broadcast("f", x, y)
    assert first is x
    assert second.shape == (2, 3)
    assert [node.op for node in trace.builder.nodes] == ["broadcast_to"]
    assert broadcast("f", x, x) == (x, x)


def test_common_shape_is_numpys():
    shapes = [(2, 1, 4), (3, 1), ()]
    types = [TensorType(shape, dtypes.float32) for shape in shapes]
    assert common_shape("f", types) == np.broadcast_shapes(*shapes)


def test_filled_has_the_type(trace):
    x = typed(trace, "int8", 2, 3)
    assert filled(x, 1).type == x.type


def test_outside_a_trace():
    with pytest.raises(UsageError, match="outside a trace"):
        lift_one(3.0)
