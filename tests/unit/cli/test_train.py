import numpy as np
import pytest

import constnet as cn
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
