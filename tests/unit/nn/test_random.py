import numpy as np
import pytest

from constnet import nn, ops
from constnet.errors import UsageError
from constnet.ir.graph import GraphBuilder
from constnet.ops.tensor import Trace, tracing


class Noise(nn.Layer):
    def call(self, x):
        return nn.random.uniform(x.shape, -1.0, 3.0), nn.random.normal(x.shape)


def draw(**options):
    layer = Noise()
    layer.forward(np.zeros((200, 200), np.float32), **options)
    return layer.last_outputs


def test_moments():
    uniform, normal = draw()
    assert uniform.min() >= -1.0
    assert uniform.max() < 3.0
    assert abs(uniform.mean() - 1.0) < 0.03
    assert abs(normal.mean()) < 0.03
    assert abs(normal.std() - 1.0) < 0.03


def test_whole_numbers():
    class Dice(nn.Layer):
        def call(self, x):
            return nn.random.integers(x.shape, 1, 7)

    thrown = Dice().forward(np.zeros((100, 100), np.float32))
    assert thrown.dtype == np.int32
    shares = np.bincount(thrown.ravel(), minlength=7) / thrown.size
    np.testing.assert_allclose(shares, [0, *[1 / 6] * 6], atol=0.015)


def test_they_are_a_function_of_seed_and_step():
    first = draw(seed=2**40 + 1, step=3)[0]
    np.testing.assert_array_equal(first, draw(seed=2**40 + 1, step=3)[0])
    assert (first != draw(seed=1, step=3)[0]).any()
    assert (first != draw(seed=2**40 + 1, step=4)[0]).any()


def test_a_trace_without_a_seed_is_an_error():
    with (
        tracing(Trace(GraphBuilder("t"))),
        pytest.raises(UsageError, match=r"no 'seed' and 'step' among its extras, only \[\]"),
    ):
        nn.random.normal((3,))


def test_numbered_draws_differ_in_every_iteration_of_a_scan():
    class Noise(nn.Layer):
        def call(self, x):
            draw = nn.random.numbered()
            _, (drawn,) = ops.scan(
                lambda _carry, items: ((), (draw(items[0], x.shape, x.dtype),)),
                (),
                (ops.arange(50),),
            )
            return ops.swapaxes(drawn, 0, 1)

    layer, x = Noise(), np.zeros((2, 300))
    drawn = layer.forward(x, step=1)
    assert len(np.unique(drawn)) == drawn.size
    assert 0 <= drawn.min() < drawn.max() < 1
    assert abs(np.corrcoef(drawn[0])[np.triu_indices(50, 1)]).max() < 0.25
    np.testing.assert_array_equal(layer.forward(x, step=1), drawn)
    assert (layer.forward(x, step=2) != drawn).all()
