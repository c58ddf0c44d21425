"""Images made brighter, darker, flatter or stronger at random while training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet import ops
from constnet.nn import argument, random
from constnet.nn.augmentation import ImageAugmentation
from constnet.nn.preprocessing import as_float

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor


class RandomBrightness(ImageAugmentation):
    """Adds one number to all pixels of an image, in training.

    Formula:
        y = x + u, u uniform on [-amount, amount) for each image. Nothing is clipped.

    Args:
        amount: in the units of the data: 0.2 for pixels from 0 to 1 is as 51 for bytes.
    """

    def __init__(self, amount: float) -> None:
        self.amount = argument.number("RandomBrightness", "amount", amount, low=0.0)

    def call(self, x: Tensor) -> Tensor:
        """Brighten or darken in training; in the network's dtype always."""
        return super().call(as_float(x))

    def augment(self, x: Tensor) -> Tensor:
        """Draw a number for each image and add it."""
        return x + _draw(x, self.amount)


class RandomContrast(ImageAugmentation):
    """Moves pixels away from the mean of their channel or towards it, in training.

    Formula:
        y = mean + (x - mean) * (1 + u), u uniform on [-amount, amount) for each image and mean that
        of each of its channels. Nothing is clipped.

    Args:
        amount: from 0 to 1.
    """

    def __init__(self, amount: float) -> None:
        self.amount = argument.number("RandomContrast", "amount", amount, 0.0, 1.0)

    def call(self, x: Tensor) -> Tensor:
        """Change the contrast in training; in the network's dtype always."""
        return super().call(as_float(x))

    def augment(self, x: Tensor) -> Tensor:
        """Draw a factor for each image and apply the formula."""
        mean = ops.mean(x, axis=(1, 2), keepdims=True)
        return mean + (x - mean) * (_draw(x, self.amount) + 1.0)


def _draw(x: Tensor, amount: float) -> Tensor:
    """A number for each image, `(N, 1, 1, 1)`."""
    return random.uniform((x.shape[0], 1, 1, 1), -amount, amount, x.dtype)
