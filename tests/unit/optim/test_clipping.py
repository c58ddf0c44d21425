import numpy as np
import pytest

from constnet import dtypes, interpreter, optim
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.tensor import Trace, tracing

NAMES = ("clip",)


def test_clipping_is_that_of_pytorch(entry):
    optimizer = optim.SGD(**entry["arguments"])
    before = [np.asarray(grad) for grad in entry["before"]]
    trace = Trace(GraphBuilder("clip"), dtype=dtypes.float64)
    with tracing(trace):
        inputs = [trace.input("g", TensorType(grad.shape, dtypes.float64)) for grad in before]
        outputs = optimizer.transform(inputs, inputs)
    after = interpreter.run(trace.builder.build([out.value for out in outputs]), before)
    for got, expected in zip(after, entry["after"], strict=True):
        # PyTorch adds 1e-6 to the norm that it divides by.
        np.testing.assert_allclose(got, expected, rtol=5e-6)


def test_a_short_gradient_is_not_changed_by_clipping():
    grad = np.array([0.3, -0.1])
    for setting in ("clipvalue", "clipnorm", "global_clipnorm"):
        trace = Trace(GraphBuilder("clip"), dtype=dtypes.float64)
        with tracing(trace):
            tensor = trace.input("g", TensorType((2,), dtypes.float64))
            (out,) = optim.SGD(**{setting: 1.0}).transform([tensor], [tensor])
        (after,) = interpreter.run(trace.builder.build([out.value]), [grad])
        np.testing.assert_array_equal(after, grad)
        assert optim.SGD().transform([tensor], [tensor]) == [tensor]


def test_no_gradients_need_no_clipping():
    assert optim.clip_by_global_norm([], 1.0) == []


def test_infinite_limits_are_refused():
    with pytest.raises(ValueError, match="clipnorm must be a finite number and above 0"):
        optim.SGD(clipnorm=float("inf"))
