"""`ConvTranspose1D`, `2D`, `3D`: windows that are laid down, not looked through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from constnet import ops
from constnet.nn import argument
from constnet.nn.filters import FilterLayer, as_weight_dtype
from constnet.nn.init import Initializer
from constnet.nn.spatial import SpatialLayer

if TYPE_CHECKING:
    from constnet.nn.init import Bits
    from constnet.nn.layer import Layer
    from constnet.nn.regularizer import Regularizer
    from constnet.nn.spatial import Extents, Padding
    from constnet.ops.tensor import Tensor


class Swapped(Initializer):
    """Draws `(*kernel, outputs, inputs)` with the fans of `(*kernel, inputs, outputs)`."""

    def __init__(self, of: Initializer) -> None:
        self.of = of

    def draw(self, shape: tuple[int, ...], bits: Bits) -> np.ndarray[Any, np.dtype[Any]]:
        """See the class."""
        usual = (*shape[:-2], shape[-1], shape[-2])
        return np.swapaxes(self.of.draw(usual, bits).reshape(usual), -1, -2)


class _ConvTranspose(FilterLayer[Any, Any]):
    """What transposed convolutions of all ranks share."""

    def __init__(  # noqa: PLR0913  (Keras's arguments, most of them by name)
        self,
        filters: int,
        kernel_size: Extents,
        strides: Extents = 1,
        padding: Padding = "valid",
        *,
        dilation: Extents = 1,
        activation: str | Layer[Any, Any] | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        kernel_regularizer: str | Regularizer | None = None,
        bias_regularizer: str | Regularizer | None = None,
    ) -> None:
        super().__init__(
            kernel_size,
            strides,
            padding,
            dilation=dilation,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
        )
        self.filters = argument.extent(repr(self), "filters", filters)

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """Rank, channels of a built layer, and something left after the padding is cut."""
        SpatialLayer.check_inputs(self, *input_shapes)
        window, shape = self.window, input_shapes[0]
        if self.is_built:
            self.need_channels(self.input_shapes[0][-1], shape[-1])
        if isinstance(window.padding, str):
            return
        whole = tuple(
            (extent - 1) * stride + reach
            for extent, stride, reach in zip(shape, window.strides, window.reach, strict=False)
        )
        left = tuple(full - sum(cut) for full, cut in zip(whole, window.padding, strict=True))
        if min(left) < 1:
            raise self.shape_error(
                f"its windows cover {whole}, of which the padding {window.padding} leaves {left}",
                "Use a smaller padding.",
            )

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make `weight` and `bias`."""
        self.weight = self.parameter(
            "weight",
            (*self.window.size, self.filters, input_shape[-1]),
            Swapped(self.kernel_initializer),
            self.kernel_regularizer,
        )
        self.make_bias(self.filters)

    def call(self, x: Tensor) -> Tensor:
        """Lay the windows down."""
        weight = self.weight.as_tensor(x.trace)
        window = self.window
        y = ops.convolution_transpose(
            as_weight_dtype(x, weight),
            weight,
            strides=window.strides,
            padding=window.padding,
            dilation=window.dilation,
        )
        return self.finish(y)


class ConvTranspose2D(_ConvTranspose):
    """The transpose of a convolution: each input element adds a weighted window to the output.

    Formula:
        y[n, i * stride + a * dilation - before, j * stride + b * dilation - before, f] is the sum
        of x[n, i, j, c] * weight[a, b, f, c] over all i, j, a, b, c that meet there, plus bias[f]

    Args:
        filters: output channels.
        kernel_size: of the window, one number or one for each spatial axis.
        strides: how far apart windows are laid, as `kernel_size`.
        padding: "valid" (output extents are input extents * strides, or more where windows reach
            further), "same" (input extents * strides), or what is cut off the output: a width, or
            for each axis a width or (before, after), as in PyTorch.
        dilation: distance between elements of the window.
        activation: a name such as `"relu"`, a layer, or None.
        use_bias: whether there is a `bias`.
        kernel_initializer: of `weight`; its fan-in counts input channels.
        bias_initializer: of `bias`; zeros by default.
        kernel_regularizer: a penalty on `weight`.
        bias_regularizer: a penalty on `bias`.

    Shape:
        `(N, height, width, C) -> (N, height', width', filters)`; `weight` is `(*kernel_size,
        filters, C)`.

    Raises:
        ShapeError: the padding leaves nothing, or the input is no image.

    Example:
        >>> layer = ConvTranspose2D(1, 2, strides=2, kernel_initializer="ones")
        >>> layer.forward([[[[1.0], [2.0]]]])[0, :, :, 0]
        array([[1., 1., 2., 2.],
               [1., 1., 2., 2.]])
    """

    spatial_rank: ClassVar[int] = 2


class ConvTranspose1D(_ConvTranspose):
    """The same over a signal; arguments are those of `ConvTranspose2D`.

    Shape:
        `(N, length, C) -> (N, length', filters)`; `weight` is `(kernel_size, filters, C)`.
    """

    spatial_rank: ClassVar[int] = 1


class ConvTranspose3D(_ConvTranspose):
    """The same over a volume; arguments are those of `ConvTranspose2D`.

    Shape:
        `(N, depth, height, width, C) -> (N, depth', height', width', filters)`; `weight` is
        `(*kernel_size, filters, C)`.
    """

    spatial_rank: ClassVar[int] = 3
