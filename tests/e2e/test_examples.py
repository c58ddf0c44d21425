"""Every example runs, small; the settings they come with are measured by scripts/quality.py."""

import importlib.util
import os
import runpy
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


@pytest.fixture
def main(monkeypatch, tmp_path):
    """The main function of an example, run in an empty directory."""
    monkeypatch.chdir(tmp_path)

    def load(name):
        return runpy.run_path(str(EXAMPLES / f"{name}.py"))["main"]

    return load


@pytest.fixture
def real_data(monkeypatch):
    beside = ROOT.parent / "shared" / "data"
    directory = Path(os.environ.get("CONSTNET_DATA") or beside)
    if not directory.is_dir():
        pytest.skip(f"no data sets: CONSTNET_DATA is not set and {beside} does not exist")
    monkeypatch.setenv("CONSTNET_DATA", str(directory))


def need(*modules):
    absent = [name for name in modules if importlib.util.find_spec(name) is None]
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)} (extras `data` and `plot`)")


def test_every_example_is_run_here():
    text = Path(__file__).read_text(encoding="utf-8")
    missing = [path.stem for path in EXAMPLES.glob("*.py") if f'main("{path.stem}")' not in text]
    assert missing == []


def test_walkthrough(main, capsys):
    before, after = main("walkthrough")()
    # worked by hand: answer [1, 2.5, 3], wanted [1, 2, 2]: (0 + 0.25 + 1) / 3. Each blame g moves
    # its answer by 0.1 (1 + 4 + 1) g = 0.6 g, and g = 2/3 of the difference: 0.6 of it remains
    assert before == pytest.approx(1.25 / 3)
    assert after == pytest.approx(1.25 / 3 * 0.36)
    assert "tanh(0.1) = 0.0997" in capsys.readouterr().out


def test_xor(main):
    assert main("xor")(steps=500, verbose=0) < 0.1


def test_gaussian_and_its_picture(main, tmp_path):
    need("matplotlib", "PIL")
    error = main("gaussian")(steps=6000, frames=2, picture="bell.gif", verbose=0)
    assert error < 0.2  # a network that says 0 everywhere is at 2.18
    from PIL import Image

    with Image.open(tmp_path / "bell.gif") as picture:
        assert picture.n_frames == 2


def test_gaussian_without_a_picture(main):
    assert main("gaussian")(width=16, steps=2000, picture=None, verbose=0) < 0.5


def test_digits_and_the_c_file(main, tmp_path):
    assert main("digits")(epochs=8, export="digits.c", verbose=0) > 0.93
    assert (tmp_path / "digits.c").stat().st_size > 0


@pytest.mark.slow
def test_mnist(main, real_data, tmp_path):
    accuracy = main("mnist")(epochs=3, hidden=64, rows=4000, save="m.safetensors", verbose=0)
    assert accuracy > 0.75
    assert (tmp_path / "m.safetensors").is_file()


@pytest.mark.slow
def test_cats_and_a_photo(main, real_data, tmp_path, capsys):
    need("h5py", "PIL")
    from PIL import Image

    Image.fromarray(np.full((80, 120, 3), 90, np.uint8)).save(tmp_path / "photo.jpg")
    accuracy = main("cats")("photo.jpg", epochs=5, hidden=8, save="c.safetensors", verbose=0)
    assert 0.3 <= accuracy <= 1
    assert "photo.jpg: " in capsys.readouterr().out
    assert (tmp_path / "c.safetensors").is_file()


def test_table(main):
    need("polars")
    assert main("table")(epochs=60, verbose=1) >= 0.9


def test_functional(main):
    assert main("functional")(rows=1024, epochs=20, verbose=0) < 0.58


def test_custom_layer(main):
    assert main("custom_layer")(rows=256, epochs=60, verbose=0) > 0.85
