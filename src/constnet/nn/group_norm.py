"""`GroupNorm` and `InstanceNorm`: mean 0 and variance 1 within a sample, by groups of channels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from constnet import ops
from constnet.nn import argument
from constnet.nn.normalization import Affine

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor


class _GroupedNorm(Affine):
    """What both share: statistics of each sample and group over all spatial axes."""

    def __init__(self, epsilon: float = 1e-3, *, center: bool = True, scale: bool = True) -> None:
        name = type(self).__name__
        self.epsilon = argument.number(name, "epsilon", epsilon, low=0.0)
        self.center = argument.flag(name, "center", center)
        self.scale = argument.flag(name, "scale", scale)

    def group_count(self, channels: int) -> int:
        """Into how many groups the channels fall."""
        raise NotImplementedError

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make `weight` and `bias`."""
        self.make_affine(input_shape[-1])

    def call(self, x: Tensor) -> Tensor:
        """Factors of each sample and channel first; then one multiply-add for each element."""
        mean = self._group_mean(x)
        fixed = ops.stop_gradient(mean)
        centered = x - fixed
        scale = self.factor(self._group_mean(centered * centered), self.epsilon)
        return centered * scale + self.shift((mean - fixed) * scale)

    def _group_mean(self, x: Tensor) -> Tensor:
        """Mean of each sample and group, repeated for its channels: (N, 1, ..., C)."""
        batch, channels = x.shape[0], x.shape[-1]
        groups = self.group_count(channels)
        spatial = tuple(range(1, x.rank - 1))
        total = ops.sum(x, axis=spatial) if spatial else x  # channels stay side by side
        parts = ops.reshape(total, (batch, groups, channels // groups))
        count = float(math.prod(x.shape[1:]) // groups)
        mean = ops.sum(parts, axis=-1, keepdims=True) / count
        repeated = ops.broadcast_to(mean, parts.shape)
        return ops.reshape(repeated, (batch, *(1 for _ in spatial), channels))


class GroupNorm(_GroupedNorm):
    """Normalizes each sample over all spatial axes and a group of channels.

    Formula:
        y = (x - mean) / sqrt(var + epsilon) * weight + bias, mean and `var` (dividing by the count)
        of each sample and group of neighbouring channels

    Args:
        groups: into how many groups the channels fall; 1 normalizes all of a sample at once.
        epsilon: added to the variance.
        center: whether there is a `bias`.
        scale: whether there is a `weight`.

    Shape:
        `(N, ..., C) -> (N, ..., C)`; `weight` and `bias` are `(C,)`.

    Raises:
        ShapeError: `groups` do not divide the channels.

    Source:
        Wu and He (2018), Group normalization.
    """

    def __init__(
        self,
        groups: int = 32,
        epsilon: float = 1e-3,
        *,
        center: bool = True,
        scale: bool = True,
    ) -> None:
        super().__init__(epsilon, center=center, scale=scale)
        self.groups = argument.extent("GroupNorm", "groups", groups)

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """The groups must divide the channels."""
        super().check_inputs(*input_shapes)
        channels = input_shapes[0][-1]
        if channels % self.groups:
            raise self.shape_error(
                f"its {self.groups} groups do not divide {channels} channels",
                f"Use groups that divide {channels}, such as {math.gcd(channels, self.groups)}.",
            )

    def group_count(self, channels: int) -> int:
        """As given."""
        del channels
        return self.groups


class InstanceNorm(_GroupedNorm):
    """Normalizes each channel of each sample over the spatial axes.

    Formula:
        y = (x - mean) / sqrt(var + epsilon) * weight + bias, mean and `var` (dividing by the count)
        of each sample and channel

    Args:
        epsilon: added to the variance.
        center: whether there is a `bias`.
        scale: whether there is a `weight`.

    Shape:
        `(N, *spatial, C) -> (N, *spatial, C)`; `weight` and `bias` are `(C,)`.

    Raises:
        ShapeError: there is one spatial element only, whose variance would be 0.

    Source:
        Ulyanov et al. (2016), Instance normalization: the missing ingredient for fast stylization.
    """

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """More than one element for each channel."""
        super().check_inputs(*input_shapes)
        if math.prod(input_shapes[0][:-1]) == 1:
            raise self.shape_error(
                "each of its channels has one element, whose variance is 0",
                "Use nn.LayerNorm() there.",
            )

    def group_count(self, channels: int) -> int:
        """One for each channel."""
        return channels
