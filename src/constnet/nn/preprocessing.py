"""Layers before and after the trained ones, so that what ships takes raw data and gives answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from constnet import ops
from constnet.dtypes import float32
from constnet.errors import DataError, ShapeError
from constnet.nn import argument
from constnet.nn.init import Initializer
from constnet.nn.layer import Layer, ShapeKeeping
from constnet.ops.tensor import current_trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from constnet.nn.init import Bits
    from constnet.nn.parameter import Parameter
    from constnet.ops.tensor import Tensor

    Array = np.ndarray[Any, np.dtype[Any]]


def as_float(x: Tensor) -> Tensor:
    """Numbers of any dtype in the dtype the network computes with."""
    return ops.cast(x, x.trace.dtype or float32)


class Rescaling(ShapeKeeping):
    """Multiply and add, for example to bring bytes to [0, 1].

    Formula:
        y = x * scale + offset, in the network's dtype

    Example:
        >>> Rescaling(0.5, offset=1.0).forward([[2.0, 4.0]])
        array([[2., 3.]])
    """

    is_stepwise = True

    def __init__(self, scale: float, offset: float = 0.0) -> None:
        self.scale = argument.number("Rescaling", "scale", scale)
        self.offset = argument.number("Rescaling", "offset", offset)

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula."""
        return as_float(x) * self.scale + self.offset


class _Values(Initializer):
    """Given values instead of random ones."""

    def __init__(self, values: Array) -> None:
        self.values = values

    def draw(self, shape: tuple[int, ...], bits: Bits) -> Array:
        del bits
        return np.broadcast_to(self.values, shape)


