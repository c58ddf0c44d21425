"""Cat or not: a dense network trained on 209 photographs, then asked about one of your own.

python examples/cats.py                      # trains, writes cats.safetensors
constnet predict cats.safetensors photo.jpg  # a photo of any size
"""

import sys

import numpy as np

import constnet as cn
from constnet import nn


def train(epochs: int = 50, hidden: int = 64, seed: int = 0, verbose: int = 1) -> cn.Model:
    """Train on the 209 photographs; half the battle is not to learn them by heart."""
    (photos, labels), _ = cn.data.cats()
    x_train = np.concatenate([photos, photos[:, :, ::-1]])  # a cat in a mirror is a cat
    y_train = np.concatenate([labels, labels])
    net = nn.Sequential(
        nn.Rescaling(1 / 255),
        nn.Flatten(),
        nn.LayerNorm(center=False, scale=False),  # neither brightness nor contrast makes a cat
        nn.Dropout(0.3),  # some pixels are missing each time
        nn.Dense(hidden, kernel_initializer="he_normal"),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Dense(2),
        nn.Softmax(),
        nn.ClassNames(cn.data.CAT_CLASSES),
    )
    batches = -(-len(x_train) // 32)
    model = cn.Model(
        net,
        loss=cn.losses.SparseCategoricalCrossentropy(),
        optimizer=cn.optim.AdamW(
            cn.optim.CosineDecay(1e-4, decay_steps=epochs * batches), weight_decay=0.1
        ),
        metrics=["accuracy"],
        seed=seed,
    )
    model.fit(x_train, y_train, epochs=epochs, batch_size=32, verbose=verbose)
    return model


def main(
    photo: str | None = None,
    epochs: int = 50,
    hidden: int = 64,
    seed: int = 0,
    save: str | None = "cats.safetensors",
    verbose: int = 1,
) -> float:
    """Train, save, look at `photo`; return the accuracy on the 50 test photographs."""
    model = train(epochs, hidden, seed, verbose)
    x_test, y_test = cn.data.cats()[1]
    accuracy = model.evaluate(x_test, y_test)["accuracy"]
    if verbose:
        print(f"accuracy on the 50 test photographs: {accuracy:.0%}")
    if save is not None:
        model.save(save)
    if photo is not None:
        image = cn.data.read_image(photo, (64, 64, 3))
        probabilities = model.predict(image[np.newaxis])[0]
        best = int(probabilities.argmax())
        print(f"{photo}: {cn.data.CAT_CLASSES[best]}, {probabilities[best]:.0%}")
    return accuracy


if __name__ == "__main__":
    main(*sys.argv[1:2])
