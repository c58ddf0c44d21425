import math

import numpy as np
import pytest

from constnet import nn
from constnet.errors import UsageError
from constnet.nn.augmentation_affine import rotate, zoom
from constnet.nn.augmentation_pixels import Fill
from constnet.ops.eager import run_at_once

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 5, 5, 2))
EDGE = Fill("test", "edge", 0.0)


def turned(x, degrees, fill=EDGE):
    angles = np.full(len(x), math.radians(degrees))
    return run_at_once(lambda t, a: rotate(t, a, fill), (x, angles), {})


def scaled(x, factor, fill=EDGE):
    factors = np.full(len(x), factor)
    return run_at_once(lambda t, f: zoom(t, f, fill), (x, factors), {})


@pytest.mark.parametrize("quarters", [-1, 0, 1, 2, 3])
def test_quarter_turns_are_exact_and_counterclockwise(quarters):
    expected = np.rot90(X, quarters, axes=(1, 2))
    np.testing.assert_allclose(turned(X, 90.0 * quarters), expected, atol=1e-12)


@pytest.mark.parametrize("degrees", [10.0, -33.0, 45.0])
def test_a_plane_stays_a_plane_under_rotation(degrees):
    # Interpolation is exact on a plane, so inside the image the rotated plane is known.
    i, j = np.mgrid[:21, :21] - 10.0
    x = (2.0 * i - 3.0 * j + 1.0)[None, :, :, None]
    angle = math.radians(degrees)
    down = i * math.cos(angle) + j * math.sin(angle)
    right = j * math.cos(angle) - i * math.sin(angle)
    inside = (np.abs(down) <= 10) & (np.abs(right) <= 10)
    found = turned(x, degrees, Fill("test", "constant", 99.0))[0, :, :, 0]
    np.testing.assert_allclose(found[inside], (2 * down - 3 * right + 1)[inside], atol=1e-11)
    beyond = (np.abs(down) >= 11) | (np.abs(right) >= 11)
    assert (found[beyond] == 99.0).all()


def test_zooming_in_twice_reads_every_half_pixel():
    x = np.arange(5.0)[None, :, None, None] + 10 * np.arange(5.0)[None, None, :, None]
    found = scaled(x, 2.0)[0, :, :, 0]
    places = np.array([1.0, 1.5, 2.0, 2.5, 3.0])
    np.testing.assert_allclose(found, places[:, None] + 10 * places[None, :], atol=1e-12)


def test_zooming_out_lets_the_fill_in():
    found = scaled(X, 0.5, Fill("test", "constant", 7.0))
    np.testing.assert_allclose(found[:, 1:4, 1:4], X[:, ::2, ::2], atol=1e-12)
    assert (found[:, 0] == 7.0).all()
    assert (found[:, :, -1] == 7.0).all()


def angles_of(layer, count=3000):
    """The angles drawn, seen in the images of one bright pixel to the right of the middle."""
    x = np.zeros((count, 3, 3, 1))
    x[:, :, :, 0] = np.arange(-1, 2)  # a plane that rises to the right
    y = layer.forward(x, training=True)[:, :, :, 0]
    return np.degrees(np.arctan2(-(y[:, 2, 1] - y[:, 0, 1]), y[:, 1, 2] - y[:, 1, 0]))


def test_angles_are_uniform_within_their_limits():
    found = angles_of(nn.RandomRotation((-10.0, 40.0), "reflect"))
    spread = np.sort(angles_of(nn.RandomRotation(40.0, "edge")))
    assert found.min() < -8
    assert found.max() > 38
    assert found.min() > -10.001
    assert found.max() < 40.001
    even = np.linspace(-40, 40, len(spread))
    assert np.abs(spread - even).max() < 3.0


def test_one_number_is_a_span_around_one():
    assert nn.RandomZoom(0.25).factor == (0.75, 1.25)
    x = np.broadcast_to(np.arange(9.0)[:, None, None] - 4, (500, 9, 9, 1))
    y = nn.RandomZoom(0.25, "edge").forward(x, training=True)
    slopes = y[:, 5, 4, 0] - y[:, 4, 4, 0]
    assert slopes.min() >= 1 / 1.25 - 1e-9
    assert slopes.max() <= 1 / 0.75 + 1e-9
    assert slopes.std() > 0.1


def test_bytes_become_the_networks_floats():
    x = np.zeros((1, 3, 3, 1), np.uint8)
    assert nn.RandomRotation(10).forward(x).dtype == np.float32
    assert nn.RandomZoom(0.1).forward(x, training=True).dtype == np.float32


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.RandomRotation("much"), "RandomRotation: degrees is 'much'; expected a num"),
        (lambda: nn.RandomRotation((1.0, 2.0, 3.0)), r"expected a number, or \(lowest, highest\)"),
        (lambda: nn.RandomRotation((5.0, -5.0)), "the lowest above the highest"),
        (lambda: nn.RandomRotation(400.0), "degrees is 400.0; expected a finite number"),
        (lambda: nn.RandomZoom(1.0), "RandomZoom: factor is 1.0"),
        (lambda: nn.RandomZoom((0.0, 1.0)), "RandomZoom: factor is 0.0; expected a finite"),
    ],
)
def test_settings_out_of_range(make, message):
    with pytest.raises(UsageError, match=message):
        make()
