import numpy as np

from constnet import dtypes, ops
from constnet.interpreter import run
from constnet.ir.types import TensorType
from constnet.ir.verify import verify
from constnet.ops.tensor import constant
from constnet.passes.merge_subexpressions import merge_subexpressions
from constnet.testing import trace

TYPE = TensorType((2,), dtypes.float32)
X = np.array([0.5, -3.0], "float32")


def test_equal_nodes_become_one_transitively():
    graph = trace(lambda x: (ops.exp(x) + 1.0) * (ops.exp(x) + 1.0), TYPE)
    merged = verify(merge_subexpressions(graph))
    assert [node.op for node in merged.nodes].count("exp") == 1
    assert [node.op for node in merged.nodes].count("add") == 1
    assert run(merged, [X])[0].tobytes() == run(graph, [X])[0].tobytes()


def test_zeros_of_both_signs_stay_apart():
    graph = trace(lambda x: (x + constant(np.float32(0.0)), x + constant(np.float32(-0.0))), TYPE)
    plus, minus = run(merge_subexpressions(graph), [np.float32([-0.0, 1])])
    assert not np.signbit(plus[0])
    assert np.signbit(minus[0])


def test_attributes_and_order_of_operands_count():
    graph = trace(lambda x: (x - X, X - x, ops.flip(x), x.reshape(2, 1), x.reshape(1, 2)), TYPE)
    kept = [node.op for node in merge_subexpressions(graph).nodes]
    assert kept.count("sub") == 2
    assert kept.count("reshape") == 2


def test_draws_with_equal_numbers_merge_and_others_do_not():
    def draw(seed, step):
        return [ops.random.bits(seed, step, stream, 3) for stream in (0, 0, 1)]

    graph = trace(draw, TensorType((2,), dtypes.uint32), TensorType((), dtypes.uint32))
    assert len(merge_subexpressions(graph).nodes) == 2


def test_nothing_to_merge_is_the_same_graph():
    graph = trace(ops.exp, TYPE)
    assert merge_subexpressions(graph) is graph
