"""Tracing: `Tensor`, the handle a user holds while a function is turned into a graph.

`apply` is the one way a node is made: it turns every argument into a tensor, asks the record for
the output types (which raises on a mismatch, at the user's line) and appends the node.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias, runtime_checkable

import numpy as np

from constnet.errors import UsageError
from constnet.ir.graph import Attrs, GraphBuilder, Value
from constnet.ir.location import here
from constnet.ops import op as records

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from numpy.typing import DTypeLike

    from constnet.dtypes import DType
    from constnet.ir.types import TensorType


@dataclass(frozen=True, slots=True)
class Constant(Attrs):
    """Attributes of `constant`: the bytes of an array, so that equal constants compare equal."""

    data: bytes
    shape: tuple[int, ...]
    dtype: str

    @classmethod
    def of(cls, array: np.ndarray) -> Constant:
        """Freeze an array."""
        array = np.asarray(array, order="C")
        return cls(array.tobytes(), array.shape, array.dtype.name)

    @property
    def array(self) -> np.ndarray:
        """The array, read-only."""
        return np.frombuffer(self.data, np.dtype(self.dtype)).reshape(self.shape)


@dataclass
class Trace:
    """One function being traced.

    `bindings` says which tensor stands for an object outside the graph (a layer's parameter);
    `updates` collects new values of state (running statistics) by the same objects;
    `training` and `dtype` are what layers ask for. The trace of a loop's body has a `parent`: it
    shares its bindings and extras, and a tensor of the parent that is used inside becomes an input
    of the body (`captured`).
    """

    builder: GraphBuilder
    training: bool = False
    dtype: DType | None = None
    bindings: dict[int, Tensor] = field(default_factory=dict[int, "Tensor"])
    updates: dict[int, Tensor] = field(default_factory=dict[int, "Tensor"])
    extras: dict[str, Any] = field(default_factory=dict[str, Any])
    parent: Trace | None = None
    captured: dict[Value, Tensor] = field(default_factory=dict["Value", "Tensor"])
    is_over: bool = False

    def input(self, name: str, type_: TensorType) -> Tensor:
        """Add a graph input."""
        return Tensor(self.builder.input(name, type_), self)

    def child(self, name: str) -> Trace:
        """A trace of a function inside this one."""
        return Trace(
            GraphBuilder(name), self.training, self.dtype, self.bindings, {}, self.extras, self
        )

    @property
    def root(self) -> Trace:
        """The outermost trace."""
        return self if self.parent is None else self.parent.root

    @property
    def depth(self) -> int:
        """How many traces this one is inside of."""
        return 0 if self.parent is None else self.parent.depth + 1

    def lifted(self, tensor: Tensor) -> Tensor:
        """`tensor`, of this trace or of one around it, as a tensor of this one.

        Raises:
            UsageError: it belongs to any other trace.
        """
        if tensor.trace is self:
            return tensor
        if self.parent is None:
            raise UsageError(_foreign(tensor))
        outer = self.parent.lifted(tensor)
        if outer.value not in self.captured:
            name = outer.value.name
            shown = f"outer{len(self.captured)}" if name.isdecimal() else name
            self.captured[outer.value] = self.input(shown, outer.type)
        return self.captured[outer.value]


def _foreign(tensor: Tensor) -> str:
    if tensor.trace.is_over:
        return (
            f"{tensor.value} ({tensor.type}) was made in the body of a scan and is used after it. "
            "Return it from the body, as part of the carry or as an output."
        )
    return (
        f"{tensor.value} ({tensor.type}) belongs to another trace. Use it in the function that "
        "made it."
    )


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


@contextmanager
def tracing(trace: Trace) -> Generator[Trace]:
    """Operations called inside append to `trace`."""
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)


def current_trace() -> Trace:
    """The trace that is open, or an error that says how to open one."""
    trace = _current.get()
    if trace is None:
        message = (
            "an operation was called on no tensor and outside a trace. Call it inside a layer's "
            "`call`, a Sampler's draw function, or on NumPy arrays."
        )
        raise UsageError(message)
    return trace


def is_tracing() -> bool:
    """Whether a trace is open."""
    return _current.get() is not None


@runtime_checkable
class AsTensor(Protocol):
    """An object that stands for a tensor while tracing, such as a layer's parameter."""

    def as_tensor(self, trace: Trace) -> Tensor:
        """The tensor of this object in `trace`."""
        ...


TensorLike: TypeAlias = "Tensor | AsTensor | np.ndarray | np.generic | float"
Axes: TypeAlias = "int | tuple[int, ...] | None"


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A value of the graph being traced. Arithmetic and NumPy-style methods make nodes.

    `==` compares handles, not elements (that is `ops.equal`). The methods declared below are
    installed by `ops.methods`, which may import every operation; this module may not.
    """

    __array_ufunc__: ClassVar[None] = None  # array + tensor calls Tensor.__radd__

    value: Value
    trace: Trace

    if TYPE_CHECKING:
        # Declared for the type checker; documented in `ops`.
        def __add__(self, other: TensorLike) -> Tensor: ...
        def __radd__(self, other: TensorLike) -> Tensor: ...
        def __sub__(self, other: TensorLike) -> Tensor: ...
        def __rsub__(self, other: TensorLike) -> Tensor: ...
        def __mul__(self, other: TensorLike) -> Tensor: ...
        def __rmul__(self, other: TensorLike) -> Tensor: ...
        def __truediv__(self, other: TensorLike) -> Tensor: ...
        def __rtruediv__(self, other: TensorLike) -> Tensor: ...
        def __floordiv__(self, other: TensorLike) -> Tensor: ...
        def __mod__(self, other: TensorLike) -> Tensor: ...
        def __pow__(self, other: TensorLike) -> Tensor: ...
        def __rpow__(self, other: TensorLike) -> Tensor: ...
        def __matmul__(self, other: TensorLike) -> Tensor: ...
        def __rmatmul__(self, other: TensorLike) -> Tensor: ...
        def __and__(self, other: TensorLike) -> Tensor: ...
        def __or__(self, other: TensorLike) -> Tensor: ...
        def __xor__(self, other: TensorLike) -> Tensor: ...
        def __lshift__(self, other: TensorLike) -> Tensor: ...
        def __rshift__(self, other: TensorLike) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...
        def __lt__(self, other: TensorLike) -> Tensor: ...
        def __le__(self, other: TensorLike) -> Tensor: ...
        def __gt__(self, other: TensorLike) -> Tensor: ...
        def __ge__(self, other: TensorLike) -> Tensor: ...
        def __getitem__(self, key: Any) -> Tensor: ...
        def __len__(self) -> int: ...
        def __iter__(self) -> Iterator[Tensor]: ...
        def reshape(self, *shape: int | tuple[int, ...]) -> Tensor: ...  # noqa: D102
        def transpose(self, *axes: int | tuple[int, ...]) -> Tensor: ...  # noqa: D102
        def astype(self, dtype: DType | DTypeLike) -> Tensor: ...  # noqa: D102
        def sum(self, axis: Axes = None, *, keepdims: bool = False) -> Tensor: ...  # noqa: D102
        def mean(self, axis: Axes = None, *, keepdims: bool = False) -> Tensor: ...  # noqa: D102
        def max(self, axis: Axes = None, *, keepdims: bool = False) -> Tensor: ...  # noqa: D102
        def min(self, axis: Axes = None, *, keepdims: bool = False) -> Tensor: ...  # noqa: D102

        @property
        def T(self) -> Tensor: ...  # noqa: D102, N802

    @property
    def type(self) -> TensorType:
        """Shape and dtype together."""
        return self.value.type

    @property
    def shape(self) -> tuple[int, ...]:
        """Extents, all known."""
        return self.value.type.shape

    @property
    def dtype(self) -> DType:
        """Element type."""
        return self.value.type.dtype

    @property
    def rank(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __bool__(self) -> bool:
        message = (
            f"{self.value} is a {self.type} of a network being built: it has no value yet, so `if` "
            "and `while` cannot look at it. Use `cn.ops.where(condition, a, b)`."
        )
        raise UsageError(message)


def constant(array: np.ndarray, trace: Trace | None = None) -> Tensor:
    """A constant of the graph."""
    return apply("constant", Constant.of(array), trace=trace)


def as_tensor(given: Any, trace: Trace, dtype: DType | None = None) -> Tensor:
    """`given` as a tensor of `trace`. Python numbers take `dtype` (their partner's)."""
    if isinstance(given, Tensor):
        return trace.lifted(given)
    if isinstance(given, AsTensor):
        return trace.lifted(given.as_tensor(trace))
    if isinstance(given, (bool, int, float)) and dtype is not None:
        return constant(np.asarray(given, dtype.numpy), trace)
    array = np.asarray(given)
    if isinstance(given, float) or array.dtype == np.float64:
        array = array.astype(trace.dtype.numpy if trace.dtype else np.float32)
    return constant(array, trace)


def find_trace(*args: Any) -> Trace:
    """The innermost trace that tensors among `args` belong to, else the open one."""
    found: Trace | None = None
    for arg in args:
        if isinstance(arg, Tensor) and arg.trace is not found:
            is_inner = found is None or arg.trace.depth > found.depth
            found = arg.trace if is_inner else found
    return current_trace() if found is None else found


def apply(name: str, attrs: Attrs, *inputs: Tensor, trace: Trace | None = None) -> Tensor:
    """Append one node with a single output and return it."""
    return apply_many(name, attrs, *inputs, trace=trace)[0]


def apply_many(
    name: str, attrs: Attrs, *inputs: Tensor, trace: Trace | None = None
) -> tuple[Tensor, ...]:
    """Append one node; `infer` of its record raises where the inputs do not fit."""
    trace = trace or find_trace(*inputs)
    if trace.is_over:
        raise UsageError(_foreign(inputs[0]))
    inputs = tuple(trace.lifted(tensor) for tensor in inputs)
    types = records.get(name).infer(attrs, tuple(tensor.type for tensor in inputs))
    values = [tensor.value for tensor in inputs]
    outputs = trace.builder.add(name, attrs, values, types, here())
    return tuple(Tensor(value, trace) for value in outputs)
