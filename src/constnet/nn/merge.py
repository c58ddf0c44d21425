"""Layers that join several values, or a value with what layers make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from constnet import ops
from constnet.errors import UsageError
from constnet.nn import argument
from constnet.nn.layer import Layer, ShapeKeeping

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor


class Add(Layer[Any, Any]):
    """Sum of two inputs or more, of one shape, from left to right.

    Raises:
        ShapeError: the inputs differ in shape, or there is one only.
    """

    is_stepwise = True

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """All shapes must be equal."""
        if len(input_shapes) < 2 or len(set(input_shapes)) != 1:
            raise self.shape_error(
                "it adds two inputs or more of equal shape",
                "Bring them to one shape first.",
            )

    def call(self, *inputs: Tensor) -> Tensor:
        """Add."""
        total = inputs[0]
        for term in inputs[1:]:
            total = total + term
        return total


class Concatenate(Layer[Any, Any]):
    """Inputs side by side along an axis.

    Args:
        axis: counted with the batch axis, which is 0 and not allowed.

    Raises:
        ShapeError: the inputs differ on another axis.
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = argument.integer("Concatenate", "axis", axis)
        self.is_stepwise = axis == -1

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """All other extents must be equal."""
        rank = len(input_shapes[0]) + 1
        if not -rank < self.axis < rank or self.axis == 0:
            raise self.shape_error(
                f"its axis is {self.axis}",
                f"Use an axis from 1 to {rank - 1}, or below 0.",
            )
        axis = self.axis % rank - 1
        others = {(len(shape), shape[:axis], shape[axis + 1 :]) for shape in input_shapes}
        if len(others) != 1:
            raise self.shape_error(
                f"it joins along axis {self.axis}, so all other extents must be equal",
                "Bring them to one shape first.",
            )

    def call(self, *inputs: Tensor) -> Tensor:
        """Concatenate."""
        return ops.concatenate(inputs, axis=self.axis % inputs[0].rank)


class Residual(ShapeKeeping):
    """`x + layers(x)`.

    Args:
        layers: applied one after another; together they keep the shape.

    Raises:
        ShapeError: the layers change the shape.

    Source:
        He et al. (2016), Deep residual learning for image recognition, equation 1.
    """

    is_stepwise = True

    def __init__(self, *layers: Layer[Any, Any]) -> None:
        if not layers or not all(isinstance(cast("object", layer), Layer) for layer in layers):
            message = f"{self!r}: expected one layer or more, such as nn.Dense(8)."
            raise UsageError(message)
        self.layers = tuple(layers)

    def call(self, x: Tensor) -> Tensor:
        """Add the input to what the layers make of it."""
        y = x
        for idx, layer in enumerate(self.layers):
            layer.internals.name = f"layers.{idx}"
            y = layer(y)
        if y.shape != x.shape:
            raise self.shape_error(
                f"its layers turn {x.shape[1:]} into {y.shape[1:]}, which cannot be added",
                f"Let the last layer give {x.shape[1:]}.",
            )
        return x + y
