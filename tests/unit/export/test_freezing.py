import numpy as np
import pytest

from constnet import dtypes, ops
from constnet.export.freezing import freeze
from constnet.interpreter import run
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ir.verify import verify
from constnet.ops.tensor import Trace, tracing


def frozen(function, values, numerics="exact"):
    """The frozen graph; its outputs are compared with those of the whole one."""
    trace = Trace(GraphBuilder("predict"), dtype=dtypes.float32)
    arrays = {name: np.asarray(value, "float32") for name, value in values.items()}
    with tracing(trace):
        x = trace.input("x0", TensorType((2, 3), dtypes.float32))
        given = [
            trace.input(name, TensorType(array.shape, dtypes.float32))
            for name, array in arrays.items()
        ]
        graph = trace.builder.build([function(x, *given).value])
    result = freeze(graph, arrays, numerics)
    verify(result.graph)
    x_array = np.arange(6, dtype="float32").reshape(2, 3)
    known = {"x0": x_array, **result.values}
    (found,) = run(result.graph, [known[value.name] for value in result.graph.inputs])
    (expected,) = run(graph, [x_array, *arrays.values()])
    assert found.tobytes() == expected.tobytes()
    return result


def names(result):
    return [value.name for value in result.graph.inputs]


def test_what_depends_on_parameters_alone_is_computed():
    result = frozen(lambda x, a, b: x * (a * 2.0 + b), {"a": [1, 2, 3], "b": [4, 5, 6]})
    assert names(result) == ["x0", "a.folded"]
    np.testing.assert_array_equal(result.values["a.folded"], [6, 9, 12])
    assert [node.op for node in result.graph.nodes] == ["broadcast_to", "mul"]


def test_parameters_that_are_read_as_they_are_stay():
    result = frozen(lambda x, a, b: x * a + (a - b), {"a": [1, 2, 3], "b": [4, 5, 6]})
    assert names(result) == ["x0", "a", "a.folded"]


def test_two_values_of_one_parameter_have_two_names():
    result = frozen(lambda x, a: (x * (a + 1.0)) / (a + 2.0), {"a": [1, 2, 3]})
    assert names(result) == ["x0", "a.folded", "a.folded.2"]


def test_nothing_takes_more_memory_than_its_parameters():
    """The repeated vector and the outer product stay for later; their factors are computed."""

    def function(x, a, b):
        table = ops.reshape(a + 1.0, (2, 1)) * ops.reshape(b + 1.0, (1, 3))
        return x * table

    result = frozen(function, {"a": [1, 2], "b": [4, 5, 6]})
    assert names(result) == ["x0", "a.folded", "b.folded"]
    assert max(result.values[name].size for name in names(result)[1:]) == 3


def test_constants_alone_are_left_to_the_passes():
    result = frozen(lambda x, a: x * ops.exp(np.zeros(3, "float32")) + a, {"a": [1, 2, 3]})
    assert names(result) == ["x0", "a"]


@pytest.mark.parametrize(("numerics", "expected"), [("exact", "a.folded"), ("fma", "a")])
def test_values_whose_bits_depend_on_the_mode_are_computed_in_exact_mode(numerics, expected):
    result = frozen(lambda x, a: x * ops.exp(a), {"a": [1, 2, 3]}, numerics)
    assert names(result) == ["x0", expected]


def test_an_output_is_always_computed():
    result = frozen(lambda _x, a: a + 1.0, {"a": [[1, 2, 3]]})
    assert names(result) == ["x0", "a"]
