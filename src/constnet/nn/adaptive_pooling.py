"""Adaptive pooling: windows chosen so that the output has given extents.

Window i of `size` along an axis of `extent` elements goes from floor(i * extent / size) to
ceil((i + 1) * extent / size), as in PyTorch. Where `size` divides `extent` these are the windows of
an ordinary pooling layer; otherwise some overlap, and each axis is pooled by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from constnet import ops
from constnet.nn import spatial
from constnet.nn.spatial import ChannelKeeping

if TYPE_CHECKING:
    from constnet.nn.spatial import Extents
    from constnet.ops.tensor import Tensor


class _AdaptivePool(ChannelKeeping):
    """What adaptive pooling layers share."""

    def __init__(self, output_size: Extents) -> None:
        name = repr(self)
        self.output_size = spatial.extents(name, "output_size", output_size, self.spatial_rank)

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """Rank, and no more windows than elements."""
        super().check_inputs(*input_shapes)
        shape = input_shapes[0][:-1]
        if any(size > extent for size, extent in zip(self.output_size, shape, strict=True)):
            raise self.shape_error(
                f"its output_size {self.output_size} is larger than the image of {shape}",
                f"Use at most {shape}, or an Upsample layer.",
            )


class _AdaptiveMaxPool(_AdaptivePool):
    """Largest elements, for all ranks."""

    def call(self, x: Tensor) -> Tensor:
        """Take the largest of each window."""
        return ops.adaptive_max_pool(x, self.output_size)


class _AdaptiveAveragePool(_AdaptivePool):
    """Means, for all ranks."""

    def call(self, x: Tensor) -> Tensor:
        """Take the mean of each window."""
        return ops.adaptive_average_pool(x, self.output_size)


class AdaptiveAveragePool2D(_AdaptiveAveragePool):
    """The mean of each window, with as many windows as the output has elements.

    Args:
        output_size: one number or one for each spatial axis.

    Shape:
        `(N, height, width, C) -> (N, *output_size, C)`

    Example:
        >>> AdaptiveAveragePool2D((1, 2)).forward([[[[1.0], [2.0], [6.0]]]]).tolist()
        [[[[1.5], [4.0]]]]
    """

    spatial_rank: ClassVar[int] = 2


class AdaptiveAveragePool1D(_AdaptiveAveragePool):
    """The same over a signal; see `AdaptiveAveragePool2D`.

    Shape:
        `(N, length, C) -> (N, output_size, C)`
    """

    spatial_rank: ClassVar[int] = 1


class AdaptiveAveragePool3D(_AdaptiveAveragePool):
    """The same over a volume; see `AdaptiveAveragePool2D`.

    Shape:
        `(N, depth, height, width, C) -> (N, *output_size, C)`
    """

    spatial_rank: ClassVar[int] = 3


class AdaptiveMaxPool2D(_AdaptiveMaxPool):
    """The largest element of each window, with as many windows as the output has elements.

    Args:
        output_size: one number or one for each spatial axis.

    Shape:
        `(N, height, width, C) -> (N, *output_size, C)`

    Example:
        >>> AdaptiveMaxPool2D((1, 2)).forward([[[[1.0], [2.0], [6.0]]]]).tolist()
        [[[[2.0], [6.0]]]]
    """

    spatial_rank: ClassVar[int] = 2


class AdaptiveMaxPool1D(_AdaptiveMaxPool):
    """The same over a signal; see `AdaptiveMaxPool2D`.

    Shape:
        `(N, length, C) -> (N, output_size, C)`
    """

    spatial_rank: ClassVar[int] = 1


class AdaptiveMaxPool3D(_AdaptiveMaxPool):
    """The same over a volume; see `AdaptiveMaxPool2D`.

    Shape:
        `(N, depth, height, width, C) -> (N, *output_size, C)`
    """

    spatial_rank: ClassVar[int] = 3
