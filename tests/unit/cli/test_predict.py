import re

import numpy as np

import constnet as cn


def test_each_row_gets_its_class(run, model_file, rows_file):
    code, text = run("predict", model_file, rows_file)
    assert code == 0
    lines = text.splitlines()
    assert len(lines) == 3
    assert all(re.search(r" row \d: (yes|no) \(\d+\.\d%\)$", line) for line in lines)


def test_raw_outputs_are_saved(run, model_file, rows_file, tmp_path):
    code, _ = run("predict", model_file, rows_file, "--output", tmp_path / "y.npy")
    assert code == 0
    expected = cn.load(model_file).predict(np.load(rows_file)["x"])
    assert np.array_equal(np.load(tmp_path / "y.npy"), expected)
