from constnet import dtypes, ops
from constnet.ir.body import Body, all_nodes, bodies_of
from constnet.ir.location import layer_scope
from constnet.ir.text import from_text, to_text
from constnet.ir.types import TensorType
from constnet.ir.verify import verify
from constnet.testing import trace

TYPE = TensorType((3,), dtypes.float32)


def scanned(x):
    return ops.scan(lambda c, _: ((ops.tanh(c[0]),), ()), (x,), length=4)[0][0]


def test_bodies_compare_by_structure():
    with layer_scope("elsewhere"):
        other = Body(trace(lambda y: ops.exp(y) + 1, TYPE, name="other"))
    one = Body(trace(lambda x: ops.exp(x) + 1, TYPE))
    assert one == other
    assert hash(one) == hash(other)
    assert len({one, other}) == 1


def test_bodies_differ_by_operation_attribute_order_type_and_output():
    bodies = [
        Body(trace(function, type_, type_))
        for function, type_ in (
            (lambda x, y: x - y, TYPE),
            (lambda x, y: y - x, TYPE),
            (lambda x, y: x + y, TYPE),
            (lambda x, y: (x - y, x), TYPE),
            (lambda x, y: x - y, TensorType((4,), dtypes.float32)),
            (lambda x, y: x - y, TensorType((3,), dtypes.float64)),
        )
    ]
    assert len(set(bodies)) == len(bodies)
    assert bodies[0] != "a body"


def test_nodes_of_bodies_are_found():
    graph = trace(scanned, TYPE)
    assert [node.op for node in all_nodes(graph)] == ["scan", "tanh"]
    (body,) = bodies_of(graph.nodes[0].attrs)
    assert body.graph.nodes[0].op == "tanh"


def test_text_shows_the_body_and_reads_back():
    graph = trace(scanned, TYPE, name="g")
    text = to_text(graph)
    assert text == (
        "graph g(%x0: float32[3]) {\n"
        "  %1 = scan(%x0) {carries=1, sequences=0, length=4, reverse=False, recompute=False}"
        " : float32[3]\n"
        "    graph body(%carry0: float32[3]) {\n"
        "      %1 = tanh(%carry0) : float32[3]\n"
        "      return %1\n"
        "    }\n"
        "  return %1\n"
        "}\n"
    )
    assert to_text(verify(from_text(text))) == text
