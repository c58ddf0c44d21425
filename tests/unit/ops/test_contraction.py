import numpy as np
import pytest

from constnet import ops
from constnet.errors import ShapeError
from constnet.ops.contraction import Matmul
from constnet.ops.op import get
from constnet.ops.samples import spread
from constnet.testing import gradcheck


@pytest.mark.parametrize(
    ("left", "right"),
    [((3, 4), (4, 5)), ((4,), (4, 5)), ((3, 4), (4,)), ((4,), (4,)), ((2, 3, 4), (4, 5)),
     ((2, 3, 4), (2, 4, 5)), ((3, 4), (2, 4, 5))],
)  # fmt: skip
def test_shapes_and_values_as_numpy(left, right):
    x, y = spread(*left, dtype="float64"), spread(*right, phase=0.1, dtype="float64")
    np.testing.assert_allclose(ops.matmul(x, y), x @ y, rtol=1e-13)
    gradcheck(ops.matmul, x, y)


def test_order_is_ascending_with_two_roundings():
    x, y = spread(2, 50, low=-1e3), spread(50, 3, low=-1e3, phase=0.1)
    expected = np.zeros((2, 3), "float32")
    for row, column in np.ndindex(2, 3):
        total = np.float32(0)
        for k in range(50):
            total = total + x[row, k] * y[k, column]
        expected[row, column] = total
    assert get("matmul").reference(Matmul(), x, y).tobytes() == expected.tobytes()


def test_flags_equal_transposes_bit_for_bit():
    x, y = spread(3, 5), spread(5, 4)
    plain = get("matmul").reference(Matmul(), x, y)
    flagged = get("matmul").reference(Matmul(True, True), x.T.copy(), y.T.copy())
    assert plain.tobytes() == flagged.tobytes()


def test_inner_axes_that_differ():
    with pytest.raises(ShapeError, match=r"inner axes differ: lhs float64\[3, 4\] has axis 1 = 4"):
        ops.matmul(np.zeros((3, 4)), np.zeros((5, 4)))
