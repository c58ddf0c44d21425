from constnet import dtypes, ops
from constnet.ir.types import TensorType
from constnet.ir.verify import verify
from constnet.ops.op import NoAttrs
from constnet.passes.rewriting import Rewriting
from constnet.testing import trace

TYPE = TensorType((2,), dtypes.float32)
GRAPH = trace(lambda x: ops.exp(x) * x, TYPE)


def test_kept_nodes_are_the_same_objects():
    rewriting = Rewriting(GRAPH)
    for node in GRAPH.nodes:
        assert rewriting.keep(node, rewriting.renamed(node.inputs)) == node.outputs
    assert rewriting.nodes == list(GRAPH.nodes)
    assert rewriting.finish() is GRAPH


def test_replaced_values_are_renamed_in_later_nodes_and_outputs():
    rewriting = Rewriting(GRAPH)
    exp, mul = GRAPH.nodes
    new = rewriting.add("log", NoAttrs(), exp.inputs, TYPE, exp.location)
    rewriting.replace(exp.outputs[0], new)
    rewriting.keep(mul, rewriting.renamed(mul.inputs))
    graph = verify(rewriting.finish())
    assert [node.op for node in graph.nodes] == ["log", "mul"]
    assert graph.nodes[1].inputs == (new, GRAPH.inputs[0])
    assert new.name not in {"x0", exp.outputs[0].name, mul.outputs[0].name}
    assert rewriting.producers[new].op == "log"
