import numpy as np
import pytest

from constnet import dtypes, ops
from constnet.interpreter import run
from constnet.ir.types import TensorType
from constnet.ir.verify import verify
from constnet.passes import run as simplified
from constnet.testing import trace

TYPE = TensorType((6,), dtypes.float32)
X = np.array([1.5, -0.0, 0.0, np.inf, -7e-39, 3e38], "float32")


def check(function, expected):
    graph = trace(function, TYPE)
    result = verify(simplified(graph))
    moves = {"constant", "broadcast_to"}
    assert [node.op for node in result.nodes if node.op not in moves] == expected
    for found, wanted in zip(run(result, [X]), run(graph, [X]), strict=True):
        assert found.tobytes() == wanted.tobytes()


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * 1.0,
        lambda x: 1.0 * x,
        lambda x: x / 1.0,
        lambda x: x - 0.0,
        lambda x: x + -0.0,
        lambda x: ops.negative(ops.negative(x)),
        lambda x: x.astype("float64").astype("float32"),
        lambda x: ops.where(ops.ones(6, "bool"), x, 3.0),
        lambda x: ops.where(x > 0, x, x),
        ops.stop_gradient,
    ],
)
def test_vanishes(function):
    check(function, [])


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x + 0.0, ["add"]),
        (lambda x: x - -0.0, ["sub"]),
        (lambda x: x * 0.0, ["mul"]),
        (lambda x: x / 3.0, ["div"]),
        (lambda x: x / 8.0, ["mul"]),
        (lambda x: x / -(2.0**-100), ["mul"]),
        (lambda x: x / 2.0**126, ["div"]),
        (lambda x: x / 2.0**127, ["div"]),
        (lambda x: x + (-(x * x)), ["mul", "sub"]),
        (lambda x: x - (-(x * x)), ["mul", "add"]),
        (lambda x: -(x * 3.0), ["mul"]),
        (lambda x: x.astype("float64"), ["cast"]),
    ],
)
def test_becomes(function, expected):
    check(function, expected)


def test_integers_lose_zero():
    graph = simplified(trace(lambda n: n + 0, TensorType((), dtypes.uint32)))
    assert graph.outputs == graph.inputs
