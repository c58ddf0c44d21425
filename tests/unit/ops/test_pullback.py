import numpy as np

from constnet import dtypes, interpreter, ops
from constnet.ir.types import TensorType
from constnet.ops.pullback import pull_back
from constnet.testing import trace

TYPE = TensorType((3,), dtypes.float64)
X, Y, S = np.array([0.5, -1.0, 2.0]), np.array([1.0, 3.0, -2.0]), np.array([1.0, 10.0, 100.0])


def test_cotangents_of_several_outputs_meet():
    def function(x, y, seed):
        outputs = [x * y, ops.exp(x)]
        return pull_back(outputs, [seed, seed * 2.0], [x, y], x.trace)

    by_x, by_y = interpreter.run(trace(function, TYPE, TYPE, TYPE), [X, Y, S])
    np.testing.assert_allclose(by_x, S * Y + 2 * S * np.exp(X), rtol=1e-12)
    np.testing.assert_allclose(by_y, S * X, rtol=1e-12)


def test_seeds_of_one_value_add_up_and_no_flow_is_none():
    def function(x, y, seed):
        by_x, by_y = pull_back([x, x], [seed, seed], [x, y], x.trace)
        assert by_y is None
        return by_x

    (by_x,) = interpreter.run(trace(function, TYPE, TYPE, TYPE), [X, Y, S])
    np.testing.assert_array_equal(by_x, 2 * S)
