import numpy as np

from constnet import dtypes, ops
from constnet.interpreter import run
from constnet.ir.types import TensorType
from constnet.ir.verify import verify
from constnet.ops.samples import spread
from constnet.passes import run as run_passes
from constnet.passes.simplify import simplify
from constnet.testing import trace

ROW, SCALAR = TensorType((3, 1), dtypes.float32), TensorType((), dtypes.float32)
X, S = spread(3, 1), spread()


def shapes(graph, op):
    return [node.outputs[0].type.shape for node in graph.nodes if node.op == op]


def check(function):
    graph = trace(function, ROW, SCALAR)
    result = verify(run_passes(graph))
    assert run(result, [X, S])[0].tobytes() == run(graph, [X, S])[0].tobytes()
    return result


def test_pointwise_work_moves_before_the_broadcast():
    def function(row, scalar):
        wide = ops.broadcast_to(row, (3, 100))
        return ops.exp(wide * 2.0) + ops.broadcast_to(scalar, (3, 100))

    result = check(function)
    assert shapes(result, "exp") == shapes(result, "mul") == shapes(result, "add") == [(3, 1)]
    assert result.nodes[-1].op == "broadcast_to"


def test_rows_and_columns_stay_apart():
    def function(row, _scalar):
        return ops.broadcast_to(row, (3, 3)) + ops.broadcast_to(row.reshape(1, 3), (3, 3))

    assert shapes(check(function), "add") == [(3, 3)]


def test_nothing_to_do_is_the_same_graph():
    graph = trace(lambda row, _scalar: ops.exp(row), ROW, SCALAR)
    assert simplify(graph) is graph


def test_values_are_finite_numbers_still():
    result = check(lambda row, scalar: (row * scalar) / 4.0)
    assert np.isfinite(run(result, [X, S])[0]).all()
