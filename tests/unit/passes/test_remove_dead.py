from constnet import dtypes, ops
from constnet.ir.types import TensorType
from constnet.passes.remove_dead import remove_dead
from constnet.testing import trace

TYPE = TensorType((2,), dtypes.float32)


def test_dead_chains_go_and_inputs_stay():
    def function(x, _unused):
        ops.exp(ops.log(x))
        return x + x

    graph = remove_dead(trace(function, TYPE, TYPE))
    assert [node.op for node in graph.nodes] == ["add"]
    assert [value.name for value in graph.inputs] == ["x0", "x1"]


def test_nothing_dead_is_the_same_graph():
    graph = trace(lambda x: x + x, TYPE)
    assert remove_dead(graph) is graph
