"""`SeparableConv1D`, `SeparableConv2D`: a depthwise convolution, then one that mixes channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from constnet import ops
from constnet.nn import argument
from constnet.nn import init as initializers
from constnet.nn import regularizer as regularizers
from constnet.nn.depthwise import EachChannel
from constnet.nn.filters import FilterLayer, as_weight_dtype

if TYPE_CHECKING:
    import numpy as np

    from constnet.nn.init import Initializer
    from constnet.nn.layer import Layer
    from constnet.nn.parameter import Parameter
    from constnet.nn.regularizer import Regularizer
    from constnet.nn.spatial import Extents, Padding, Window
    from constnet.ops.tensor import Tensor


class _SeparableConv(FilterLayer[Any, Any]):
    """What separable convolutions of all ranks share."""

    padding_words: ClassVar[tuple[str, ...]] = ("valid", "same", "causal")
    depthwise_weight: Parameter
    depthwise_weight_grad: np.ndarray[Any, np.dtype[Any]]

    def __init__(  # noqa: PLR0913  (Keras's arguments, most of them by name)
        self,
        filters: int,
        kernel_size: Extents,
        strides: Extents = 1,
        padding: Padding = "valid",
        *,
        depth_multiplier: int = 1,
        dilation: Extents = 1,
        activation: str | Layer[Any, Any] | None = None,
        use_bias: bool = True,
        depthwise_initializer: str | Initializer = "glorot_uniform",
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        depthwise_regularizer: str | Regularizer | None = None,
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
        self.depth_multiplier = argument.extent(repr(self), "depth_multiplier", depth_multiplier)
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make `depthwise_weight`, `weight` and `bias`."""
        channels, rank = input_shape[-1], self.spatial_rank
        self.depthwise_weight = self.parameter(
            "depthwise_weight",
            (*self.window.size, channels, self.depth_multiplier),
            EachChannel(self.depthwise_initializer),
            self.depthwise_regularizer,
        )
        self.weight = self.parameter(
            "weight",
            ((1,) * rank + (channels * self.depth_multiplier, self.filters)),
            self.kernel_initializer,
            self.kernel_regularizer,
        )
        self.make_bias(self.filters)

    def filtered(self, x: Tensor, window: Window) -> Tensor:
        """Convolve each channel, then mix them."""
        weight = self.weight.as_tensor(x.trace)
        apart = ops.depthwise_convolution(
            as_weight_dtype(x, weight),
            self.depthwise_weight.as_tensor(x.trace),
            strides=window.strides,
            padding=window.padding,
            dilation=window.dilation,
        )
        return self.finish(ops.convolution(apart, weight))


class SeparableConv2D(_SeparableConv):
    """A depthwise convolution of an image, then a convolution with a window of 1.

    Args:
        filters: output channels.
        kernel_size: of the depthwise window, one number or one for each spatial axis.
        strides: how far that window moves, as `kernel_size`.
        padding: "valid", "same", a width, or for each axis a width or (before, after);
            `SeparableConv1D` also takes "causal". See `Conv2D`.
        depth_multiplier: filters of the first convolution for each channel.
        dilation: distance between elements of the window.
        activation: a name such as `"relu"`, a layer, or None.
        use_bias: whether there is a `bias`.
        depthwise_initializer: of `depthwise_weight`; its fan counts one channel's window.
        kernel_initializer: of `weight`; Glorot uniform by default.
        bias_initializer: of `bias`; zeros by default.
        depthwise_regularizer: a penalty on `depthwise_weight`.
        kernel_regularizer: a penalty on `weight`.
        bias_regularizer: a penalty on `bias`.

    Shape:
        `(N, height, width, C) -> (N, height', width', filters)`; `depthwise_weight` is
        `(*kernel_size, C, depth_multiplier)`, `weight` is `(1, 1, C * depth_multiplier, filters)`.

    Raises:
        ShapeError: the window is larger than the padded image, or the input is no image.

    Source:
        Chollet (2017), Xception: deep learning with depthwise separable convolutions.
    """

    spatial_rank: ClassVar[int] = 2


class SeparableConv1D(_SeparableConv):
    """The same over a signal; arguments are those of `SeparableConv2D`.

    Shape:
        `(N, length, C) -> (N, length', filters)`; `depthwise_weight` is `(kernel_size, C,
        depth_multiplier)`, `weight` is `(1, C * depth_multiplier, filters)`.
    """

    spatial_rank: ClassVar[int] = 1
