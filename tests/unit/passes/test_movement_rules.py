import numpy as np
import pytest

from constnet import dtypes, ops
from constnet.interpreter import run
from constnet.ir.types import TensorType
from constnet.ir.verify import verify
from constnet.ops.attributes import Axes, Axis, ToShape
from constnet.ops.samples import spread
from constnet.ops.tensor import apply
from constnet.ops.window import Pad, whole
from constnet.passes import run as simplified
from constnet.testing import trace

X = spread(3, 4)
TYPE = TensorType((3, 4), dtypes.float32)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: apply("reshape", ToShape((3, 4)), x), []),
        (lambda x: apply("broadcast_to", ToShape((3, 4)), x), []),
        (lambda x: apply("slice", whole((3, 4)), x), []),
        (lambda x: apply("pad", Pad((0, 0), (0, 0), (0, 0)), x), []),
        (lambda x: apply("concatenate", Axis(0), x), []),
        (lambda x: apply("transpose", Axes((0, 1)), x), []),
        (lambda x: x.T.T, []),
        (lambda x: ops.flip(ops.flip(x, 1), 1), []),
        (lambda x: x.reshape(12).reshape(2, 6), ["reshape"]),
        (lambda x: x.reshape(12).reshape(3, 4), []),
        (
            lambda x: ops.broadcast_to(ops.broadcast_to(x, (2, 3, 4)), (5, 2, 3, 4)),
            ["broadcast_to"],
        ),
        (lambda x: ops.broadcast_to(x.reshape(1, 3, 4), (2, 3, 4)), ["broadcast_to"]),
        (lambda x: ops.broadcast_to(x.reshape(3, 1, 4), (3, 2, 4)), ["reshape", "broadcast_to"]),
        (lambda x: x.reshape(3, 1, 4).transpose(0, 2, 1), ["reshape"]),
        (
            lambda x: x.reshape(3, 2, 2).transpose(2, 0, 1).transpose(2, 0, 1),
            ["reshape", "transpose"],
        ),
        (lambda x: x @ x.T, ["matmul"]),
        (lambda x: x.T @ x, ["matmul"]),
        (lambda x: ops.pad(x, 1), ["pad"]),
        (lambda x: ops.flip(ops.flip(x, 1), 0), ["flip", "flip"]),
    ],
)
def test_becomes(function, expected):
    graph = trace(function, TYPE)
    result = verify(simplified(graph))
    assert [node.op for node in result.nodes] == expected
    assert run(result, [X])[0].tobytes() == run(graph, [X])[0].tobytes()
    np.testing.assert_array_equal(run(result, [X])[0].shape, graph.outputs[0].type.shape)
