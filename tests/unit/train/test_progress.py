import io

import numpy as np

from constnet.train import progress


def show(display, epochs=3, steps=10):
    display.begin(epochs, steps)
    for epoch in range(epochs):
        display.epoch(epoch)
        display.advance(steps)
        display.report(epoch, {"loss": 0.5 - epoch / 10, "matrix": np.eye(2)})
    display.end()


def test_lines_show_the_first_and_the_last_epoch_of_a_quick_run(capsys):
    show(progress.Lines(), epochs=50)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("epoch 1/50")
    assert lines[0].endswith("loss 0.5")
    assert lines[-1].startswith("epoch 50/50")
    assert len(lines) < 10


def test_the_bar_shows_steps_and_logs(capsys):
    show(progress.Bar())
    text = capsys.readouterr().out
    assert "epoch 3/3" in text
    assert "30/30 steps" in text
    assert "loss 0.3" in text


def test_silence(capsys):
    show(progress.reporter(0))
    assert capsys.readouterr().out == ""


def test_who_is_chosen(monkeypatch):
    assert type(progress.reporter(1)) is progress.Bar
    assert type(progress.reporter(2)) is progress.Lines
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert type(progress.reporter("auto")) is progress.Lines
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert type(progress.reporter("auto")) is progress.Bar


def test_numbers_have_four_digits():
    assert progress.describe({"loss": 0.123456, "acc": 1.0}) == "loss 0.1235  acc 1"


def test_logs_go_below_the_bar_where_a_line_is_too_short(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    bar = progress.Bar()
    bar.begin(20, 469)
    logs = {"loss": 0.25, "accuracy": 0.9262, "val_loss": 0.118, "val_accuracy": 0.9629}
    bar.epoch(19)
    bar.report(19, logs)
    bar.end()
    text = capsys.readouterr().out
    assert "epoch 20/20" in text
    assert "9380/9380 steps" in text
    assert "val_accuracy 0.9629" in text
