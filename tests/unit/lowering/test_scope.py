import numpy as np
import pytest

from constnet import dtypes, ops
from constnet.ir.types import TensorType
from constnet.loopir.types import Const, Let, Load, Store
from constnet.lowering.regions import find_regions
from constnet.lowering.scope import Scope, Scratch
from constnet.lowering.storage import plan_storage
from constnet.ops.tensor import constant
from constnet.testing import trace

MATRIX = TensorType((4, 6), dtypes.float32)


def opened(function, *types):
    graph = trace(function, *types)
    storage = plan_storage(graph, find_regions(graph), {}, set())
    made = {value for node in graph.nodes for value in node.outputs}
    return graph, Scope(storage, local=made)


def variables(scope, *extents):
    return tuple(scope.loop_variable(extent) for extent in extents)


def test_shared_part_is_computed_once():
    graph, scope = opened(lambda x: [(s := ops.tanh(x)) * s + s], MATRIX)
    at = variables(scope, 4, 6)
    scope.read(graph.outputs[0], at)
    assert all(isinstance(each, Let) for each in scope.body)
    assert len(scope.body) == 4  # a load, tanh, mul, add


def test_load_goes_through_the_movement():
    graph, scope = opened(lambda x: [x.T * 2.0], MATRIX)
    row, column = variables(scope, 6, 4)
    scope.read(graph.outputs[0], (row, column))
    (load,) = [each.value for each in scope.body if isinstance(each.value, Load)]
    assert load.index == column * 6 + row
    (pointer,) = scope.pointers.values()
    assert (pointer.root, pointer.extent, pointer.param().access) == (graph.inputs[0], 24, "read")


def test_equal_constants_are_literals():
    array = np.full((4, 6), 2.5, np.float32)
    graph, scope = opened(lambda x: [x * constant(array, x.trace)], MATRIX)
    product = graph.nodes[-1]
    at = variables(scope, 4, 6)
    assert scope.read(product.inputs[1], at) == Const(2.5, dtypes.float32)


def test_truth_values_are_bytes_in_memory():
    graph, scope = opened(lambda x: [~x], TensorType((4, 6), dtypes.bool_))
    at = variables(scope, 4, 6)
    result = scope.read(graph.outputs[0], at)
    scope.store(graph.outputs[0], at, result)
    assert result.dtype == dtypes.bool_
    assert isinstance(scope.body[-1], Store)
    assert scope.body[-1].value.dtype == dtypes.uint8
    assert {p.dtype for p in scope.pointers.values()} == {dtypes.uint8}


def test_memory_read_and_written_is_updated():
    _, scope = opened(lambda x: [x * 2.0], MATRIX)
    assert scope.scratch("own", dtypes.float32, 8).param().access == "update"
    other = scope.pointer(Scratch("other"), 0, dtypes.float32, 8)
    other.is_written = True
    assert other.param().access == "write"
    assert scope.pointer(Scratch("other"), 0, dtypes.float32, 8) is other


def test_what_a_loop_bound_is_out_of_reach_after_it():
    graph, scope = opened(lambda x: [x * 2.0], MATRIX)
    at = variables(scope, 4, 6)
    outer = scope.nested()
    inside = scope.read(graph.outputs[0], at)
    scope.resume(outer)
    assert scope.read(graph.outputs[0], at) != inside


def test_value_without_memory_or_producer_is_our_mistake():
    graph, scope = opened(lambda x: [ops.sum(x) * 2.0], MATRIX)
    at = ()
    with pytest.raises(AssertionError, match="reduce_sum cannot be computed in place"):
        scope.read(graph.nodes[0].outputs[0], at)
