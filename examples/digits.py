"""Handwritten digits, 8x8 pixels: the data is part of the package."""

from pathlib import Path

import constnet as cn
from constnet import nn


def main(
    epochs: int = 40, seed: int = 0, export: str | None = "digits.c", verbose: int = 1
) -> float:
    """Train 64-128-10, write it as C; return the accuracy on the held-out fifth."""
    (x_train, y_train), (x_test, y_test) = cn.data.digits()
    net = nn.Sequential(
        nn.Rescaling(1 / 16),  # part of the network: what ships takes raw pixels, 0 to 16
        nn.Flatten(),
        nn.Dense(128),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Dense(10),
    )
    batches = -(-len(x_train) // 32)
    model = cn.Model(
        net,
        loss=cn.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=cn.optim.Adam(cn.optim.CosineDecay(3e-3, decay_steps=epochs * batches)),
        metrics=["accuracy"],
        seed=seed,
    )
    model.fit(x_train, y_train, epochs=epochs, batch_size=32, verbose=verbose)
    accuracy = model.evaluate(x_test, y_test)["accuracy"]
    if verbose:
        print(f"accuracy on {len(x_test)} digits that were held out: {accuracy:.2%}")
    if export is not None:
        model.export(export)
        print(f"wrote {export}, {Path(export).stat().st_size} bytes of C that need no library")
    return accuracy


if __name__ == "__main__":
    main()
