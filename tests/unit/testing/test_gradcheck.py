import numpy as np
import pytest

from constnet import dtypes, ops
from constnet.errors import UsageError
from constnet.testing import gradcheck, trace
from constnet.testing.gradcheck import type_of

X = np.array([0.3, -1.2, 2.0])


def test_a_wrong_gradient_is_caught():
    with pytest.raises(AssertionError, match="gradient by input 0"):
        gradcheck(lambda x: ops.stop_gradient(x) * x, X)


def test_integers_are_given_but_not_differentiated_by():
    gradcheck(ops.take, X, np.array([0, 2, 2]))
    with pytest.raises(UsageError, match="got 1 arrays, none of floats"):
        gradcheck(lambda x: x, np.array([1]))


def test_trace_names_and_types():
    graph = trace(lambda x: [x, x + 1.0], type_of(X), name="f", dtype=dtypes.float64)
    assert (graph.name, [value.name for value in graph.inputs]) == ("f", ["x0"])
    assert len(graph.outputs) == 2
