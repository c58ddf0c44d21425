import numpy as np
import pytest

from constnet import dtypes
from constnet.errors import UsageError
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.tensor import (
    AsTensor,
    Constant,
    Trace,
    as_tensor,
    constant,
    current_trace,
    find_trace,
    is_tracing,
    tracing,
)


@pytest.fixture
def trace():
    return Trace(GraphBuilder("g"))


@pytest.mark.parametrize("array", [np.array(2.5), np.array([[1, 2]], "int8"), np.array([True])])
def test_constants_keep_shape_dtype_and_bits(array):
    frozen = Constant.of(array)
    assert frozen.array.shape == array.shape
    assert frozen.array.dtype == array.dtype
    assert frozen.array.tobytes() == array.tobytes()
    assert frozen == Constant.of(array.copy())
    assert not frozen.array.flags.writeable


def test_zero_and_negative_zero_are_different_constants():
    assert Constant.of(np.array(0.0)) != Constant.of(np.array(-0.0))


def test_trace_is_open_inside_only(trace):
    assert not is_tracing()
    with tracing(trace):
        assert current_trace() is trace
        assert is_tracing()
    with pytest.raises(UsageError, match="outside a trace"):
        current_trace()


def test_tensors_of_another_trace_are_refused(trace):
    other = Trace(GraphBuilder("h")).input("x", TensorType((), dtypes.float32))
    assert find_trace(1.0, other) is other.trace
    with pytest.raises(UsageError, match=r"%x \(float32\[\]\) belongs to another trace"):
        as_tensor(other, trace)


def test_floats_become_the_float_of_the_trace(trace):
    assert as_tensor(np.ones(2), trace).dtype == dtypes.float32
    wide = Trace(GraphBuilder("g"), dtype=dtypes.float64)
    assert as_tensor(1.5, wide).dtype == dtypes.float64


def test_objects_that_stand_for_a_tensor(trace):
    class Weight:
        def as_tensor(self, opened):
            return constant(np.ones(3, "float32"), opened)

    assert isinstance(Weight(), AsTensor)
    assert as_tensor(Weight(), trace).shape == (3,)


def test_nodes_know_the_users_line(trace):
    constant(np.ones(3), trace)
    assert trace.builder.nodes[0].location.file == __file__
