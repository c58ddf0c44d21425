import numpy as np
import pytest

from constnet import interpreter, nn, ops
from constnet.errors import UsageError
from constnet.ir.graph import GraphBuilder
from constnet.nn import regularizer
from constnet.ops.tensor import Trace, tracing

W = np.array([[1.0, -2.0], [0.0, 3.0]])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (nn.regularizers.L1(0.1), 0.6),
        (nn.regularizers.L2(0.1), 1.4),
        (nn.regularizers.L1L2(0.1, 0.01), 0.74),
        ("l1", 0.06),
        ("l2", 0.14),
    ],
)
def test_penalties(given, expected):
    trace = Trace(GraphBuilder("t"))
    with tracing(trace):
        penalty = regularizer.get(given).penalty(ops.constant(W))
    (value,) = interpreter.run(trace.builder.build([penalty.value]), [])
    np.testing.assert_allclose(value, expected, rtol=1e-12)


def test_layers_add_their_penalties_to_the_trace():
    extras = {"bind_missing": True, "penalties": []}
    trace = Trace(GraphBuilder("t"), extras=extras)
    with tracing(trace):
        nn.Dense(2, kernel_regularizer="l2", bias_regularizer="l1")(ops.zeros((1, 3)))
    assert [penalty.shape for penalty in extras["penalties"]] == [(), ()]


def test_none_and_unknown():
    assert regularizer.get(None) is None
    with pytest.raises(UsageError, match=r"regularizer 'l3' is unknown; there are: l1, l2, l1_l2"):
        regularizer.get("l3")
    with pytest.raises(UsageError, match=r"l2 is -1\.0"):
        nn.regularizers.L2(-1.0)
