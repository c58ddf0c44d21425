import csv
import json

import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.train import resume
from constnet.train.loggers import CSVLogger, JSONLinesLogger

X = np.random.default_rng(0).normal(size=(16, 2))
Y = X[:, :1]


def make():
    return cn.Model(nn.Sequential(nn.Dense(2, 1)), "mse", cn.optim.SGD(0.1))


def test_rows_and_lines_hold_the_history(tmp_path):
    table, lines = tmp_path / "log.csv", tmp_path / "log.jsonl"
    log = make().fit(
        X, Y, epochs=3, validation_split=0.25, verbose=0,
        callbacks=[CSVLogger(table), JSONLinesLogger(lines)],
    )  # fmt: skip
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == [0, 1, 2]
    assert [float(row["val_loss"]) for row in rows] == log["val_loss"]
    entries = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [entry["loss"] for entry in entries] == log["loss"]


def test_a_second_run_overwrites_unless_it_appends(tmp_path):
    path = tmp_path / "log.csv"
    for append, rows in ((False, 2), (True, 4), (False, 2)):
        make().fit(X, Y, epochs=2, verbose=0, callbacks=[CSVLogger(path, append=append)])
        assert len(path.read_text().splitlines()) == rows + 1


def test_a_resumed_run_has_every_epoch_once(tmp_path, monkeypatch):
    monkeypatch.setattr(resume, "LEAST_SECONDS", 1e9)
    table, lines, ckpt = (tmp_path / name for name in ("log.csv", "log.jsonl", "run.ckpt"))

    def run(epochs):
        loggers = [CSVLogger(table), JSONLinesLogger(lines)]
        make().fit(X, Y, epochs=epochs, verbose=0, resume=ckpt, callbacks=loggers)

    run(2)
    kept = ckpt.read_bytes()
    run(4)
    whole = table.read_text(), lines.read_text()
    ckpt.write_bytes(kept)  # as if the run had been killed after the fourth epoch was logged
    run(4)
    assert (table.read_text(), lines.read_text()) == whole
    assert len(table.read_text().splitlines()) == 5


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(cn.StorageError, match=r"CSVLogger cannot write .*missing"):
        make().fit(X, Y, verbose=0, callbacks=[CSVLogger(tmp_path / "missing" / "log.csv")])
