"""MNIST with 784-512-512-10: images go in as bytes and are never copied."""

import constnet as cn
from constnet import nn


def main(
    epochs: int = 10,
    hidden: int = 512,
    rows: int | None = None,
    seed: int = 0,
    save: str | None = "mnist.safetensors",
    verbose: int = 1,
) -> float:
    """Train on `rows` images (all by default); return the accuracy on the 10,000 test images."""
    (x_train, y_train), (x_test, y_test) = cn.data.mnist()
    x_train, y_train = x_train[:rows], y_train[:rows]
    net = nn.Sequential(
        nn.Rescaling(1 / 255),
        nn.Flatten(),
        nn.Dense(hidden),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Dense(hidden),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Dense(10),
    )
    batches = -(-len(x_train) // 128)
    model = cn.Model(
        net,
        loss=cn.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=cn.optim.Adam(cn.optim.CosineDecay(1e-3, decay_steps=epochs * batches)),
        metrics=["accuracy"],
        seed=seed,
    )
    model.fit(
        x_train,
        y_train,
        epochs=epochs,
        batch_size=128,
        validation_data=(x_test, y_test),
        verbose=verbose,
    )
    accuracy = model.evaluate(x_test, y_test)["accuracy"]
    if verbose:
        print(f"accuracy on the 10,000 test images: {accuracy:.2%}")
    if save is not None:
        model.save(save)
    return accuracy


if __name__ == "__main__":
    main()
