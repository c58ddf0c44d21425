import numpy as np

from constnet import dtypes, ops
from constnet.ir.types import TensorType
from constnet.loopir import softmath
from constnet.loopir.evaluate import evaluate
from constnet.loopir.types import Local
from constnet.ops.attributes import Axes
from constnet.ops.execute import execute, execute_graph, execute_node, scalar_expression
from constnet.ops.op import NoAttrs
from constnet.ops.samples import spread
from constnet.testing import trace

X = spread(50)


def test_pointwise_has_the_bits_of_softmath():
    (found,) = execute("exp", NoAttrs(), (dtypes.float32,), [X])
    expected = evaluate(softmath.exp(Local("x", dtypes.float32)), {"x": X})
    assert found.tobytes() == expected.tobytes()


def test_others_run_their_reference():
    (found,) = execute("reduce_max", Axes((0,)), (dtypes.float32,), [X])
    assert found == X.max()
    assert scalar_expression("reduce_max", Axes((0,)), (dtypes.float32,)) is None


def test_no_warning_escapes():
    zero = np.zeros(1)
    (quotient,) = execute("div", NoAttrs(), (dtypes.float64,) * 2, [zero, zero])
    assert np.isnan(quotient).all()


def test_a_node_may_have_several_outputs():
    def function(x):
        (final,), (sums,) = ops.scan(lambda c, i: ((c[0] + i[0],), (c[0],)), (0.0,), (x,))
        return final, sums

    graph = trace(function, TensorType((3,), dtypes.float32))
    x = np.array([1, 2, 4], "float32")
    final, sums = execute_graph(graph, [x])
    assert final == 7
    np.testing.assert_array_equal(sums, [0, 1, 3])
    known = {graph.inputs[0]: x}
    for node in graph.nodes:
        execute_node(node, known)
    assert known[graph.outputs[0]] == 7
