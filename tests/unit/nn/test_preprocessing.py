import numpy as np
import pytest

from constnet import nn
from constnet.errors import DataError, ShapeError, UsageError
from constnet.ir.graph import GraphBuilder
from constnet.nn.preprocessing import has_post_processing
from constnet.ops.tensor import Trace, tracing

DATA = np.random.default_rng(0).normal(3.0, [1.0, 20.0, 0.1], size=(50, 3))


def test_rescaling_of_bytes():
    x = np.array([[0, 51, 255]], np.uint8)
    y = nn.Rescaling(1 / 255, offset=-0.5).forward(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, [[-0.5, -0.3, 0.5]], rtol=1e-6)


@pytest.mark.parametrize("is_built", [False, True])
def test_normalization_measures_the_data(is_built):
    layer = nn.Normalization()
    if is_built:
        layer.build(3)
        layer.initialize(0, "float64")
    y = layer.adapt(DATA).forward(DATA)
    np.testing.assert_allclose(y, (DATA - DATA.mean(0)) / DATA.std(0), rtol=1e-9)
    assert set(layer.states()) == {"mean", "variance"}
    layer.initialize(1)
    np.testing.assert_array_equal(layer.mean.data, np.float32(DATA.mean(0)))


def test_normalization_of_a_constant_feature():
    layer = nn.Normalization().adapt(np.full((4, 1), 7.0))
    np.testing.assert_array_equal(layer.forward(np.full((1, 1), 7.0)), [[0.0]])


def test_normalization_without_data_is_the_identity():
    np.testing.assert_allclose(nn.Normalization().forward(DATA), DATA)


def test_normalization_of_images_and_integers():
    x = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
    y = nn.Normalization().adapt(x).forward(x)
    flat = x.reshape(-1, 3).astype(float)
    expected = ((flat - flat.mean(0)) / flat.std(0)).reshape(x.shape)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


def test_normalization_refuses():
    layer = nn.Normalization()
    with pytest.raises(DataError, match=r"array of shape \(0, 3\); expected"):
        layer.adapt(np.ones((0, 3)))
    bad = DATA.copy()
    bad[4, 1] = np.nan
    with pytest.raises(DataError, match=r"adapt was given nan at \(4, 1\)"):
        layer.adapt(bad)
    layer.adapt(DATA)
    with pytest.raises(ShapeError, match="it takes 3 features on the last axis"):
        layer.build(2)
    layer.build(3)
    with pytest.raises(ShapeError, match="built for 3 features and was adapted to 2"):
        layer.adapt(DATA[:, :2])


def test_one_hot():
    y = nn.OneHot(3).forward(np.array([2, 0, 3]))
    np.testing.assert_array_equal(y, [[0, 0, 1], [1, 0, 0], [0, 0, 0]])
    assert nn.OneHot(4).forward(np.zeros((2, 5), np.int32)).shape == (2, 5, 4)


def test_one_hot_of_a_float_beyond_every_integer_is_zeros():
    y = nn.OneHot(2).forward(np.array([np.nan, np.inf, -np.inf, 1e30, -1.0, 2.0, 1.5, -0.5]))
    np.testing.assert_array_equal(y, [*[[0, 0]] * 6, [0, 1], [1, 0]])


def test_argmax_takes_the_first_of_equals():
    y = nn.Argmax().forward(np.array([[1.0, 3.0, 3.0], [5.0, 0.0, 0.0]]))
    np.testing.assert_array_equal(y, [1, 0])
    assert y.dtype == np.int32


def test_argmax_passes_scores_on_where_a_loss_needs_them():
    scores = np.array([[1.0, 3.0]])
    np.testing.assert_array_equal(nn.Argmax().forward(scores, training=True), scores)
    with tracing(Trace(GraphBuilder("t"), extras={"post_processing": False})):
        assert not has_post_processing()


def test_class_names_travel_with_the_network():
    net = nn.Sequential(nn.Dense(2), nn.Softmax(), nn.Argmax(class_names=["cat", "dog"]))
    assert nn.class_names(net) == ("cat", "dog")
    assert nn.class_names(nn.from_config(net.config())) == ("cat", "dog")
    assert nn.class_names(nn.Dense(2)) is None
    layer = nn.ClassNames(["no", "yes"])
    np.testing.assert_array_equal(layer.forward(np.array([[0.25]])), [[0.25]])
    assert layer.class_names == ("no", "yes")


def test_class_names_must_fit():
    with pytest.raises(ShapeError, match="it has 2 class names"):
        nn.Argmax(["a", "b"]).build(3)
    with pytest.raises(ShapeError, match="it has 3 class names"):
        nn.ClassNames(["a", "b", "c"]).build(2)
    with pytest.raises(UsageError, match=r"class_names is .*distinct texts"):
        nn.ClassNames(["a", "a"])
    with pytest.raises(UsageError, match="distinct texts"):
        nn.ClassNames([])
