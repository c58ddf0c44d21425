import numpy as np

from constnet import losses, nn
from constnet.cli import network
from constnet.cli.source import Samples, read_samples


def kinds(net):
    return [type(layer).__name__ for layer in net]


def test_images_are_rescaled_flattened_and_named():
    net = network.default_network(read_samples("digits"), (16,), 0.1)
    assert kinds(net) == [
        "Rescaling", "Flatten", "Dense", "ReLU", "Dropout", "Dense", "ClassNames",
    ]  # fmt: skip
    assert isinstance(network.default_loss(read_samples("digits")),
                      losses.SparseCategoricalCrossentropy)  # fmt: skip


def test_values_are_normalized_and_regressed():
    x = np.array([[1.0], [3.0]], np.float32)
    samples = Samples(x, x, x, x)
    net = network.default_network(samples, (4,), 0.0)
    assert kinds(net) == ["Normalization", "Dense", "ReLU", "Dense", "Rescaling"]
    assert isinstance(net[0], nn.Normalization)
    assert isinstance(net[4], nn.Rescaling)
    assert (net[4].scale, net[4].offset) == (1.0, 2.0)
    assert network.default_metrics(samples) == ["mae"]
