import numpy as np
import pytest

from constnet import nn
from constnet.errors import ShapeError, UsageError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 5, 6, 2))
ALL = [
    nn.RandomFlip("both"),
    nn.RandomShift(2, 3),
    nn.Cutout(3),
    nn.RandomRotation(30),
    nn.RandomZoom(0.2),
    nn.RandomBrightness(0.1),
    nn.RandomContrast(0.1),
    nn.RandomCrop(4, 4, 1),
]


def matches(y, candidates):
    """For each image, which of the candidates it equals; -1 for none."""
    found = np.full(len(y), -1)
    for number, candidate in enumerate(candidates):
        found[(y == candidate).all(axis=(1, 2, 3))] = number
    return found


def shifted(x, down, right, mode):
    """Images moved whole, by NumPy's padding."""
    height, width = x.shape[1:3]
    padded = np.pad(x, ((0, 0), (9, 9), (9, 9), (0, 0)), mode)
    return padded[:, 9 - down : 9 - down + height, 9 - right : 9 - right + width]


@pytest.mark.parametrize(("mode", "count"), [("horizontal", 2), ("vertical", 2), ("both", 4)])
def test_flips_come_up_equally_often(mode, count):
    sides = {"horizontal": [X, X[:, :, ::-1]], "vertical": [X, X[:, ::-1]]}
    sides["both"] = [X, X[:, :, ::-1], X[:, ::-1], X[:, ::-1, ::-1]]
    found = matches(nn.RandomFlip(mode).forward(X, training=True), sides[mode])
    shares = np.bincount(found, minlength=count) / len(X)
    np.testing.assert_allclose(shares, 1 / count, atol=0.08)


@pytest.mark.parametrize("fill", ["constant", "edge", "reflect"])
def test_every_shift_comes_up_and_nothing_else(fill):
    y = nn.RandomShift(1, 2, fill).forward(X, training=True)
    moves = [(i, j) for i in (-1, 0, 1) for j in (-2, -1, 0, 1, 2)]
    found = matches(y, [shifted(X, i, j, fill) for i, j in moves])
    shares = np.bincount(found, minlength=15) / len(X)
    np.testing.assert_allclose(shares, 1 / 15, atol=0.05)


def test_shifts_as_a_share_of_the_size():
    y = nn.RandomShift(0.5, 0.0).forward(X, training=True)
    found = matches(y, [shifted(X, i, 0, "constant") for i in range(-2, 3)])
    np.testing.assert_allclose(np.bincount(found, minlength=5) / len(X), 0.2, atol=0.08)


def test_crops_are_parts_of_the_padded_image():
    y = nn.RandomCrop(4, 6, 1, value=3.0).forward(X, training=True)
    padded = np.pad(X, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=3.0)
    parts = [padded[:, i : i + 4, j : j + 6] for i in range(4) for j in range(3)]
    shares = np.bincount(matches(y, parts), minlength=12) / len(X)
    np.testing.assert_allclose(shares, 1 / 12, atol=0.05)


def test_outside_of_training_a_crop_is_the_middle():
    np.testing.assert_array_equal(nn.RandomCrop(3, 2).forward(X), X[:, 1:4, 2:4])
    np.testing.assert_array_equal(nn.RandomCrop(5, 6, 4).forward(X), X)
    wide = nn.RandomCrop(7, 4, 1, "edge").forward(X)
    padded = np.pad(X, ((0, 0), (1, 1), (0, 0), (0, 0)), "edge")
    np.testing.assert_array_equal(wide, padded[:, :, 1:5])


def test_cutouts_cover_a_rectangle_around_any_pixel():
    y = nn.Cutout((3, 2), value=9.0).forward(X, training=True)
    parts = []
    for i in range(5):
        for j in range(6):
            covered = X.copy()
            covered[:, max(0, i - 1) : i + 2, max(0, j - 1) : j + 1] = 9.0
            parts.append(covered)
    found = matches(y, parts)
    assert found.min() >= 0
    assert np.unique(found).size == 30


def test_bytes_stay_bytes_where_pixels_only_move():
    x = RNG.integers(0, 256, (3, 4, 4, 1), dtype=np.uint8)
    for layer in (nn.RandomFlip(), nn.RandomShift(1, 1), nn.RandomCrop(3, 3), nn.Cutout(2)):
        assert layer.forward(x, training=True).dtype == np.uint8
        assert layer.forward(x).dtype == np.uint8


@pytest.mark.parametrize("layer", ALL[:-1], ids=lambda layer: type(layer).__name__)
def test_they_act_in_training_only_and_are_a_function_of_seed_and_step(layer):
    x = X[:8]
    np.testing.assert_array_equal(layer.forward(x), x)
    first = layer.forward(x, training=True, seed=3, step=5)
    np.testing.assert_array_equal(layer.forward(x, training=True, seed=3, step=5), first)
    assert (layer.forward(x, training=True, seed=4, step=5) != first).any()
    assert (layer.forward(x, training=True, seed=3, step=6) != first).any()


@pytest.mark.parametrize("layer", ALL, ids=lambda layer: type(layer).__name__)
def test_images_of_a_batch_have_draws_of_their_own(layer):
    same = np.broadcast_to(X[:1], X.shape)
    y = layer.forward(same, training=True)
    assert len(np.unique(y.reshape(len(y), -1), axis=0)) >= 4


@pytest.mark.parametrize("layer", ALL, ids=lambda layer: type(layer).__name__)
def test_configurations_are_read_back(layer):
    again = nn.from_config(layer.config())
    np.testing.assert_array_equal(
        again.forward(X[:4], training=True), layer.forward(X[:4], training=True)
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.RandomFlip("diagonal"), "mode is 'diagonal'; expected 'horizontal', 'vert"),
        (lambda: nn.RandomShift(-1, 0), "RandomShift: height is -1; expected 0 to"),
        (lambda: nn.RandomShift(0, 1.5), "RandomShift: width is 1.5; expected a finite number"),
        (lambda: nn.Cutout(0), "Cutout: size is 0"),
        (lambda: nn.RandomCrop(0, 3), "RandomCrop: height is 0"),
        (lambda: nn.RandomCrop(3, 3, -1), "RandomCrop: padding is -1; expected 0 to"),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(UsageError, match=message):
        make()


def test_shapes_that_are_no_images():
    message = r"RandomFlip\(\) receives \(batch, 784\).*needs \(batch, height, width, channels\)"
    with pytest.raises(ShapeError, match=message):
        nn.RandomFlip().build(784)
    message = r"cuts \(40, 32\) out of \(34, 34\) pixels, padding included. Use padding=4"
    with pytest.raises(ShapeError, match=message):
        nn.RandomCrop(40, 32, padding=1).build((32, 32, 3))


def test_a_subclass_without_augment_says_so():
    class Nothing(nn.augmentation.ImageAugmentation):
        pass

    with pytest.raises(UsageError, match=r"Nothing\(\) has no `augment`"):
        Nothing().forward(X, training=True)
