"""`Dense`: every output a weighted sum of every input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, overload

from constnet import ops
from constnet.errors import UsageError
from constnet.nn import activation as activations
from constnet.nn import argument
from constnet.nn import init as initializers
from constnet.nn import regularizer as regularizers
from constnet.nn.layer import I, Layer, O
from constnet.nn.sized import sized

if TYPE_CHECKING:
    from typing import TypedDict, Unpack

    import numpy as np

    from constnet.nn.init import Initializer
    from constnet.nn.parameter import Parameter
    from constnet.nn.regularizer import Regularizer
    from constnet.ops.tensor import Tensor

    class DenseOptions(TypedDict, total=False):
        """Keyword arguments of `Dense`."""

        activation: str | Layer[Any, Any] | None
        use_bias: bool
        kernel_initializer: str | Initializer
        bias_initializer: str | Initializer
        kernel_regularizer: str | Regularizer | None
        bias_regularizer: str | Regularizer | None


_TWO = 2


class Dense(Layer[I, O], Generic[I, O]):
    """Fully connected layer: `Dense(units)`, or `Dense(input_size, units)` to state both.

    Formula:
        y = activation(x @ weight + bias)

    Args:
        sizes: `units`, or `input_size` and `units`; read from the type in `Dense[L[2], L[8]]()`.
        activation: a name such as `"relu"`, a layer, or None.
        use_bias: whether there is a `bias`.
        kernel_initializer: of `weight`; Glorot uniform by default.
        bias_initializer: of `bias`; zeros by default.
        kernel_regularizer: a penalty on `weight`.
        bias_regularizer: a penalty on `bias`.

    Shape:
        `(N, ..., input_size) -> (N, ..., units)`; `weight` is `(input_size, units)`.

    Raises:
        ShapeError: the input's last axis is not `input_size`.

    Example:
        >>> layer = Dense(2, 3, kernel_initializer="ones")
        >>> layer.forward([[1.0, 2.0]])
        array([[3., 3., 3.]])
    """

    is_stepwise = True
    weight: Parameter
    bias: Parameter
    weight_grad: np.ndarray[Any, np.dtype[Any]]
    bias_grad: np.ndarray[Any, np.dtype[Any]]

    @overload
    def __init__(
        self: Dense[Any, Any],
        units: int,
        /,
        **options: Unpack[DenseOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: Dense[Any, Any],
        input_size: int,
        units: int,
        /,
        **options: Unpack[DenseOptions],
    ) -> None: ...
    @overload
    def __init__(self, **options: Unpack[DenseOptions]) -> None: ...
    def __init__(
        self,
        *sizes: int,
        activation: str | Layer[Any, Any] | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        kernel_regularizer: str | Regularizer | None = None,
        bias_regularizer: str | Regularizer | None = None,
    ) -> None:
        if len(sizes) not in (1, _TWO):
            message = (
                f"{self!r} has {len(sizes)} sizes. Write Dense(units), Dense(input_size, units) or "
                "Dense[L[input_size], L[units]]()."
            )
            raise UsageError(message)
        checked = [argument.extent(repr(self), "size", size) for size in sizes]
        self.input_size = checked[0] if len(checked) == _TWO else None
        self.units = checked[-1]
        self.use_bias = argument.flag(repr(self), "use_bias", use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activation = None if activation is None else activations.get(activation)

    if not TYPE_CHECKING:

        def __class_getitem__(cls, sizes):  # noqa: ANN001, ANN204  (checkers see Generic's)
            return sized(super().__class_getitem__(sizes), cls, sizes)

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """The last axis must be `input_size`, once that is known."""
        if len(input_shapes) != 1 or not input_shapes[0]:
            raise self.shape_error(
                "it takes one input of two axes or more",
                "Keep a feature axis, for example with nn.Reshape(1).",
            )
        found, expected = input_shapes[0][-1], self._expected()
        if expected is not None and found != expected:
            raise self.shape_error(
                f"its input size is {expected}",
                f"Use Dense({found}, {self.units}) or Dense({self.units}).",
            )

    def _expected(self) -> int | None:
        return self.weight.shape[0] if self.is_built else self.input_size

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make `weight` and `bias`."""
        self.weight = self.parameter(
            "weight",
            (input_shape[-1], self.units),
            self.kernel_initializer,
            self.kernel_regularizer,
        )
        if self.use_bias:
            self.bias = self.parameter(
                "bias",
                (self.units,),
                self.bias_initializer,
                self.bias_regularizer,
            )

    def call(self, x: Tensor) -> Tensor:
        """Contract the last axis."""
        weight = self.weight.as_tensor(x.trace)
        x = ops.cast(x, weight.dtype)
        rows = x if x.rank == _TWO else ops.reshape(x, (-1, x.shape[-1]))
        y = ops.matmul(rows, weight)
        if self.use_bias:
            y = y + self.bias.as_tensor(x.trace)
        if x.rank != _TWO:
            y = ops.reshape(y, (*x.shape[:-1], self.units))
        return y if self.activation is None else self.activation(y)
