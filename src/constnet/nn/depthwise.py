"""`DepthwiseConv1D`, `DepthwiseConv2D`: each channel has filters of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from constnet import ops
from constnet.nn import argument
from constnet.nn.filters import FilterLayer, as_weight_dtype
from constnet.nn.init import Initializer

if TYPE_CHECKING:
    from constnet.nn.init import Bits
    from constnet.nn.layer import Layer
    from constnet.nn.regularizer import Regularizer
    from constnet.nn.spatial import Extents, Padding, Window
    from constnet.ops.tensor import Tensor


class EachChannel(Initializer):
    """Draws `(*kernel, channels, multiplier)` channel by channel.

    So a fan counts the window of one channel, which is all that reaches an output.
    """

    def __init__(self, of: Initializer) -> None:
        self.of = of

    def draw(self, shape: tuple[int, ...], bits: Bits) -> np.ndarray[Any, np.dtype[Any]]:
        """See the class."""
        *kernel, channels, multiplier = shape
        one = (*kernel, 1, multiplier)
        drawn = [self.of.draw(one, bits).reshape(one) for _ in range(channels)]
        return np.concatenate(drawn, axis=-2)


class _DepthwiseConv(FilterLayer[Any, Any]):
    """What depthwise convolutions of all ranks share."""

    padding_words: ClassVar[tuple[str, ...]] = ("valid", "same", "causal")

    def __init__(  # noqa: PLR0913  (Keras's arguments, most of them by name)
        self,
        kernel_size: Extents,
        strides: Extents = 1,
        padding: Padding = "valid",
        *,
        depth_multiplier: int = 1,
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
        self.depth_multiplier = argument.extent(repr(self), "depth_multiplier", depth_multiplier)

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make `weight` and `bias`."""
        channels = input_shape[-1]
        self.weight = self.parameter(
            "weight",
            (*self.window.size, channels, self.depth_multiplier),
            EachChannel(self.kernel_initializer),
            self.kernel_regularizer,
        )
        self.make_bias(channels * self.depth_multiplier)

    def filtered(self, x: Tensor, window: Window) -> Tensor:
        """Convolve each channel."""
        weight = self.weight.as_tensor(x.trace)
        y = ops.depthwise_convolution(
            as_weight_dtype(x, weight),
            weight,
            strides=window.strides,
            padding=window.padding,
            dilation=window.dilation,
        )
        return self.finish(y)


class DepthwiseConv2D(_DepthwiseConv):
    """Filters that move over each channel of an image by itself.

    Formula:
        y[n, i, j, c * depth_multiplier + m] = activation(bias + sum over a, b of
            x[n, i * stride + a * dilation - before, j * stride + b * dilation - before, c]
            * weight[a, b, c, m]), where x is 0 outside

    Args:
        kernel_size: of the window, one number or one for each spatial axis.
        strides: how far the window moves, as `kernel_size`.
        padding: "valid", "same", a width, or for each axis a width or (before, after);
            `DepthwiseConv1D` also takes "causal". See `Conv2D`.
        depth_multiplier: filters for each channel.
        dilation: distance between elements of the window.
        activation: a name such as `"relu"`, a layer, or None.
        use_bias: whether there is a `bias`.
        kernel_initializer: of `weight`; its fan counts one channel's window.
        bias_initializer: of `bias`; zeros by default.
        kernel_regularizer: a penalty on `weight`.
        bias_regularizer: a penalty on `bias`.

    Shape:
        `(N, height, width, C) -> (N, height', width', C * depth_multiplier)`; `weight` is
        `(*kernel_size, C, depth_multiplier)`.

    Raises:
        ShapeError: the window is larger than the padded image, or the input is no image.

    Example:
        >>> layer = DepthwiseConv2D(2, kernel_initializer="ones")
        >>> layer.forward([[[[1.0, 5.0], [2.0, 6.0]], [[3.0, 7.0], [4.0, 8.0]]]]).tolist()
        [[[[10.0, 26.0]]]]
    """

    spatial_rank: ClassVar[int] = 2


class DepthwiseConv1D(_DepthwiseConv):
    """Filters that move over each channel of a signal; arguments are those of `DepthwiseConv2D`.

    Shape:
        `(N, length, C) -> (N, length', C * depth_multiplier)`; `weight` is `(kernel_size, C,
        depth_multiplier)`.
    """

    spatial_rank: ClassVar[int] = 1
