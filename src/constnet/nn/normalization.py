"""Layers that bring values to mean 0 and variance 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from constnet import ops
from constnet.nn import argument
from constnet.nn.layer import ShapeKeeping, is_training

if TYPE_CHECKING:
    import numpy as np

    from constnet.nn.parameter import Parameter
    from constnet.ops.tensor import Tensor


class Affine(ShapeKeeping):
    """Base of normalizations: `weight` and `bias` of the last axis.

    Where many elements share a mean and a variance, factors of each channel are computed first:

        y = (x - fixed) * factor(variance) + shift((mean - fixed) * factor(variance))

    with `fixed` the mean as a constant. `mean - fixed` is 0, but has the mean's gradient: so the
    gradient needs no sum over the image but those of `ct` and `ct * (x - fixed)`. The variance does
    not depend on the mean to first order, so it is computed with `fixed` as well.
    """

    weight: Parameter
    bias: Parameter
    weight_grad: np.ndarray[Any, np.dtype[Any]]
    bias_grad: np.ndarray[Any, np.dtype[Any]]
    scale: bool
    center: bool

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """The last axis must be the one it was built for."""
        if not input_shapes[0]:
            raise self.shape_error("it needs a feature axis", "Use nn.Reshape(1) before it.")
        if self.is_built and input_shapes[0][-1] != self.input_shapes[0][-1]:
            raise self.shape_error(
                f"it was built for {self.input_shapes[0][-1]} features",
                "Use a second layer there.",
            )

    def make_affine(self, features: int) -> None:
        """Make `weight` and `bias`, as far as wanted."""
        if self.scale:
            self.weight = self.parameter("weight", (features,), "ones")
        if self.center:
            self.bias = self.parameter("bias", (features,), "zeros")

    def factor(self, variance: Tensor, epsilon: float) -> Tensor:
        """What values are multiplied by."""
        root = ops.sqrt(variance + epsilon)
        return self.weight.as_tensor(variance.trace) / root if self.scale else 1.0 / root

    def shift(self, subtracted: Tensor) -> Tensor:
        """What is added to values then: the bias less `subtracted`."""
        return self.bias.as_tensor(subtracted.trace) - subtracted if self.center else -subtracted

    def apply_affine(self, x: Tensor) -> Tensor:
        """Times `weight` plus `bias`."""
        if self.scale:
            x = x * self.weight.as_tensor(x.trace)
        return x + self.bias.as_tensor(x.trace) if self.center else x


class LayerNorm(Affine):
    """Normalizes the last axis of each sample.

    Formula:
        y = (x - mean) / sqrt(var + epsilon) * weight + bias, `var` dividing by the count

    Args:
        epsilon: added to the variance.
        center: whether there is a `bias`.
        scale: whether there is a `weight`.

    Source:
        Ba et al. (2016), Layer normalization.
    """

    is_stepwise = True

    def __init__(self, epsilon: float = 1e-3, *, center: bool = True, scale: bool = True) -> None:
        self.epsilon = argument.number("LayerNorm", "epsilon", epsilon, low=0.0)
        self.center = argument.flag("LayerNorm", "center", center)
        self.scale = argument.flag("LayerNorm", "scale", scale)

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make `weight` and `bias`."""
        self.make_affine(input_shape[-1])

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula; the variance is of the centered values."""
        centered = x - ops.mean(x, axis=-1, keepdims=True)
        variance = ops.mean(centered * centered, axis=-1, keepdims=True)
        return self.apply_affine(centered / ops.sqrt(variance + self.epsilon))


class RMSNorm(Affine):
    """Divides the last axis of each sample by its root mean square; nothing is subtracted.

    Formula:
        y = x / sqrt(mean(x * x) + epsilon) * weight

    Args:
        epsilon: added to the mean square.
        scale: whether there is a `weight`.

    Source:
        Zhang and Sennrich (2019), Root mean square layer normalization, equation 4.
    """

    is_stepwise = True
    center = False

    def __init__(self, epsilon: float = 1e-6, *, scale: bool = True) -> None:
        self.epsilon = argument.number("RMSNorm", "epsilon", epsilon, low=0.0)
        self.scale = argument.flag("RMSNorm", "scale", scale)

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make `weight`."""
        self.make_affine(input_shape[-1])

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula."""
        square = ops.mean(x * x, axis=-1, keepdims=True)
        return self.apply_affine(x / ops.sqrt(square + self.epsilon))


class BatchNorm(Affine):
    """Normalizes each feature (last axis) over the batch; keeps running statistics for use.

    Formula:
        y = (x - mean) / sqrt(var + epsilon) * weight + bias, `var` dividing by the count.
        In training mean and var are the batch's, and moving = moving * momentum + batch * (1 -
        momentum); otherwise, and while `trainable` is False, they are the moving ones.

    Args:
        momentum: share of the old running statistics that stays at each step, from 0 to 1.
        epsilon: added to the variance.
        center: whether there is a `bias`.
        scale: whether there is a `weight`.

    Source:
        Ioffe and Szegedy (2015), Batch normalization, algorithm 1; defaults as in Keras.
    """

    is_stepwise = True
    moving_mean: Parameter
    moving_variance: Parameter

    def __init__(
        self,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        *,
        center: bool = True,
        scale: bool = True,
    ) -> None:
        self.momentum = argument.number("BatchNorm", "momentum", momentum, 0.0, 1.0)
        self.epsilon = argument.number("BatchNorm", "epsilon", epsilon, low=0.0)
        self.center = argument.flag("BatchNorm", "center", center)
        self.scale = argument.flag("BatchNorm", "scale", scale)

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make parameters and running statistics."""
        features = input_shape[-1]
        self.make_affine(features)
        self.moving_mean = self.state_variable("moving_mean", (features,), "zeros")
        self.moving_variance = self.state_variable("moving_variance", (features,), "ones")

    def call(self, x: Tensor) -> Tensor:
        """Factors of each channel first; then one multiply-add for each element."""
        if not (is_training() and self.trainable):
            scale = self.factor(self.moving_variance.as_tensor(x.trace), self.epsilon)
            return x * scale + self.shift(self.moving_mean.as_tensor(x.trace) * scale)
        axes = tuple(range(x.rank - 1))
        mean = ops.mean(x, axis=axes)
        fixed = ops.stop_gradient(mean)
        centered = x - fixed
        variance = ops.mean(centered * centered, axis=axes)
        self._move(self.moving_mean, mean)
        self._move(self.moving_variance, variance)
        scale = self.factor(variance, self.epsilon)
        return centered * scale + self.shift((mean - fixed) * scale)

    def _move(self, moving: Parameter, batch: Tensor) -> None:
        old = batch.trace.updates.get(id(moving), moving.as_tensor(batch.trace))
        moving.assign(old * self.momentum + ops.stop_gradient(batch) * (1.0 - self.momentum))
