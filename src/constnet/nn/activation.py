"""Activations: layers that keep the shape, also named in `activation=` arguments.

The formulas and defaults are Keras's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from constnet import ops
from constnet.errors import UsageError
from constnet.nn import argument
from constnet.nn import init as initializers
from constnet.nn.layer import Layer, ShapeKeeping

if TYPE_CHECKING:
    from constnet.nn.init import Initializer
    from constnet.nn.parameter import Parameter
    from constnet.ops.tensor import Tensor


class Elementwise(ShapeKeeping):
    """Base: each element of the output is made of that element alone."""

    is_stepwise = True


class Identity(Elementwise):
    """The input itself."""

    def call(self, x: Tensor) -> Tensor:
        """Return `x`."""
        return x


class ReLU(Elementwise):
    """Rectified linear unit.

    Formula:
        max(x, 0), with gradient 0 at 0

    Example:
        >>> ReLU().forward([[-1.0, 2.0]])
        array([[0., 2.]])
    """

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula."""
        return ops.relu(x)


class LeakyReLU(Elementwise):
    """ReLU with a slope for negative inputs.

    Formula:
        x where x > 0, else negative_slope * x

    Args:
        negative_slope: 0.3 by default, as in Keras (PyTorch has 0.01).
    """

    def __init__(self, negative_slope: float = 0.3) -> None:
        self.negative_slope = argument.number("LeakyReLU", "negative_slope", negative_slope)

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula."""
        return ops.leaky_relu(x, self.negative_slope)


class PReLU(ShapeKeeping):
    """ReLU with a learned slope for negative inputs, one for each feature.

    Formula:
        x where x > 0, else alpha * x

    Args:
        alpha_initializer: of `alpha`, whose shape is the input's without the batch axis.

    Source:
        He et al. (2015), Delving deep into rectifiers, equation 1.
    """

    alpha: Parameter

    def __init__(self, alpha_initializer: str | Initializer = "zeros") -> None:
        self.alpha_initializer = initializers.get(alpha_initializer)

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """The shape must be the one it was built for."""
        if self.is_built and input_shapes != self.input_shapes:
            raise self.shape_error(
                f"it was built for {self.input_shapes[0]} and has one slope for each element",
                "Use a second PReLU() there.",
            )

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make `alpha`."""
        self.alpha = self.parameter("alpha", input_shape, self.alpha_initializer)

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula."""
        return ops.where(x > 0, x, self.alpha.as_tensor(x.trace) * x)


class ELU(Elementwise):
    """Exponential linear unit.

    Formula:
        x where x > 0, else alpha * (exp(x) - 1)

    Source:
        Clevert et al. (2016), Fast and accurate deep network learning by ELUs, equation 15.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = argument.number("ELU", "alpha", alpha)

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula."""
        return ops.elu(x, self.alpha)


class SELU(Elementwise):
    """Scaled ELU, which keeps mean 0 and variance 1; use with LeCun normal weights.

    Formula:
        1.0507 * (x where x > 0, else 1.6733 * (exp(x) - 1))

    Source:
        Klambauer et al. (2017), Self-normalizing neural networks, equation 2.
    """

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula."""
        return ops.selu(x)


class GELU(Elementwise):
    """Gaussian error linear unit.

    Formula:
        x * (1 + erf(x / sqrt(2))) / 2, or with `approximate`
        x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2

    Source:
        Hendrycks and Gimpel (2016), Gaussian error linear units.
    """

    def __init__(self, approximate: bool = False) -> None:
        self.approximate = argument.flag("GELU", "approximate", approximate)

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula."""
        return ops.gelu(x, approximate=self.approximate)


class SiLU(Elementwise):
    """Sigmoid linear unit, also called swish.

    Formula:
        x * sigmoid(x)
    """

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula."""
        return ops.silu(x)


class Softplus(Elementwise):
    """Smooth ReLU.

    Formula:
        log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|))
    """

    def call(self, x: Tensor) -> Tensor:
        """Apply the second form, which does not overflow."""
        return ops.softplus(x)


class Softsign(Elementwise):
    """Slow sigmoid.

    Formula:
        x / (1 + |x|)
    """

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula."""
        return ops.softsign(x)


class Sigmoid(Elementwise):
    """Logistic function.

    Formula:
        1 / (1 + exp(-x))
    """

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula."""
        return ops.sigmoid(x)


class HardSigmoid(Elementwise):
    """Sigmoid of three straight pieces.

    Formula:
        min(max(x + 3, 0), 6) / 6
    """

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula."""
        return ops.hard_sigmoid(x)


class Tanh(Elementwise):
    """Hyperbolic tangent."""

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula."""
        return ops.tanh(x)


class Softmax(ShapeKeeping):
    """Probabilities that add up to 1 along an axis.

    Formula:
        exp(x - max(x)) / sum(exp(x - max(x)))

    Args:
        axis: counted with the batch axis, which is 0.
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = argument.integer("Softmax", "axis", axis)
        self.is_stepwise = axis == -1

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """The axis must exist and not be the batch axis."""
        _check_axis(self, self.axis, len(input_shapes[0]) + 1)

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula."""
        return ops.softmax(x, axis=self.axis)


class LogSoftmax(ShapeKeeping):
    """Logarithms of `Softmax`, without its underflow.

    Formula:
        x - max(x) - log(sum(exp(x - max(x))))

    Args:
        axis: counted with the batch axis, which is 0.
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = argument.integer("LogSoftmax", "axis", axis)
        self.is_stepwise = axis == -1

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """The axis must exist and not be the batch axis."""
        _check_axis(self, self.axis, len(input_shapes[0]) + 1)

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula."""
        return ops.log_softmax(x, axis=self.axis)


def _check_axis(layer: Layer[Any, Any], axis: int, rank: int) -> None:
    if not -rank < axis < rank or axis == 0:
        raise layer.shape_error(
            f"its axis is {axis}",
            f"Use an axis from 1 to {rank - 1}, or from {1 - rank} to -1.",
        )


_BY_NAME: dict[str, type[ShapeKeeping]] = {
    "linear": Identity,
    "identity": Identity,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "prelu": PReLU,
    "elu": ELU,
    "selu": SELU,
    "gelu": GELU,
    "silu": SiLU,
    "swish": SiLU,
    "softplus": Softplus,
    "softsign": Softsign,
    "sigmoid": Sigmoid,
    "hard_sigmoid": HardSigmoid,
    "tanh": Tanh,
    "softmax": Softmax,
    "log_softmax": LogSoftmax,
}


def get(given: str | Layer[Any, Any]) -> Layer[Any, Any]:
    """An activation layer by name, or `given` itself.

    Raises:
        UsageError: no activation has that name.

    Example:
        >>> get("relu")
        ReLU()
    """
    if isinstance(given, Layer):
        return given
    if not isinstance(cast("object", given), str) or given not in _BY_NAME:
        message = f"activation {given!r} is unknown; there are: {', '.join(_BY_NAME)}."
        raise UsageError(message)
    return _BY_NAME[given]()
