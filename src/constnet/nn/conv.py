"""`Conv1D`, `Conv2D`, `Conv3D`: filters that move over an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, overload

from constnet import ops
from constnet.errors import UsageError
from constnet.nn import argument
from constnet.nn.filters import FilterLayer, as_weight_dtype
from constnet.nn.layer import I, Layer, O
from constnet.nn.sized import sized

if TYPE_CHECKING:
    from typing import Required, TypedDict, Unpack

    from constnet.nn.init import Initializer
    from constnet.nn.regularizer import Regularizer
    from constnet.nn.spatial import Extents, Padding, Window
    from constnet.ops.tensor import Tensor

    class ConvOptions(TypedDict, total=False):
        """Keyword arguments of convolutions."""

        dilation: Extents
        groups: int
        activation: str | Layer[Any, Any] | None
        use_bias: bool
        kernel_initializer: str | Initializer
        bias_initializer: str | Initializer
        kernel_regularizer: str | Regularizer | None
        bias_regularizer: str | Regularizer | None
        input_channels: int | None

    class SizedConvOptions(ConvOptions, total=False):
        """Keyword arguments of `Conv2D[L[1], L[8]](...)`."""

        kernel_size: Required[Extents]
        strides: Extents
        padding: Padding


def _missing(kind: str, name: str, filters: int | None) -> UsageError:
    return UsageError(
        f"{name} has no {'filters' if filters is None else 'kernel_size'}. Write "
        f"{kind}(filters, kernel_size) or {kind}[L[input], L[filters]](kernel_size=3)."
    )


def _need_divisor(name: str, filters: int, groups: int) -> None:
    if filters % groups:
        message = (
            f"{name}: {groups} groups do not divide {filters} filters. Use a divisor "
            "of both filters and input channels."
        )
        raise UsageError(message)


class _Conv(FilterLayer[I, O], Generic[I, O]):
    """What convolutions of all ranks share."""

    padding_words: ClassVar[tuple[str, ...]] = ("valid", "same", "causal")

    @overload
    def __init__(
        self: _Conv[Any, Any],
        filters: int,
        kernel_size: Extents,
        strides: Extents = 1,
        padding: Padding = "valid",
        **options: Unpack[ConvOptions],
    ) -> None: ...
    @overload
    def __init__(self, **options: Unpack[SizedConvOptions]) -> None: ...
    def __init__(  # noqa: PLR0913  (Keras's arguments, most of them by name)
        self,
        filters: int | None = None,
        kernel_size: Extents | None = None,
        strides: Extents = 1,
        padding: Padding = "valid",
        *,
        dilation: Extents = 1,
        groups: int = 1,
        activation: str | Layer[Any, Any] | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        kernel_regularizer: str | Regularizer | None = None,
        bias_regularizer: str | Regularizer | None = None,
        input_channels: int | None = None,
    ) -> None:
        name = repr(self)
        if filters is None or kernel_size is None:
            raise _missing(type(self).__name__, name, filters)
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
        self.filters = argument.extent(name, "filters", filters)
        self.groups = argument.extent(name, "groups", groups)
        self.input_channels = (
            None
            if input_channels is None
            else argument.extent(name, "input_channels", input_channels)
        )
        _need_divisor(name, self.filters, self.groups)

    if not TYPE_CHECKING:

        def __class_getitem__(cls, sizes):  # noqa: ANN001, ANN204  (checkers see Generic's)
            def make(channels, filters, **options):  # noqa: ANN001, ANN003, ANN202
                return cls(filters, input_channels=channels, **options)

            return sized(super().__class_getitem__(sizes), make, sizes)

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """See the base; `groups` must divide the channels, `input_channels` be their number."""
        super().check_inputs(*input_shapes)
        channels = input_shapes[0][-1]
        if self.input_channels is not None:
            self.need_channels(self.input_channels, channels)
        if channels % self.groups:
            raise self.shape_error(
                f"its {self.groups} groups do not divide {channels} channels",
                f"Use groups that divide both {channels} and {self.filters}.",
            )

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make `weight` and `bias`."""
        self.weight = self.parameter(
            "weight",
            (*self.window.size, input_shape[-1] // self.groups, self.filters),
            self.kernel_initializer,
            self.kernel_regularizer,
        )
        self.make_bias(self.filters)

    def filtered(self, x: Tensor, window: Window) -> Tensor:
        """Convolve."""
        weight = self.weight.as_tensor(x.trace)
        y = ops.convolution(
            as_weight_dtype(x, weight),
            weight,
            strides=window.strides,
            padding=window.padding,
            dilation=window.dilation,
            groups=self.groups,
        )
        return self.finish(y)


class Conv2D(_Conv[I, O], Generic[I, O]):
    """Filters that move over an image: each output a weighted sum of the window it stands on.

    Formula:
        y[n, i, j, f] = activation(bias[f] + sum over a, b, c of
            x[n, i * stride + a * dilation - before, j * stride + b * dilation - before, c]
            * weight[a, b, c, f]), where x is 0 outside

    Args:
        filters: output channels.
        kernel_size: of the window, one number or one for each spatial axis.
        strides: how far the window moves, as `kernel_size`.
        padding: "valid" (none), "same" (output extents are input extents / strides, rounded up;
            the odd element of zeros goes after, as in Keras), a width, or for each axis a width
            or (before, after). `Conv1D` also takes "causal": zeros before only, so that no output
            sees a later input.
        dilation: distance between elements of the window.
        groups: channels and filters fall into as many groups that do not see each other.
        activation: a name such as `"relu"`, a layer, or None.
        use_bias: whether there is a `bias`.
        kernel_initializer: of `weight`; Glorot uniform by default.
        bias_initializer: of `bias`; zeros by default.
        kernel_regularizer: a penalty on `weight`.
        bias_regularizer: a penalty on `bias`.
        input_channels: what the input must have; whatever it has by default. Read with `filters`
            from the type in `Conv2D[L[1], L[8]](kernel_size=3)`.

    Shape:
        `(N, height, width, C) -> (N, height', width', filters)` with height' = (padded height -
        (kernel_size - 1) * dilation - 1) // strides + 1; `weight` is `(*kernel_size, C / groups,
        filters)`.

    Raises:
        ShapeError: the window is larger than the padded image, `groups` do not divide the
            channels, or the input is no image.

    Example:
        >>> layer = Conv2D(1, 2, kernel_initializer="ones")
        >>> layer.forward([[[[1.0], [2.0]], [[3.0], [4.0]]]])
        array([[[[10.]]]])
    """

    spatial_rank: ClassVar[int] = 2


class Conv1D(_Conv[I, O], Generic[I, O]):
    """Filters that move over a signal; arguments are those of `Conv2D`.

    Shape:
        `(N, length, C) -> (N, length', filters)`; `weight` is `(kernel_size, C / groups, filters)`.

    Example:
        >>> layer = Conv1D(1, 2, padding="causal", kernel_initializer="ones")
        >>> layer.forward([[[1.0], [2.0], [3.0]]]).tolist()
        [[[1.0], [3.0], [5.0]]]
    """

    spatial_rank: ClassVar[int] = 1


class Conv3D(_Conv[I, O], Generic[I, O]):
    """Filters that move over a volume; arguments are those of `Conv2D`.

    Shape:
        `(N, depth, height, width, C) -> (N, depth', height', width', filters)`; `weight` is
        `(*kernel_size, C / groups, filters)`.
    """

    spatial_rank: ClassVar[int] = 3
