import numpy as np
import pytest

from constnet import dtypes, interpreter, ops
from constnet.errors import DTypeError, ShapeError, UsageError
from constnet.ir.types import TensorType
from constnet.testing import trace

TYPE = TensorType((2, 3), dtypes.float32)
GRAPH = trace(lambda x, y: [ops.exp(x) @ y.T, x], TYPE, TYPE, name="g")
X = np.arange(6, dtype="float32").reshape(2, 3) / 4


def test_runs_in_order_and_returns_inputs_too():
    product, same = interpreter.run(GRAPH, [X, X])
    np.testing.assert_allclose(product, np.exp(X) @ X.T, rtol=1e-6)
    assert same is X


def test_run_all_shows_every_value():
    known = interpreter.run_all(GRAPH, [X, X])
    exp = GRAPH.nodes[0].outputs[0]
    np.testing.assert_allclose(known[exp], np.exp(X), rtol=1e-6)
    assert len(known) == 2 + len(GRAPH.nodes)


@pytest.mark.parametrize(
    ("inputs", "error", "match"),
    [
        ([X], UsageError, r"graph g has 2 inputs \(x0, x1\), got 1 arrays"),
        ([X, X.T], ShapeError, r"input x1 is float32\[2, 3\], got float32\[3, 2\]"),
        ([X, X.astype("float64")], DTypeError, r"input x1 is float32\[2, 3\], got float64\[2, 3\]"),
    ],
)
def test_inputs_that_do_not_fit(inputs, error, match):
    with pytest.raises(error, match=match):
        interpreter.run(GRAPH, inputs)
