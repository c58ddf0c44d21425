import math

import numpy as np
import pytest

from constnet import nn, ops
from constnet.errors import ShapeError, UsageError
from constnet.nn.position import angles, rotate

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 6, 5))


@pytest.mark.parametrize("features", [4, 5])
def test_sinusoidal_is_the_formula(features):
    y = nn.SinusoidalPosition(base=100.0).forward(np.zeros((1, 6, features)))[0]
    for t in range(6):
        for i in range(features):
            turn = t / 100.0 ** (2 * (i // 2) / features)
            assert y[t, i] == pytest.approx((math.cos if i % 2 else math.sin)(turn), abs=1e-15)


def test_sinusoidal_adds():
    layer = nn.SinusoidalPosition()
    table = layer.forward(np.zeros((1, 6, 5)))
    np.testing.assert_array_equal(layer.forward(X), X + table)


def test_learned_rows_and_their_gradient():
    layer = nn.LearnedPosition(8)
    layer.build((6, 5))
    layer.initialize(0, "float64")
    assert layer.weight.shape == (8, 5)
    np.testing.assert_array_equal(layer.forward(X), X + layer.weight.data[:6])
    dy = RNG.normal(size=X.shape)
    np.testing.assert_array_equal(layer.backward(dy), dy)
    np.testing.assert_allclose(layer.weight_grad[:6], dy.sum(0), rtol=1e-14)
    np.testing.assert_array_equal(layer.weight_grad[6:], 0.0)


def test_as_many_rows_as_steps_by_default():
    layer = nn.LearnedPosition()
    layer.forward(X)
    assert layer.weight.shape == (6, 5)


@pytest.mark.parametrize("make", [nn.SinusoidalPosition, nn.LearnedPosition])
def test_refused(make):
    with pytest.raises(UsageError, match="length is 0"):
        make(0)
    with pytest.raises(ShapeError, match=r"takes one sequence \(batch, time, features\)"):
        make().forward(X[0])
    with pytest.raises(ShapeError, match=r"it has 5 positions\. Give it length=6"):
        make(5).forward(X)
    assert nn.from_config(make(9).config()).length == 9


def test_a_learned_table_does_not_grow():
    layer = nn.LearnedPosition()
    layer.forward(X[:, :4])
    with pytest.raises(ShapeError, match="it has 4 positions"):
        layer.forward(X)


def test_refused_base():
    with pytest.raises(UsageError, match=r"SinusoidalPosition: base is 0\.0"):
        nn.SinusoidalPosition(base=0.0)


def test_rotation_is_that_of_complex_numbers():
    x = RNG.normal(size=(2, 3, 6, 8))
    turns = angles(6, 4, 4.0, 100.0)

    class Rotated(nn.Layer):
        def call(self, given):
            return rotate(given, (ops.constant(np.cos(turns)), ops.constant(np.sin(turns))))

    expected = (x[..., :4] + 1j * x[..., 4:]) * np.exp(1j * turns)
    found = Rotated().forward(x)
    np.testing.assert_allclose(found[..., :4], expected.real, rtol=1e-12)
    np.testing.assert_allclose(found[..., 4:], expected.imag, rtol=1e-12)
