"""Pooling: one value for each window of an image, or for the whole of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from constnet import ops
from constnet.nn import argument, spatial
from constnet.nn.spatial import ChannelKeeping, Window

if TYPE_CHECKING:
    from constnet.nn.spatial import Extents, Padding
    from constnet.ops.tensor import Tensor


class _Pool(ChannelKeeping):
    """What pooling layers with a window share."""

    def __init__(
        self,
        pool_size: Extents = 2,
        strides: Extents | None = None,
        padding: Padding = "valid",
    ) -> None:
        name, rank = repr(self), self.spatial_rank
        size = spatial.extents(name, "pool_size", pool_size, rank)
        steps = size if strides is None else spatial.extents(name, "strides", strides, rank)
        widths = spatial.padding(name, padding, rank, ("valid", "same"))
        self.window = Window(size, steps, widths, (1,) * rank)
        self.window.need_inside(name)

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """Rank, and images no smaller than the window."""
        super().check_inputs(*input_shapes)
        self.window.check(self, "pool_size", input_shapes[0][:-1])


class _MaxPool(_Pool):
    """Largest elements of windows, for all ranks."""

    def call(self, x: Tensor) -> Tensor:
        """Take the largest."""
        window = self.window
        return ops.max_pool(x, window.size, window.strides, window.padding)


class MaxPool2D(_MaxPool):
    """The largest element of each window, channel by channel.

    Args:
        pool_size: of the window, one number or one for each spatial axis.
        strides: how far the window moves; `pool_size` by default.
        padding: "valid", "same", a width, or for each axis a width or (before, after). What is
            added counts as minus infinity, so it is never the largest.

    Shape:
        `(N, height, width, C) -> (N, height', width', C)` with height' = (padded height -
        pool_size) // strides + 1

    Raises:
        ShapeError: the window is larger than the padded image, or the input is no image.

    Example:
        >>> MaxPool2D().forward([[[[1.0], [2.0]], [[4.0], [3.0]]]]).tolist()
        [[[[4.0]]]]
    """

    spatial_rank: ClassVar[int] = 2


class MaxPool1D(_MaxPool):
    """The largest element of each window of a signal; arguments are those of `MaxPool2D`.

    Shape:
        `(N, length, C) -> (N, length', C)`
    """

    spatial_rank: ClassVar[int] = 1


class MaxPool3D(_MaxPool):
    """The largest element of each window of a volume; arguments are those of `MaxPool2D`.

    Shape:
        `(N, depth, height, width, C) -> (N, depth', height', width', C)`
    """

    spatial_rank: ClassVar[int] = 3


class _AveragePool(_Pool):
    """Means of windows, for all ranks."""

    def __init__(
        self,
        pool_size: Extents = 2,
        strides: Extents | None = None,
        padding: Padding = "valid",
        *,
        count_padding: bool = False,
    ) -> None:
        super().__init__(pool_size, strides, padding)
        self.count_padding = argument.flag(repr(self), "count_padding", count_padding)

    def call(self, x: Tensor) -> Tensor:
        """Take the mean."""
        window = self.window
        return ops.average_pool(
            x, window.size, window.strides, window.padding, count_padding=self.count_padding
        )


class AveragePool2D(_AveragePool):
    """The mean of each window, channel by channel.

    Args:
        pool_size: of the window, one number or one for each spatial axis.
        strides: how far the window moves; `pool_size` by default.
        padding: "valid", "same", a width, or for each axis a width or (before, after).
        count_padding: whether what is added counts, as zeros; by default (as in Keras) the mean
            is of the elements inside the image.

    Shape:
        `(N, height, width, C) -> (N, height', width', C)` with height' = (padded height -
        pool_size) // strides + 1

    Raises:
        ShapeError: the window is larger than the padded image, or the input is no image.

    Example:
        >>> AveragePool2D().forward([[[[1.0], [2.0]], [[4.0], [3.0]]]]).tolist()
        [[[[2.5]]]]
    """

    spatial_rank: ClassVar[int] = 2


class AveragePool1D(_AveragePool):
    """The mean of each window of a signal; arguments are those of `AveragePool2D`.

    Shape:
        `(N, length, C) -> (N, length', C)`
    """

    spatial_rank: ClassVar[int] = 1


class AveragePool3D(_AveragePool):
    """The mean of each window of a volume; arguments are those of `AveragePool2D`.

    Shape:
        `(N, depth, height, width, C) -> (N, depth', height', width', C)`
    """

    spatial_rank: ClassVar[int] = 3


class _GlobalPool(ChannelKeeping):
    """What pooling layers over the whole image share."""

    def __init__(self, *, keepdims: bool = False) -> None:
        self.keepdims = argument.flag(repr(self), "keepdims", keepdims)

    @property
    def axes(self) -> tuple[int, ...]:
        """The spatial axes."""
        return tuple(range(1, self.spatial_rank + 1))


class _GlobalMaxPool(_GlobalPool):
    """Largest elements, for all ranks."""

    def call(self, x: Tensor) -> Tensor:
        """Take the largest."""
        return ops.max(x, axis=self.axes, keepdims=self.keepdims)


class _GlobalAveragePool(_GlobalPool):
    """Means, for all ranks."""

    def call(self, x: Tensor) -> Tensor:
        """Take the mean."""
        return ops.mean(x, axis=self.axes, keepdims=self.keepdims)


class GlobalMaxPool1D(_GlobalMaxPool):
    """The largest element of each channel of a signal; equal ones share the gradient.

    Args:
        keepdims: keep the spatial axis, with extent 1.

    Shape:
        `(N, length, C) -> (N, C)`
    """

    spatial_rank: ClassVar[int] = 1


class GlobalMaxPool2D(_GlobalMaxPool):
    """The largest element of each channel of an image; equal ones share the gradient.

    Args:
        keepdims: keep the spatial axes, with extent 1.

    Shape:
        `(N, height, width, C) -> (N, C)`
    """

    spatial_rank: ClassVar[int] = 2


class GlobalMaxPool3D(_GlobalMaxPool):
    """The largest element of each channel of a volume; equal ones share the gradient.

    Args:
        keepdims: keep the spatial axes, with extent 1.

    Shape:
        `(N, depth, height, width, C) -> (N, C)`
    """

    spatial_rank: ClassVar[int] = 3


class GlobalAveragePool1D(_GlobalAveragePool):
    """The mean of each channel of a signal.

    Args:
        keepdims: keep the spatial axis, with extent 1.

    Shape:
        `(N, length, C) -> (N, C)`
    """

    spatial_rank: ClassVar[int] = 1


class GlobalAveragePool2D(_GlobalAveragePool):
    """The mean of each channel of an image.

    Args:
        keepdims: keep the spatial axes, with extent 1.

    Shape:
        `(N, height, width, C) -> (N, C)`

    Example:
        >>> GlobalAveragePool2D().forward([[[[1.0], [2.0]], [[4.0], [3.0]]]]).tolist()
        [[2.5]]
    """

    spatial_rank: ClassVar[int] = 2


class GlobalAveragePool3D(_GlobalAveragePool):
    """The mean of each channel of a volume.

    Args:
        keepdims: keep the spatial axes, with extent 1.

    Shape:
        `(N, depth, height, width, C) -> (N, C)`
    """

    spatial_rank: ClassVar[int] = 3
