"""Layers that change the shape and no value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from constnet import ops
from constnet.errors import UsageError
from constnet.nn import argument
from constnet.nn.layer import Layer

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor


class Flatten(Layer[Any, Any]):
    """All axes but the batch's become one, the last axis fastest.

    Shape:
        `(N, a, b, ...) -> (N, a * b * ...)`

    Example:
        >>> Flatten().forward([[[1.0, 2.0], [3.0, 4.0]]])
        array([[1., 2., 3., 4.]])
    """

    def call(self, x: Tensor) -> Tensor:
        """Reshape."""
        return ops.reshape(x, (x.shape[0], math.prod(x.shape[1:])))


class Reshape(Layer[Any, Any]):
    """Another shape of as many elements; the batch axis stays.

    Args:
        target_shape: extents without the batch axis; at most one may be -1, for the rest.

    Shape:
        `(N, ...) -> (N, *target_shape)`

    Raises:
        ShapeError: the numbers of elements differ.

    Example:
        >>> Reshape((2, 2)).forward([[1.0, 2.0, 3.0, 4.0]]).tolist()
        [[[1.0, 2.0], [3.0, 4.0]]]
    """

    def __init__(self, target_shape: int | tuple[int, ...]) -> None:
        given = target_shape if isinstance(target_shape, (tuple, list)) else (target_shape,)
        extents = [argument.integer(repr(self), "target_shape", extent) for extent in given]
        if extents.count(-1) > 1 or any(extent < 1 and extent != -1 for extent in extents):
            message = f"{self!r}: target_shape is {given}; expected positive sizes, at most one -1."
            raise UsageError(message)
        self.target_shape = tuple(extents)

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """The number of elements must fit."""
        found = math.prod(input_shapes[0])
        fixed = math.prod(extent for extent in self.target_shape if extent != -1)
        fits = found % fixed == 0 if -1 in self.target_shape else found == fixed
        if not fits:
            raise self.shape_error(
                f"those are {found} elements and {self.target_shape} takes {fixed}"
                f"{' times a whole number' if -1 in self.target_shape else ''}",
                "Change target_shape so that the products agree.",
            )

    def call(self, x: Tensor) -> Tensor:
        """Reshape."""
        fixed = math.prod(extent for extent in self.target_shape if extent != -1)
        rest = math.prod(x.shape[1:]) // fixed
        extents = tuple(rest if extent == -1 else extent for extent in self.target_shape)
        return ops.reshape(x, (x.shape[0], *extents))
