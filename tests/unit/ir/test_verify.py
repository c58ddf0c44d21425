from dataclasses import replace

import pytest

from constnet import dtypes, ops
from constnet.errors import ShapeError, VerifyError
from constnet.ir.graph import Graph, Value
from constnet.ir.types import TensorType
from constnet.ir.verify import verify
from constnet.ops.attributes import Axes
from constnet.testing import trace

TYPE = TensorType((2, 3), dtypes.float32)
GRAPH = trace(lambda x: ops.exp(x) + x, TYPE, name="g")


def changed(number, **fields):
    nodes = list(GRAPH.nodes)
    nodes[number] = replace(nodes[number], **fields)
    return replace(GRAPH, nodes=tuple(nodes))


def test_a_legal_graph_comes_back():
    assert verify(GRAPH) is GRAPH


def test_use_before_definition():
    backwards = replace(GRAPH, nodes=GRAPH.nodes[::-1])
    with pytest.raises(VerifyError, match=r"add of graph g .* reads %1 .* before it is defined"):
        verify(backwards)


def test_two_definitions_and_two_names():
    with pytest.raises(VerifyError, match=r"graph g defines %1 \(float32\[2, 3\]\) twice"):
        verify(replace(GRAPH, nodes=(*GRAPH.nodes, GRAPH.nodes[0])))
    with pytest.raises(VerifyError, match=r"defines %x0 .* twice"):
        verify(Graph("g", (*GRAPH.inputs, Value("x0", TYPE)), (), ()))


def test_an_output_that_nothing_defines():
    with pytest.raises(VerifyError, match=r"graph g returns %y .*never defined"):
        verify(replace(GRAPH, outputs=(Value("y", TYPE),)))


def test_types_follow_the_rule():
    wrong = Value("1", TensorType((3, 2), dtypes.float32))
    match = r"exp .* has outputs float32\[3, 2\]; its rule gives float32\[2, 3\]"
    with pytest.raises(VerifyError, match=match):
        verify(changed(0, outputs=(wrong,)))


def test_attributes_are_of_the_operations_class():
    with pytest.raises(VerifyError, match=r"exp .* has attributes Axes.*, not NoAttrs"):
        verify(changed(0, attrs=Axes((0,))))


def test_unknown_operation():
    with pytest.raises(VerifyError, match=r"no operation is called 'expo'"):
        verify(changed(0, op="expo"))


def test_inputs_that_the_operation_refuses():
    with pytest.raises(ShapeError, match=r"\[add\] takes 2 inputs, got 1"):
        verify(changed(1, inputs=GRAPH.inputs))


def test_empty_values():
    with pytest.raises(VerifyError, match=r"%x .* is empty: float32\[0\]"):
        verify(Graph("g", (Value("x", TensorType((0,), dtypes.float32)),), (), ()))
