from constnet import dtypes
from constnet.ir.graph import GraphBuilder
from constnet.ir.location import Location
from constnet.ir.types import TensorType
from constnet.ops.op import NoAttrs

TYPE = TensorType((2,), dtypes.float32)


def built():
    builder = GraphBuilder("g")
    x = builder.input("x", TYPE)
    again = builder.input("x", TYPE)
    (total,) = builder.add("add", NoAttrs(), [x, again], [TYPE], Location())
    (square,) = builder.add("mul", NoAttrs(), [total, total], [TYPE], Location())
    return builder.build([square, x])


def test_names_are_unique_and_numbered():
    graph = built()
    assert [value.name for value in graph.inputs] == ["x", "x_2"]
    assert [str(node.outputs[0]) for node in graph.nodes] == ["%2", "%3"]


def test_producers_and_consumers():
    graph = built()
    add, mul = graph.nodes
    assert graph.producers() == {add.outputs[0]: add, mul.outputs[0]: mul}
    consumers = graph.consumers()
    assert consumers[add.outputs[0]] == [mul]
    assert consumers[graph.inputs[0]] == [add]
    assert consumers[mul.outputs[0]] == []
