"""XOR: the smallest problem that needs a hidden layer."""

import numpy as np

import constnet as cn
from constnet import nn

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
Y = np.array([[0], [1], [1], [0]], np.float32)


def main(steps: int = 1000, seed: int = 0, verbose: int = 1) -> float:
    """Train 2-8-1 on the four rows; return the largest error of a predicted probability."""
    net = nn.Sequential(nn.Dense(2, 8), nn.Tanh(), nn.Dense(8, 1), nn.Sigmoid())
    model = cn.Model(
        net,
        loss=cn.losses.BinaryCrossentropy(),
        optimizer=cn.optim.Adam(0.05),
        seed=seed,
    )
    model.fit(X, Y, epochs=steps, batch_size=4, verbose=0)
    probabilities = model.predict(X)
    if verbose:
        for row, probability in zip(X, probabilities, strict=True):
            print(f"{row[0]:.0f} xor {row[1]:.0f} = {probability[0]:.3f}")
    return float(np.abs(probabilities - Y).max())


if __name__ == "__main__":
    main()
