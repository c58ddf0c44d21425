from types import SimpleNamespace

import numpy as np
import pytest

from constnet import nn


@pytest.fixture(scope="session")
def model():
    """A network with pre- and post-processing, two kinds of output, awkward class names."""
    net = nn.Sequential(
        nn.Normalization().adapt(np.array([[0.0, 1.0], [4.0, 2.0]])),
        nn.Dense(2, 8),
        nn.ReLU(),
        nn.Dense(8, 8, activation="tanh"),
        nn.LayerNorm(),
        nn.Dense(8, 3),
        nn.Softmax(),
        nn.ClassNames(["cat", 'a "dog" \\ */', "日本??/"]),
    )
    net.build((2,))
    net.initialize(3)
    return SimpleNamespace(net=net, numerics="exact")
