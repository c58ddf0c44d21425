"""`Parameter`: a named array of a layer that training changes, or state that a layer keeps.

While a network is traced a parameter stands for the tensor that the trace bound to it; outside a
trace it reads as a NumPy array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from constnet.dtypes import float32
from constnet.errors import ShapeError, UsageError
from constnet.ir.types import TensorType
from constnet.ops.tensor import current_trace, is_tracing

if TYPE_CHECKING:
    from collections.abc import Callable

    from constnet.nn.init import Initializer
    from constnet.nn.regularizer import Regularizer
    from constnet.ops.tensor import Tensor, Trace

Array = np.ndarray[Any, np.dtype[Any]]


class Parameter:
    """An array of a layer: trained, or kept as state when `is_state`.

    Args:
        name: its name in the layer, such as `weight`.
        shape: extents, all known.
        initializer: what fills it, a function of (seed, path).
        is_state: kept and saved, never trained.
        regularizer: a penalty added to the loss.
    """

    __array_priority__ = 1000.0  # so that `ndarray + parameter` reaches `__radd__`
    assignments: ClassVar[int] = 0
    """How often any parameter was given an array: whoever holds arrays looks here for changes."""

    def __init__(
        self,
        name: str,
        shape: tuple[int, ...],
        initializer: Initializer,
        *,
        is_state: bool = False,
        regularizer: Regularizer | None = None,
    ) -> None:
        self.name = name
        self.shape = shape
        self.initializer = initializer
        self.is_state = is_state
        self.regularizer = regularizer
        self.trainable = not is_state
        self.grad: Array | None = None
        self._data: Array | None = None

    @property
    def has_data(self) -> bool:
        """Whether it was initialized or assigned."""
        return self._data is not None

    @property
    def data(self) -> Array:
        """The values.

        Raises:
            UsageError: there are none yet.
        """
        if self._data is None:
            message = (
                f"parameter {self.name!r} of shape {self.shape} has no values yet. Call "
                "`initialize(seed)` on its network, or `forward(x)` once."
            )
            raise UsageError(message)
        return self._data

    @data.setter
    def data(self, values: Array) -> None:
        array = np.asarray(values)
        if array.shape != self.shape:
            message = (
                f"parameter {self.name!r} has shape {self.shape} and was given an array of shape "
                f"{array.shape}."
            )
            raise ShapeError(message)
        wanted = self._data.dtype if self._data is not None else array.dtype
        self._data = np.ascontiguousarray(array, wanted).reshape(self.shape)
        Parameter.assignments += 1

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    def initialize(self, seed: int, path: str, dtype: np.dtype[Any]) -> None:
        """Fill with initial values, a pure function of (seed, path), in `dtype`."""
        self._data = self.initializer.array(self.shape, dtype, seed=seed, path=path)
        Parameter.assignments += 1
        self.grad = None

    def as_tensor(self, trace: Trace) -> Tensor:
        """The tensor that stands for this parameter in `trace`."""
        found = trace.bindings.get(id(self))
        if found is None and trace.extras.get("bind_missing"):
            type_ = TensorType(self.shape, trace.dtype or float32)
            found = trace.bindings[id(self)] = trace.root.input(self.name, type_)
        if found is None:
            message = (
                f"parameter {self.name!r} of shape {self.shape} is not part of the network being "
                "traced. Keep its layer as an attribute (or in a list that is one), made in "
                "`__init__`, and build the network before tracing it."
            )
            raise UsageError(message)
        return found

    def assign(self, value: Tensor) -> None:
        """Record the new value of a state variable; it counts in training only."""
        trace = current_trace()
        if value.shape != self.shape:
            message = f"state {self.name!r} has shape {self.shape} and was assigned a {value.type}."
            raise ShapeError(message)
        trace.updates[id(self)] = value

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if is_tracing():
            message = (
                f"NumPy was called on parameter {self.name!r} while a network is being traced; its "
                "present values would be frozen in. Use `cn.ops` functions instead."
            )
            raise UsageError(message)
        array: Array = np.asarray(self.data, dtype)
        return np.array(array) if copy else array

    def __repr__(self) -> str:
        return f"Parameter({self.name!r}, shape={self.shape}, trainable={self.trainable})"

    def _with(self, combine: Callable[[Any, Any], Any], left: object, right: object) -> Any:
        """`combine` on tensors in a trace, on arrays outside."""

        def value(operand: object) -> object:
            if not isinstance(operand, Parameter):
                return operand
            return operand.as_tensor(current_trace()) if is_tracing() else operand.data

        return combine(value(left), value(right))

    # Tensors in a trace, arrays outside: no one static type says both, hence Any.
    def __add__(self, other: object) -> Any:
        return self._with(lambda a, b: a + b, self, other)

    def __radd__(self, other: object) -> Any:
        return self._with(lambda a, b: a + b, other, self)

    def __sub__(self, other: object) -> Any:
        return self._with(lambda a, b: a - b, self, other)

    def __rsub__(self, other: object) -> Any:
        return self._with(lambda a, b: a - b, other, self)

    def __mul__(self, other: object) -> Any:
        return self._with(lambda a, b: a * b, self, other)

    def __rmul__(self, other: object) -> Any:
        return self._with(lambda a, b: a * b, other, self)

    def __truediv__(self, other: object) -> Any:
        return self._with(lambda a, b: a / b, self, other)

    def __rtruediv__(self, other: object) -> Any:
        return self._with(lambda a, b: a / b, other, self)

    def __matmul__(self, other: object) -> Any:
        return self._with(lambda a, b: a @ b, self, other)

    def __rmatmul__(self, other: object) -> Any:
        return self._with(lambda a, b: a @ b, other, self)

    def __pow__(self, other: object) -> Any:
        return self._with(lambda a, b: a**b, self, other)

    def __neg__(self) -> Any:
        return self._with(lambda a, b: a * b, self, -1)

    def __setitem__(self, index: Any, values: Any) -> None:
        self.data[index] = values

    def __getitem__(self, index: Any) -> Any:
        return self._with(lambda a, b: a[b], self, index)
