from dataclasses import dataclass

import numpy as np
import pytest

from constnet import dtypes, ops
from constnet.errors import FormatError
from constnet.interpreter import run
from constnet.ir.graph import Attrs, Graph, GraphBuilder, Node
from constnet.ir.location import Location, layer_scope
from constnet.ir.text import from_text, to_text
from constnet.ir.types import TensorType
from constnet.ir.verify import verify
from constnet.ops.tensor import constant
from constnet.testing import trace

TYPE = TensorType((2, 3), dtypes.float32)


def network(x, weight):
    with layer_scope("layers.0"):
        y = x @ weight
    special = constant(np.array([np.inf, -0.0, np.nan, 1e-45], "float32"))
    return y, ops.pad(y, 1, float("-inf")), special, ops.cast(ops.zeros(8, "int8"), "float64")


GRAPH = trace(network, TYPE, TensorType((3, 2), dtypes.float32), name="mlp")


def test_printed_form():
    head, first, *_ = to_text(GRAPH).splitlines()
    assert head == "graph mlp(%x0: float32[2, 3], %x1: float32[3, 2]) {"
    assert first == (
        "  %2 = matmul(%x0, %x1) {transpose_lhs=False, transpose_rhs=False}"
        " : float32[2, 2] @ layers.0"
    )


def test_constants_print_as_hexadecimal_with_repetition():
    text = to_text(trace(lambda: constant(np.full((2, 2), 1.5, "float32"))))
    assert '%0 = constant() {data=hex("0000c03f") * 4, shape=(2, 2), dtype="float32"}' in text


def test_text_reads_back_to_the_same_text_and_meaning():
    text = to_text(GRAPH)
    read = verify(from_text(text))
    assert to_text(read) == text
    inputs = [np.ones((2, 3), "float32"), np.arange(6, dtype="float32").reshape(3, 2)]
    for found, expected in zip(run(read, inputs), run(GRAPH, inputs), strict=True):
        assert found.tobytes() == expected.tobytes()
    assert read.nodes[0].location.layer == "layers.0"


def test_lines_are_a_comment_that_is_skipped():
    text = to_text(GRAPH, has_lines=True)
    assert f"# {__file__}:" in text
    assert to_text(from_text(text)) == to_text(GRAPH)


def test_odd_names_are_quoted():
    builder = GraphBuilder('a "graph"')
    builder.input("top 5, %x: y", TYPE)
    graph = builder.build(builder.inputs)
    text = to_text(graph)
    assert '%"top 5, %x: y": float32[2, 3]' in text
    assert from_text(text).inputs[0].name == "top 5, %x: y"
    assert to_text(from_text(text)) == text


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("graph mlp", "grph mlp", r"this line is not part of a graph: 'grph mlp"),
        ("= matmul(", "= matmul[", r"this line is not part of a graph"),
        ("matmul(%x0", "matmul(%x9", r"%x9 is read before it is defined"),
        ("transpose_lhs=False, ", "transposed=False, ", r"are not attributes of matmul"),
        ("transpose_lhs=False", "transpose_lhs=open(1)", r"is no literal"),
        ("%3 = ", "%2 = ", r"%2 is defined twice"),
        ("return", "retrn", r"lines are no graph"),
    ],
)
def test_what_is_not_a_graph(old, new, match):
    with pytest.raises(FormatError, match=match):
        from_text(to_text(GRAPH).replace(old, new, 1))


def test_attributes_that_are_not_plain_data():
    @dataclass(frozen=True)
    class Odd(Attrs):
        what: object

    node = Node("odd", Odd(object()), (), (), Location())
    with pytest.raises(FormatError, match=r"not plain data"):
        to_text(Graph("g", (), (node,), ()))
