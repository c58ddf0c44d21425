"""Images: colors, orientation and transparency by hand; every refusal."""

import sys

import numpy as np
import pytest

from constnet.data import read_image, read_image_folder
from constnet.errors import DataError, ShapeError, UsageError

Image = pytest.importorskip("PIL.Image", reason="Pillow (extra `data`) is not installed")

RED, BLUE = (255, 0, 0), (0, 0, 255)


def save(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array(pixels, np.uint8)).save(path, **options)
    return path


def test_color_is_red_green_blue(tmp_path):
    path = save(tmp_path / "a.png", [[RED, BLUE]])
    assert read_image(path, (1, 2, 3)).tolist() == [[list(RED), list(BLUE)]]


def test_gray_weighs_the_colors_as_television_does(tmp_path):
    path = save(tmp_path / "a.png", [[RED, BLUE]])
    gray = read_image(path, (1, 2))
    # ITU-R BT.601: 0.299 red, 0.587 green, 0.114 blue
    assert gray.tolist() == [[round(0.299 * 255), round(0.114 * 255)]]
    assert read_image(path, (1, 2, 1)).tolist() == [[[76], [29]]]


def test_gray_becomes_color_and_is_stretched(tmp_path):
    path = save(tmp_path / "a.png", np.full((3, 9), 200))
    image = read_image(path, (5, 4, 3))
    assert image.shape == (5, 4, 3)
    assert (image == 200).all()


def test_halving_averages(tmp_path):
    path = save(tmp_path / "a.png", np.tile([[0, 100]], (8, 8)))
    assert np.abs(read_image(path, (4, 8))[1:3, 1:7].astype(int) - 50).max() <= 13


def test_the_camera_says_which_side_is_up(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter to the right
    path = save(tmp_path / "a.png", [[10, 20, 30]], exif=exif)
    assert read_image(path, (3, 1)).tolist() == [[10], [20], [30]]


def test_a_transparent_pixel_is_white(tmp_path):
    path = save(tmp_path / "a.png", [[(0, 0, 0, 0), (9, 9, 9, 255)]])
    assert read_image(path, (1, 2)).tolist() == [[255, 9]]


@pytest.mark.parametrize("shape", [(64,), (64, 64, 2), (3, 64, 64), (0, 64), (1, 64, 64, 3)])
def test_rejects_what_is_no_shape_of_an_image(tmp_path, shape):
    with pytest.raises(ShapeError, match=r"is not the shape of an image; expected \(height, width"):
        read_image(tmp_path / "a.png", shape)


def test_rejects_a_file_that_is_no_image(tmp_path):
    whole = save(tmp_path / "a.png", np.zeros((40, 40))).read_bytes()
    for name, content in (("text.jpg", b"hello"), ("cut.png", whole[:-20]), ("empty.png", b"")):
        (tmp_path / name).write_bytes(content)
        expected = rf"{name} \({len(content)} bytes\) is not an image that can be read"
        with pytest.raises(DataError, match=expected):
            read_image(tmp_path / name, (4, 4))
    with pytest.raises(FileNotFoundError):
        read_image(tmp_path / "absent.png", (4, 4))


def test_rejects_sixteen_bits(tmp_path):
    Image.fromarray(np.full((2, 2), 40000, np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(DataError, match=r"deep\.png has Pillow mode 'I.*Convert it to 8 bits"):
        read_image(tmp_path / "deep.png", (2, 2))


def test_rejects_an_image_large_enough_to_be_an_attack(tmp_path, monkeypatch):
    path = save(tmp_path / "a.png", np.zeros((40, 40)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(DataError, match="decompression bomb"):
        read_image(path, (4, 4))


def test_a_folder_has_a_class_in_each_subfolder(tmp_path):
    for name, value in (("dog/2.png", 20), ("dog/1.PNG", 10), ("cat/a.png", 30)):
        save(tmp_path / name, np.full((2, 2), value))
    (tmp_path / "dog" / "notes.txt").write_text("no image")
    (tmp_path / ".hidden").mkdir()
    folder = read_image_folder(tmp_path, (2, 2))
    assert folder.class_names == ("cat", "dog")
    assert folder.y.tolist() == [0, 1, 1]
    assert folder.x[:, 0, 0].tolist() == [30, 10, 20]
    assert [path.name for path in folder.paths] == ["a.png", "1.PNG", "2.png"]
    again = read_image_folder(tmp_path, (2, 2), class_names=("dog", "cat"))
    assert again.y.tolist() == [1, 0, 0]


def test_rejects_a_folder_without_classes_or_images(tmp_path):
    with pytest.raises(DataError, match="is not a folder"):
        read_image_folder(tmp_path / "absent", (2, 2))
    with pytest.raises(DataError, match="has 0 subfolders"):
        read_image_folder(tmp_path, (2, 2))
    (tmp_path / "cat").mkdir()
    with pytest.raises(DataError, match="cat holds 0 images"):
        read_image_folder(tmp_path, (2, 2))
    save(tmp_path / "cat" / "a.png", np.zeros((2, 2)))
    with pytest.raises(UsageError, match="cat is none of the classes 'dog'"):
        read_image_folder(tmp_path, (2, 2), class_names=("dog",))


def test_without_pillow_the_command_that_installs_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(UsageError, match=r'needs PIL .*pip install "constnet\[data\]"'):
        read_image(tmp_path / "a.png", (2, 2))
