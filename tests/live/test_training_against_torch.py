"""Whole trainings through `Model.fit` end where PyTorch's autograd and update rules end."""

import numpy as np
import pytest

import constnet as cn
from constnet import nn, optim

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install .[bench]")
peer = pytest.importorskip("tests.live.peer")
pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore")]

ROWS = 37
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(ROWS, 4)), RNG.normal(size=(ROWS, 3))
WEIGHT = RNG.uniform(0, 2, ROWS)


def squares(target, prediction):
    return (prediction - target).square().mean(1)


def compare(net, optimizer, twin, batch=8, data=None, epochs=10, tolerance=1e-9, **options):
    """Train both on rows in order, the last batch partial; losses, weights, states must agree."""
    x, y, weight = data or (X, Y, None)
    net.build(x.shape[1:])
    model = cn.Model(net, "mse", optimizer, seed=3, dtype="float64")
    other = peer.Peer(model)
    rule = twin(other.trained)
    losses = peer.train(
        other, rule, [squares], ((x,), (y,), weight), epochs=epochs, batch=batch, **options
    )
    fit = {"epochs": epochs, "batch_size": batch, "shuffle": False, "verbose": 0}
    log = model.fit(x, y, sample_weight=weight, **fit)
    np.testing.assert_allclose(log["loss"], losses, rtol=tolerance)
    weights = model.get_weights()
    for path, expected in other.weights().items():
        np.testing.assert_allclose(
            weights[path], expected, rtol=tolerance, atol=tolerance, err_msg=path
        )


def small():
    return nn.Sequential(nn.Dense(6, activation="tanh"), nn.LayerNorm(), nn.PReLU(), nn.Dense(3))


NETS = {
    "batch norm": lambda: nn.Sequential(
        nn.Dense(7), nn.BatchNorm(0.9), nn.GELU(), nn.BatchNorm(0.5, scale=False), nn.Dense(3)
    ),
    "residual": lambda: nn.Sequential(
        nn.Dense(6), nn.Residual(nn.LayerNorm(), nn.Dense(6), nn.SiLU()), nn.PReLU(), nn.Dense(3)
    ),
    "three axes": lambda: nn.Sequential(
        nn.Reshape((2, 2)), nn.Dense(5), nn.LayerNorm(), nn.Softmax(axis=1), nn.Flatten(),
        nn.Dense(3),
    ),
    "width 1": lambda: nn.Sequential(nn.Dense(1), nn.Tanh(), nn.Dense(1), nn.PReLU(), nn.Dense(3)),
    "penalties": lambda: nn.Sequential(
        nn.Dense(6, kernel_regularizer=nn.regularizers.L1L2(0.01, 0.02)), nn.ELU(), nn.Dense(3)
    ),
}  # fmt: skip


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("batch", [5, 36])
@pytest.mark.parametrize("name", NETS)
def test_networks(name, batch, weight):
    def twin(p):
        return torch.optim.SGD(p, lr=1, momentum=0.9)

    rule = optim.SGD(0.02, momentum=0.9)
    compare(NETS[name](), rule, twin, batch, (X, Y, weight), rate=lambda _: 0.02)


OPTIMIZERS = {
    "nesterov": (
        optim.SGD(0.02, momentum=0.8, nesterov=True, l2=0.1),
        lambda p: torch.optim.SGD(p, lr=1, momentum=0.8, nesterov=True, weight_decay=0.1),
    ),
    "adam": (optim.Adam(0.02, epsilon=1e-8), torch.optim.Adam),
    "amsgrad": (
        optim.AdamW(0.02, beta_2=0.9, epsilon=1e-8, amsgrad=True, weight_decay=0.1),
        lambda p: torch.optim.Adam(p, betas=(0.9, 0.9), amsgrad=True),
    ),
    "rmsprop": (
        optim.RMSprop(0.02, momentum=0.3, centered=True, epsilon=1e-4),
        lambda p: torch.optim.RMSprop(p, alpha=0.9, momentum=0.3, centered=True, eps=1e-4),
    ),
    "adagrad": (
        optim.Adagrad(0.02, epsilon=1e-8),
        lambda p: torch.optim.Adagrad(p, initial_accumulator_value=0.1, eps=1e-8),
    ),
    "adadelta": (
        optim.Adadelta(0.02, epsilon=1e-5),
        lambda p: torch.optim.Adadelta(p, rho=0.95, eps=1e-5),
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(name):
    rule, twin = OPTIMIZERS[name]
    compare(small(), rule, twin, decay=rule.weight_decay, rate=lambda _: 0.02)


def test_the_average_of_weights():
    rule = optim.SGD(0.02, l1=0.01, use_ema=True, ema_momentum=0.8)
    options = {"ema": 0.8, "l1": 0.01, "rate": lambda _: 0.02}
    compare(small(), rule, lambda p: torch.optim.SGD(p, lr=1), **options)


@pytest.mark.parametrize("batch", [1, 2, 3, 17])
def test_sizes_that_no_kernel_divides(batch):
    rng = np.random.default_rng(1)
    data = rng.normal(size=(2 * batch + 1, 300)), rng.normal(size=(2 * batch + 1, 9)), None
    net = nn.Sequential(nn.Dense(700, activation="tanh"), nn.Dense(9))
    rule = optim.SGD(1e-3)
    twin = torch.optim.SGD
    compare(net, rule, lambda p: twin(p, lr=1), batch, data, 17, rate=lambda _: 1e-3)
