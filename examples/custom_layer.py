"""A layer of your own: compose operations, and it trains, exports and compiles like the rest."""

import numpy as np

import constnet as cn
from constnet import nn


class RadialBasis(nn.Layer):
    """`units` bells: each answers by how near the input is to its center.

    Formula:
        y[n, j] = exp(-|x[n] - center[j]|^2 * exp(sharpness[j]))
    """

    def __init__(self, units: int) -> None:
        self.units = units

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Parameters are made once the size of the input is known."""
        spread = nn.initializers.RandomUniform(-1.0, 1.0)
        self.center = self.parameter("center", (self.units, input_shape[-1]), spread)
        self.sharpness = self.parameter("sharpness", (self.units,), nn.initializers.Constant(2.0))

    def call(self, x):
        """The forward pass; its gradient follows from the operations."""
        difference = cn.ops.expand_dims(x, 1) - self.center
        distance = cn.ops.sum(difference * difference, axis=-1)
        return cn.ops.exp(-distance * cn.ops.exp(self.sharpness))


def main(rows: int = 512, epochs: int = 100, seed: int = 0, verbose: int = 1) -> float:
    """Tell the inside of a ring from its outside; return the accuracy."""
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, (rows, 2)).astype(np.float32)
    radius = np.hypot(x[:, 0], x[:, 1])
    y = ((radius > 0.35) & (radius < 0.75)).astype(np.int32)
    net = nn.Sequential(RadialBasis(16), nn.Dense(2))
    model = cn.Model(
        net,
        loss=cn.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=cn.optim.Adam(0.03),
        metrics=["accuracy"],
        seed=seed,
    )
    model.fit(x, y, epochs=epochs, batch_size=32, verbose=verbose)
    accuracy = model.evaluate(x, y)["accuracy"]
    if verbose:
        print(f"{accuracy:.1%} of {rows} points are told apart")
    return accuracy


if __name__ == "__main__":
    main()