class Normalization(ShapeKeeping):
    """Brings each feature (last axis) to mean 0 and variance 1, by statistics of the data.

    Call `adapt(x)` before training. Until then, or until a file is loaded, the statistics are mean
    0 and variance 1. They are states: saved, shipped, not trained.

    Formula:
        y = (x - mean) / max(sqrt(variance), 1e-7)

    Example:
        >>> layer = Normalization().adapt([[0.0], [2.0]])
        >>> layer.forward([[4.0]])
        array([[3.]])
    """

    is_stepwise = True

    mean: Parameter
    variance: Parameter

    def __init__(self) -> None:
        self._statistics: tuple[Array, Array] = (np.zeros(1), np.ones(1))

    def adapt(self, data: ArrayLike) -> Normalization:
        """Measure mean and variance of each feature, in float64, over all other axes.

        Raises:
            DataError: there are no rows, or a value is not finite.
            ShapeError: the layer is built for another number of features.
        """
        array = np.asarray(data)
        if array.ndim < 2 or array.size == 0:
            message = (
                f"{self!r}: adapt was given an array of shape {array.shape}; expected (rows, ..., "
                "features) with at least one row."
            )
            raise DataError(message)
        finite = np.isfinite(array)
        if not finite.all():
            row = tuple(int(idx) for idx in np.argwhere(~finite)[0])
            message = f"{self!r}: adapt was given {array[row]} at {row}. Remove such rows first."
            raise DataError(message)
        axes = tuple(range(array.ndim - 1))
        mean = array.mean(axis=axes, dtype=np.float64)
        variance = array.var(axis=axes, dtype=np.float64)
        if self.is_built:
            self._replace(mean, variance)
        self._statistics = (mean, variance)
        return self

    def _replace(self, mean: Array, variance: Array) -> None:
        for found, values in ((self.mean, mean), (self.variance, variance)):
            if values.shape != found.shape:
                message = (
                    f"{self!r} is built for {found.shape[0]} features and was adapted to "
                    f"{values.shape[0]}. Adapt to data of the same features."
                )
                raise ShapeError(message)
            found.initializer = _Values(values)
            if found.has_data:
                found.data = values

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """Features must be those it was adapted to."""
        features = self._statistics[0].size
        is_adapted = self._statistics[0].shape != (1,) or self.is_built
        known = self.mean.shape[0] if self.is_built else features
        if not input_shapes[0] or (is_adapted and input_shapes[0][-1] != known):
            raise self.shape_error(
                f"it takes {known} features on the last axis",
                "Adapt it to data of that shape.",
            )

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make `mean` and `variance`."""
        features = (input_shape[-1],)
        mean, variance = self._statistics
        self.mean = self.state_variable("mean", features, _Values(mean))
        self.variance = self.state_variable("variance", features, _Values(variance))

    def call(self, x: Tensor) -> Tensor:
        """Apply the formula."""
        centered = as_float(x) - self.mean.as_tensor(x.trace)
        return centered / ops.maximum(ops.sqrt(self.variance.as_tensor(x.trace)), 1e-7)


class OneHot(Layer[Any, Any]):
    """A class number becomes a row with a single 1; a number out of range, a row of zeros.

    Args:
        classes: how many there are.

    Shape:
        `(N, ...) -> (N, ..., classes)`
    """

    is_stepwise = True

    def __init__(self, classes: int) -> None:
        self.classes = argument.extent("OneHot", "classes", classes)

    def call(self, x: Tensor) -> Tensor:
        """Compare with each class number."""
        if x.dtype.is_float:  # beyond an int32, or NaN, the cast would have no value
            inside = ops.logical_and(x > -1.0, x < float(self.classes))
            x = ops.where(inside, x, ops.full_like(x, -1.0))
        numbers = ops.arange(self.classes, dtype="int32")
        hot = ops.equal(ops.expand_dims(ops.cast(x, "int32"), -1), numbers)
        return ops.cast(hot, x.trace.dtype or float32)


class Argmax(Layer[Any, Any]):
    """The number of the largest score, the first of equals; part of predicting, not of training.

    It acts where answers are wanted. In training, and where a trace asks for scores
    (`trace.extras["post_processing"]` is False), it passes the scores on, which the loss needs.

    Args:
        class_names: one for each score, or None.

    Shape:
        `(N, ..., classes) -> (N, ...)`, int32
    """

    is_stepwise = True

    def __init__(self, class_names: Sequence[str] | None = None) -> None:
        self.class_names = None if class_names is None else _names("Argmax", class_names)

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """As many scores as names."""
        if not input_shapes[0]:
            raise self.shape_error("it takes scores on the last axis", "Use nn.Reshape(1).")
        if self.class_names is not None and len(self.class_names) != input_shapes[0][-1]:
            raise self.shape_error(
                f"it has {len(self.class_names)} class names",
                "Give one name for each score.",
            )

    def call(self, x: Tensor) -> Tensor:
        """Search the last axis."""
        return ops.argmax(x, axis=-1) if has_post_processing() else x


class ClassNames(ShapeKeeping):
    """Names the classes whose scores pass through; values stay as they are.

    Args:
        class_names: one for each score, or two for the single score of a yes-or-no question
            (the first is no).
    """

    is_stepwise = True

    def __init__(self, class_names: Sequence[str]) -> None:
        self.class_names = _names("ClassNames", class_names)

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """As many scores as names; class numbers may also pass."""
        scores = input_shapes[0][-1] if input_shapes[0] else len(self.class_names)
        allowed = (len(self.class_names), len(self.class_names) - 1)
        if scores not in allowed or (scores == allowed[1] and scores != 1):
            raise self.shape_error(
                f"it has {len(self.class_names)} class names",
                "Give one name for each score.",
            )

    def call(self, x: Tensor) -> Tensor:
        """Return `x`."""
        return x


def _names(owner: str, given: Sequence[str]) -> tuple[str, ...]:
    return argument.texts(owner, "class_names", list(cast("Sequence[object]", given)))


def has_post_processing() -> bool:
    """Whether the open trace wants answers (class numbers) rather than scores."""
    trace = current_trace()
    return bool(trace.extras.get("post_processing", not trace.training))


def class_names(net: Layer[Any, Any]) -> tuple[str, ...] | None:
    """The class names that a layer of `net` carries (the last that does), or None."""
    found: tuple[str, ...] | None = None
    for _, layer in net.walk():
        if isinstance(layer, (Argmax, ClassNames)) and layer.class_names is not None:
            found = layer.class_names
    return found
