import numpy as np
import pytest

import constnet as cn
from constnet.cli.main import main
from constnet.cli.train import _numbers
from constnet.errors import UsageError


def test_arrays_become_a_model_file(run, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype(np.float32)
    np.savez(tmp_path / "data.npz", x=x, y=(x[:, :1] * 2).astype(np.float32))
    output = tmp_path / "m.safetensors"
    code, text = run(
        "train", tmp_path / "data.npz", "--epochs", "3", "--hidden", "8", "--quiet", "-o", output
    )
    assert code == 0
    assert "held out (12 rows): loss" in text
    assert cn.load(output).predict(x).shape == (60, 1)


def test_a_table_can_be_predicted_with_its_encoding(run, tmp_path):
    pytest.importorskip("polars")
    rows = "".join(f"{i % 7},{'red' if i % 2 else 'blue'},{i % 2}\n" for i in range(40))
    (tmp_path / "t.csv").write_text("size,color,kind\n" + rows)
    output = tmp_path / "m.safetensors"
    code, _ = run("train", tmp_path / "t.csv", "--target", "kind", "--epochs", "1", "-q",
                  "-o", output, "--hidden", "4")  # fmt: skip
    assert code == 0
    (tmp_path / "new.csv").write_text("size,color\n3,red\n")
    code, text = run("predict", output, tmp_path / "new.csv")
    assert code == 0
    assert "new.csv: " in text
    code, text = run("evaluate", output, tmp_path / "t.csv")
    assert code == 0
    assert "accuracy:" in text


def test_lists_of_numbers():
    assert _numbers("64x32x3", "x", "--size") == (64, 32, 3)
    with pytest.raises(UsageError, match="--hidden 'a,b' is not a list of whole numbers"):
        _numbers("a,b", ",", "--hidden")


def test_values_far_from_one_are_learned(run, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2)).astype(np.float32)
    y = (200_000 + 50_000 * x[:, 0]).astype(np.float32)
    np.savez(tmp_path / "prices.npz", x=x, y=y)
    output = tmp_path / "m.safetensors"
    code, _ = run("train", tmp_path / "prices.npz", "--epochs", "30", "-q", "-o", output)
    assert code == 0
    found = cn.load(output).predict(x).reshape(-1)
    assert np.abs(found - y).mean() < 5_000


def test_a_place_that_cannot_be_written_is_refused_before_training(capsys, tmp_path):
    output = tmp_path / "none" / "m.safetensors"
    assert main(["train", "digits", "-q", "-o", str(output)]) == 2
    printed = capsys.readouterr()
    assert "cannot be written" in printed.err
    assert printed.out == ""


@pytest.mark.parametrize(
    ("option", "value"), [("--target", "price"), ("--held-out", "0.5"), ("--size", "8x8x1")]
)
def test_options_that_would_be_ignored_are_refused(option, value, capsys):
    assert main(["train", "digits", option, value]) == 2
    assert f"digits is a data set with a test part, so {option}" in capsys.readouterr().err
