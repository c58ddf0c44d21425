"""Zeros around images (`ZeroPad`), and their edges cut off (`Crop`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from constnet import ops
from constnet.nn import spatial
from constnet.nn.spatial import ChannelKeeping

if TYPE_CHECKING:
    from constnet.nn.spatial import Pairs
    from constnet.ops.tensor import Tensor


class _ZeroPad(ChannelKeeping):
    """What padding layers of all ranks share."""

    def __init__(self, padding: Pairs = 1) -> None:
        self.padding = spatial.pairs(repr(self), "padding", padding, self.spatial_rank)

    def call(self, x: Tensor) -> Tensor:
        """Pad."""
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)))


class ZeroPad2D(_ZeroPad):
    """Zeros around an image.

    Args:
        padding: how many on each side, one number for each spatial axis, or pairs (before, after)
            for each.

    Shape:
        `(N, height, width, C) -> (N, before + height + after, before + width + after, C)`

    Example:
        >>> ZeroPad2D(((0, 1), (1, 0))).forward([[[[5.0]]]])[0, :, :, 0]
        array([[0., 5.],
               [0., 0.]])
    """

    spatial_rank: ClassVar[int] = 2


class ZeroPad1D(_ZeroPad):
    """Zeros at the ends of a signal.

    Args:
        padding: how many at both ends, or (before, after).

    Shape:
        `(N, length, C) -> (N, before + length + after, C)`
    """

    spatial_rank: ClassVar[int] = 1


class ZeroPad3D(_ZeroPad):
    """Zeros around a volume; arguments are those of `ZeroPad2D`.

    Shape:
        `(N, depth, height, width, C) -> (N, depth', height', width', C)`, each extent that of
        before + extent + after
    """

    spatial_rank: ClassVar[int] = 3


class _Crop(ChannelKeeping):
    """What cropping layers of all ranks share."""

    def __init__(self, cropping: Pairs = 1) -> None:
        self.cropping = spatial.pairs(repr(self), "cropping", cropping, self.spatial_rank)

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """Rank, and something must be left."""
        super().check_inputs(*input_shapes)
        shape = input_shapes[0][:-1]
        left = tuple(n - sum(cut) for n, cut in zip(shape, self.cropping, strict=True))
        if min(left) < 1:
            raise self.shape_error(
                f"cutting {self.cropping} off an image of {shape} leaves {left}",
                "Cut less.",
            )

    def call(self, x: Tensor) -> Tensor:
        """Cut."""
        cuts = zip(x.shape[1:-1], self.cropping, strict=True)
        return x[(slice(None), *(slice(low, extent - high) for extent, (low, high) in cuts))]


class Crop2D(_Crop):
    """An image without its edges.

    Args:
        cropping: how many elements each side loses, one number for each spatial axis, or pairs
            (before, after) for each.

    Shape:
        `(N, height, width, C) -> (N, height - before - after, width - before - after, C)`

    Raises:
        ShapeError: nothing is left.

    Example:
        >>> Crop2D((0, 1)).forward([[[[1.0], [2.0], [3.0]]]]).tolist()
        [[[[2.0]]]]
    """

    spatial_rank: ClassVar[int] = 2


class Crop1D(_Crop):
    """A signal without its ends.

    Args:
        cropping: how many elements both ends lose, or (before, after).

    Shape:
        `(N, length, C) -> (N, length - before - after, C)`
    """

    spatial_rank: ClassVar[int] = 1


class Crop3D(_Crop):
    """A volume without its edges; arguments are those of `Crop2D`.

    Shape:
        `(N, depth, height, width, C) -> (N, depth', height', width', C)`, each extent that of
        extent - before - after
    """

    spatial_rank: ClassVar[int] = 3
