import numpy as np

from constnet.drawing import color


def lightness(rgb):
    return rgb @ np.array([0.299, 0.587, 0.114])


def test_signed_values_are_white_at_zero_and_differ_by_sign():
    low, zero, high = color.map_signed(np.array([-2.0, 0.0, 2.0]))
    assert zero.tolist() == [247, 247, 247]
    assert low[0] > low[2]  # brown
    assert high[2] > high[0]  # blue


def test_maps_do_not_turn_back():
    ramp = lightness(color.map_amounts(np.linspace(0, 1, 50)).astype(float))
    assert (np.diff(ramp) < 0).all()
    signed = lightness(color.map_signed(np.linspace(-1, 1, 101)).astype(float))
    assert (np.diff(signed[:51]) >= 0).all()
    assert (np.diff(signed[50:]) <= 0).all()


def test_a_given_limit_decides_the_scale():
    assert (color.map_signed(np.array(0.5), limit=1.0) == color.map_signed(np.array([1, 2.0])[0],
            limit=2.0)).all()  # fmt: skip


def test_values_that_are_no_numbers():
    assert color.map_signed(np.array([np.nan, 1.0]))[0].tolist() == [247, 247, 247]
    assert color.map_gray(np.array([np.nan, -1.0, 2.0])).tolist() == [[0] * 3, [0] * 3, [255] * 3]
    assert color.map_signed(np.zeros(2)).tolist() == [[247] * 3] * 2


def test_hexadecimal_and_contrast():
    assert color.hexadecimal(np.array([0, 114, 178])) == "#0072b2"
    assert color.is_dark(np.array([0, 0, 120]))
    assert not color.is_dark(np.array([250, 250, 200]))
