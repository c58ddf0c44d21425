"""A run killed at any moment and called again ends in the same bits as one that was not."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import constnet as cn
from constnet import nn
from constnet.train import resume

SCRIPT = """
import sys
import numpy as np
import constnet as cn
from constnet import nn
from constnet.train import resume

resume.LEAST_SECONDS = 0.0
resume.WRITE_SHARE = 1.0
rng = np.random.default_rng(0)
x = rng.normal(size=(50, 3)).astype("float32")
y = np.tanh(x[:, :1] - x[:, 1:2])
net = nn.Sequential(nn.Dense(3, 8), nn.Dropout(0.2), nn.Tanh(), nn.BatchNorm(), nn.Dense(8, 1))
model = cn.Model(net, loss="mse", optimizer=cn.optim.Adam(0.01), metrics=["mae"], seed=7)
log = model.fit(
    x, y, epochs=int(sys.argv[3]), batch_size=16, verbose=0, resume=sys.argv[1] or None,
    validation_split=0.2,
    callbacks=[
        cn.callbacks.EarlyStopping("val_loss", patience=10**6, restore_best_weights=True),
        cn.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=5),
    ],
)
weights = model.get_weights()
logs = {"loss": log["loss"], "val": log["val_loss"], "scale": model.learning_rate_scale}
np.savez(sys.argv[2], **logs, **weights)
"""


def start(tmp_path: Path, ckpt: str, result: str, epochs: int) -> subprocess.Popen:
    command = [sys.executable, "-c", SCRIPT, ckpt, str(tmp_path / result), str(epochs)]
    return subprocess.Popen(command)


@pytest.mark.slow
def test_a_killed_run_continues_to_the_same_bits(tmp_path):
    epochs = 400
    assert start(tmp_path, "", "whole.npz", epochs).wait() == 0
    ckpt = tmp_path / "run.ckpt"
    kills = 0
    for wait in (0.01, 0.05, 0.2, 0.4):
        process = start(tmp_path, str(ckpt), "killed.npz", epochs)
        before = ckpt.stat().st_mtime_ns if ckpt.exists() else 0
        while process.poll() is None and (not ckpt.exists() or ckpt.stat().st_mtime_ns == before):
            time.sleep(0.001)
        time.sleep(wait)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
    assert kills >= 1
    assert start(tmp_path, str(ckpt), "killed.npz", epochs).wait() == 0
    whole, killed = np.load(tmp_path / "whole.npz"), np.load(tmp_path / "killed.npz")
    assert set(whole.files) == set(killed.files)
    for name in whole.files:
        np.testing.assert_array_equal(whole[name], killed[name], err_msg=name)


def make(seed=3, optimizer=None):
    net = nn.Sequential(nn.Dense(2, 4), nn.Dropout(0.5), nn.Dense(4, 1))
    return cn.Model(net, loss="mse", optimizer=optimizer or cn.optim.Adam(0.05), seed=seed)


X = np.random.default_rng(1).normal(size=(20, 2)).astype("float32")
Y = X[:, :1] * X[:, 1:]


def test_a_run_broken_off_within_an_epoch_continues_to_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setattr(resume, "LEAST_SECONDS", 0.0)
    monkeypatch.setattr(resume, "WRITE_SHARE", 1.0)
    whole = make()
    log = whole.fit(X, Y, epochs=6, batch_size=8, verbose=0)
    ckpt = tmp_path / "run.ckpt"
    first = make()
    quiet = cn.callbacks.LambdaCallback(on_steps=lambda *_: None, every_steps=1)
    seen = []

    def maybe_break(step, logs):
        seen.append(step)
        if step == 8:
            raise InterruptedError

    breaker = cn.callbacks.LambdaCallback(on_steps=maybe_break, every_steps=1)
    with pytest.raises(InterruptedError):
        first.fit(X, Y, epochs=6, batch_size=8, verbose=0, resume=ckpt, callbacks=[breaker])
    assert seen == list(range(1, 9))
    second = make()
    again = second.fit(X, Y, epochs=6, batch_size=8, verbose=0, resume=ckpt, callbacks=[quiet])
    assert again.history == log.history
    for path, weight in whole.get_weights().items():
        np.testing.assert_array_equal(weight, second.get_weights()[path])


def test_a_finished_run_is_not_trained_again_and_a_longer_one_goes_on(tmp_path):
    ckpt = tmp_path / "run.ckpt"
    make().fit(X, Y, epochs=2, verbose=0, resume=ckpt)
    same = make()
    same.fit(X, Y, epochs=2, verbose=0, resume=ckpt)
    assert same.step == 2
    longer, whole = make(), make()
    log = longer.fit(X, Y, epochs=5, verbose=0, resume=ckpt)
    assert log.history == whole.fit(X, Y, epochs=5, verbose=0).history


def test_other_settings_are_refused(tmp_path):
    ckpt = tmp_path / "run.ckpt"
    make().fit(X, Y, epochs=1, verbose=0, resume=ckpt)
    with pytest.raises(cn.UsageError, match=r"batch_size=20 there, 10 here"):
        make().fit(X, Y, epochs=1, batch_size=10, verbose=0, resume=ckpt)
    with pytest.raises(cn.UsageError, match=r"another seed: 3; this one has 4"):
        make(seed=4).fit(X, Y, epochs=1, verbose=0, resume=ckpt)
    stopper = cn.callbacks.EarlyStopping("loss")
    with pytest.raises(cn.UsageError, match=r"with the callbacks \[\]; this one has"):
        make().fit(X, Y, epochs=1, verbose=0, resume=ckpt, callbacks=[stopper])
    make().save(tmp_path / "plain.safetensors")
    with pytest.raises(cn.UsageError, match="holds a model but no training"):
        make().fit(X, Y, verbose=0, resume=tmp_path / "plain.safetensors")


def test_a_state_that_no_callback_wrote_is_refused():
    with pytest.raises(cn.FormatError, match="state of EarlyStopping in the file"):
        resume.give_back(cn.callbacks.EarlyStopping(), {"best": "low"})
