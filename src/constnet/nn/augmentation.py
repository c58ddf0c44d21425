"""Images moved and covered at random while training: flips, shifts, crops, cut-outs.

Numbers are drawn for each image from the counter-based generator inside the compiled step, so an
epoch's images are a function of (seed, step), and no image is stored. Otherwise, in evaluation,
prediction and exported files, these layers return their input (`RandomCrop` its middle).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from constnet import ops
from constnet.errors import UsageError
from constnet.nn import argument, random
from constnet.nn.augmentation_pixels import Fill, constant_like, each, grid
from constnet.nn.layer import ShapeKeeping, is_training
from constnet.nn.spatial import SpatialLayer, extents

if TYPE_CHECKING:
    from constnet.errors import ConstnetError
    from constnet.ops.tensor import Tensor


class ImageAugmentation(ShapeKeeping, SpatialLayer[Any, Any]):
    """Base of the augmentations that keep the size: a subclass writes `augment`.

    Shape:
        `(N, height, width, C) -> (N, height, width, C)`
    """

    spatial_rank: ClassVar[int] = 2

    def augment(self, x: Tensor) -> Tensor:  # noqa: ARG002
        """The images of a training step."""
        message = f"{self!r} has no `augment`. Write `def augment(self, x)` in its class."
        raise UsageError(message)

    def call(self, x: Tensor) -> Tensor:
        """Augment in training; otherwise return `x`."""
        return self.augment(x) if is_training() else x


class RandomFlip(ImageAugmentation):
    """Mirrors each image with probability one half, in training.

    Args:
        mode: "horizontal" (left and right change places), "vertical", or "both", each on its own
            draw.
    """

    def __init__(self, mode: str = "horizontal") -> None:
        self.mode = argument.choice("RandomFlip", "mode", mode, ("horizontal", "vertical", "both"))

    def augment(self, x: Tensor) -> Tensor:
        """Read every second image backwards, on average."""
        rows, columns = grid(*x.shape[1:3])
        if self.mode != "horizontal":
            rows = _flipped(rows, x.shape[1], x.shape[0])
        if self.mode != "vertical":
            columns = _flipped(columns, x.shape[2], x.shape[0])
        return Fill("RandomFlip", "edge", 0.0).read(x, rows, columns)


class RandomShift(ImageAugmentation):
    """Moves each image by a whole number of pixels in either direction, in training.

    Args:
        height: the farthest move up or down: pixels as a whole number, or a share of the height
            as a fraction below 1.
        width: the farthest move to the left or right, likewise.
        fill: what comes in: "constant", "edge" (the outermost pixel again), or "reflect".
        value: of a constant fill.
    """

    def __init__(
        self, height: float, width: float, fill: str = "constant", value: float = 0.0
    ) -> None:
        self.height = _distance("RandomShift", "height", height)
        self.width = _distance("RandomShift", "width", width)
        self.fill = Fill("RandomShift", fill, value)

    def augment(self, x: Tensor) -> Tensor:
        """Read each image from a little farther on or back."""
        rows, columns = grid(*x.shape[1:3])
        down = _steps(self.height, x.shape[1], x.shape[0])
        right = _steps(self.width, x.shape[2], x.shape[0])
        return self.fill.read(x, rows - down, columns - right)


class RandomCrop(SpatialLayer[Any, Any]):
    """Cuts a part of fixed size out of each image, anywhere in training and else in the middle.

    `RandomCrop(32, 32, padding=4)` of images of 32 by 32 is the usual augmentation of CIFAR: each
    image moves by up to four pixels; outside of training it stays as it is.

    Args:
        height: rows of the part.
        width: columns of the part.
        padding: pixels that are first added on all four sides.
        fill: what they hold: "constant", "edge" (the outermost pixel again), or "reflect".
        value: of a constant fill.

    Shape:
        `(N, H, W, C) -> (N, height, width, C)`
    """

    spatial_rank: ClassVar[int] = 2

    def __init__(
        self,
        height: int,
        width: int,
        padding: int = 0,
        fill: str = "constant",
        value: float = 0.0,
    ) -> None:
        self.height = argument.extent("RandomCrop", "height", height)
        self.width = argument.extent("RandomCrop", "width", width)
        self.padding = argument.count("RandomCrop", "padding", padding)
        self.fill = Fill("RandomCrop", fill, value)

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """The part must lie within the padded image."""
        super().check_inputs(*input_shapes)
        room = self._room(input_shapes[0])
        if min(room) < 0:
            raise self._too_large(input_shapes[0])

    def call(self, x: Tensor) -> Tensor:
        """Cut in training at random, else in the middle."""
        down, right = self._room(x.shape[1:])
        if not is_training():
            return self._middle(x, down // 2 - self.padding, right // 2 - self.padding)
        rows, columns = grid(self.height, self.width)
        above = each(random.integers(x.shape[:1], 0, down + 1)) - self.padding
        left = each(random.integers(x.shape[:1], 0, right + 1)) - self.padding
        return self.fill.read(x, rows + above, columns + left)

    def _room(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """How far the part can move within the padded image."""
        return (
            shape[0] + 2 * self.padding - self.height,
            shape[1] + 2 * self.padding - self.width,
        )

    def _middle(self, x: Tensor, above: int, left: int) -> Tensor:
        if min(above, left) >= 0:
            return x[:, above : above + self.height, left : left + self.width, :]
        rows, columns = grid(self.height, self.width)
        return self.fill.read(x, rows + above, columns + left)

    def _too_large(self, shape: tuple[int, ...]) -> ConstnetError:
        padded = (shape[0] + 2 * self.padding, shape[1] + 2 * self.padding)
        needed = max(self.height - shape[0], self.width - shape[1])
        return self.shape_error(
            f"it cuts {(self.height, self.width)} out of {padded} pixels, padding included",
            f"Use padding={-(-needed // 2)}, or cut less.",
        )


class Cutout(ImageAugmentation):
    """Covers a square of each image with one value, in training.

    The square's middle is anywhere in the image, so that at a border less of it is seen.

    Args:
        size: side of the square in pixels, or (height, width) of a rectangle.
        value: what covers it, in the units of the data.

    Source:
        DeVries and Taylor (2017), Improved regularization of convolutional neural networks with
        cutout.
    """

    def __init__(self, size: int | tuple[int, int], value: float = 0.0) -> None:
        self.height, self.width = extents("Cutout", "size", size, 2)
        self.value = argument.number("Cutout", "value", value)

    def augment(self, x: Tensor) -> Tensor:
        """Cover what is close to a random pixel."""
        rows, columns = grid(*x.shape[1:3])
        above = each(random.integers(x.shape[:1], 0, x.shape[1])) - self.height // 2
        left = each(random.integers(x.shape[:1], 0, x.shape[2])) - self.width // 2
        inside_rows = ops.logical_and(rows >= above, rows < above + self.height)
        inside_columns = ops.logical_and(columns >= left, columns < left + self.width)
        covered = ops.expand_dims(ops.logical_and(inside_rows, inside_columns), -1)
        return ops.where(covered, constant_like(self.value, x), x)


def _flipped(index: Tensor, extent: int, batch: int) -> Tensor:
    """An index counted from the other end in half of the images."""
    is_turned = each(random.integers((batch,), 0, 2)) > 0
    return ops.where(is_turned, (extent - 1) - index, index)


def _distance(owner: str, name: str, given: object) -> float:
    """Whole pixels, or a share of the extent below 1."""
    if isinstance(given, float):
        return argument.number(owner, name, given, 0.0, 1.0 - 2.0**-20)
    return argument.count(owner, name, given)


def _steps(distance: float, extent: int, batch: int) -> Tensor:
    """A move of at most `distance` for each image, int32, `(batch, 1, 1)`."""
    most = int(distance * extent) if isinstance(distance, float) else int(distance)
    return each(random.integers((batch,), -most, most + 1))
