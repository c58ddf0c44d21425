import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

RNG = np.random.default_rng(0)
A, B, C = (RNG.normal(size=(2, 3)) for _ in range(3))


def test_add():
    np.testing.assert_array_equal(nn.Add().forward(A, B, C), A + B + C)
    with pytest.raises(ShapeError, match=r"\(batch, 3\) .* and \(batch, 4\) .*it adds two inputs"):
        nn.Add().build(3, 4)
    with pytest.raises(ShapeError, match="adds two inputs or more"):
        nn.Add().build(3)


@pytest.mark.parametrize("axis", [-1, 1, 2, -2])
def test_concatenate(axis):
    x, y = RNG.normal(size=(2, 3, 4)), RNG.normal(size=(2, 3, 4))
    layer = nn.Concatenate(axis)
    z = layer.forward(x, y)
    np.testing.assert_array_equal(z, np.concatenate([x, y], axis))
    np.testing.assert_array_equal(layer.backward(z), x)


def test_concatenate_refuses():
    with pytest.raises(ShapeError, match="all other extents must be equal"):
        nn.Concatenate().build((3, 4), (2, 4))
    with pytest.raises(ShapeError, match="its axis is 0"):
        nn.Concatenate(0).build(3, 3)


def test_residual(difference_agrees):
    layer = nn.Residual(nn.Dense(5, activation="tanh"), nn.Dense(3))
    y = layer.forward(A)
    np.testing.assert_allclose(y, A + layer.layers[1].last_output, rtol=1e-12)
    assert next(iter(layer.parameters())) == "layers.0.weight"
    difference_agrees(layer, A.copy())


def test_residual_refuses():
    match = r"layers turn \(3,\) into \(4,\), which cannot be added.*last layer give \(3,\)"
    with pytest.raises(ShapeError, match=match):
        nn.Residual(nn.Dense(4)).build(3)
    with pytest.raises(UsageError, match="expected one layer or more"):
        nn.Residual()
