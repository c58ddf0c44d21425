"""Two inputs, two branches, two outputs: the functional form."""

import numpy as np

import constnet as cn
from constnet import nn


def make_data(rows: int, seed: int) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """Invent a robot: where its goal is, what its sensors say; how to turn, whether to stop."""
    random = np.random.default_rng(seed)
    goal = random.uniform(-1, 1, (rows, 2)).astype(np.float32)
    sensors = random.uniform(0, 1, (rows, 5)).astype(np.float32)
    turn = np.arctan2(goal[:, 1:], goal[:, :1]).astype(np.float32) / np.pi
    stop = (sensors.min(axis=1, keepdims=True) < 0.1).astype(np.float32)
    return (goal, sensors), (turn, stop)


def main(rows: int = 2048, epochs: int = 30, seed: int = 0, verbose: int = 1) -> float:
    """Train both outputs together; return the loss, the sum over the outputs."""
    inputs, targets = make_data(rows, seed)
    goal, sensors = nn.Input(2), nn.Input(5)
    seen = nn.Dense(16, activation="relu")(sensors)
    both = nn.Concatenate()(nn.Dense(16, activation="relu")(goal), seen)
    shared = nn.Dense(32, activation="relu")(both)
    turn = nn.Dense(1)(shared)
    stop = nn.Dense(1)(seen)
    model = cn.Model(
        nn.Network(inputs=(goal, sensors), outputs=(turn, stop)),
        loss=(cn.losses.MeanSquaredError(), cn.losses.BinaryCrossentropy(from_logits=True)),
        optimizer=cn.optim.Adam(3e-3),
        seed=seed,
    )
    model.fit(inputs, targets, epochs=epochs, batch_size=32, verbose=verbose)
    loss = model.evaluate(inputs, targets)["loss"]
    if verbose:
        model.summary()
        print(f"loss of both outputs together: {loss:.4f}")
    return loss


if __name__ == "__main__":
    main()
