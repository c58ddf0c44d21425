"""A small trained model, for the commands that need one."""

import numpy as np
import pytest

import constnet as cn
from constnet import nn


@pytest.fixture(scope="session")
def model_file(tmp_path_factory):
    net = nn.Sequential(nn.Dense(2, 3), nn.ReLU(), nn.Dense(3, 2), nn.ClassNames(["no", "yes"]))
    loss = cn.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = cn.Model(net, loss=loss, metrics=["accuracy"], numerics="exact", seed=0)
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    model.fit(x, np.array([0, 1, 1, 1]), epochs=2, verbose=0)
    path = tmp_path_factory.mktemp("model") / "or.safetensors"
    model.save(path)
    return str(path)


@pytest.fixture
def rows_file(tmp_path):
    path = tmp_path / "rows.npz"
    x = np.array([[0, 1], [1, 1], [0, 0]], np.float32)
    np.savez(path, x=x, y=np.array([1, 1, 0]))
    return str(path)


@pytest.fixture
def run(capsys):
    """Runs a command line and gives (exit code, what it printed)."""
    from constnet.cli.main import main

    def run_command(*words):
        code = main([str(word) for word in words])
        return code, capsys.readouterr().out

    return run_command
