import numpy as np
import pytest

from constnet import dtypes, ops
from constnet.interpreter import run
from constnet.ir.types import TensorType
from constnet.ops.attributes import ToShape
from constnet.ops.tensor import apply, constant
from constnet.passes.fold_constants import fold_constants
from constnet.passes.remove_dead import remove_dead
from constnet.testing import trace

TYPE = TensorType((4,), dtypes.float32)


def folded(function, *types):
    graph = trace(function, *types)
    result = remove_dead(fold_constants(graph))
    inputs = [np.linspace(-2, 2, 4, dtype="float32") for _ in types]
    for found, expected in zip(run(result, inputs), run(graph, inputs), strict=True):
        assert found.tobytes() == expected.tobytes()
    return [node.op for node in result.nodes]


def test_single_roundings_fold_to_one_splat():
    def function(x):
        third = constant(np.float32(1) / np.float32(3), x.trace)
        return x + (ops.broadcast_to(third, (4,)) * 3.0 - 0.25) / 7.0

    assert folded(function, TYPE) == ["constant", "broadcast_to", "add"]


def test_arrays_fold_and_small_moves_too():
    def function(x):
        table = constant(np.arange(4, dtype="float32"), x.trace)
        return x + ops.flip(table * 2.0)[::-1]

    assert folded(function, TYPE) == ["constant", "add"]


def test_uniform_arrays_become_splats():
    assert folded(lambda x: x + np.zeros(4, "float32"), TYPE) == [
        "constant", "broadcast_to", "add",
    ]  # fmt: skip


@pytest.mark.parametrize("function", [ops.exp, ops.sum, ops.log])
def test_what_depends_on_the_mode_stays(function):
    made = folded(lambda: function(constant(np.array([1.0, 2.5], "float32"))))
    assert made[-1] != "constant"


def test_big_fills_and_counts_stay_small():
    def function():
        big = ops.zeros((1000, 1000)) + 2.0
        return big * ops.ones((1000, 1000)), ops.arange(100_000)

    assert sorted(folded(function)) == ["broadcast_to", "constant", "iota"]


def test_a_pad_that_grows_stays():
    made = folded(lambda: ops.pad(constant(np.array([1.0, 2.0], "float32")), 1000))
    assert made == ["constant", "pad"]


def test_conversion_to_integers_stays():
    made = folded(lambda: ops.cast(constant(np.array(2.5, "float32")), "int8"))
    assert made == ["constant", "cast"]


def test_nothing_to_fold_is_the_same_graph():
    graph = trace(lambda x: apply("broadcast_to", ToShape((2, 4)), x), TYPE)
    assert fold_constants(graph) is graph
