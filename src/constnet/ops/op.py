"""The record of an operation, and the registry of all records.

A primitive is one `Op` in one place: its shape rule, NumPy reference, gradient, lowering, samples
and the inputs it must reject. One test loop over `registry()` checks every field of every record.
Exactly one of `scalar`, `element` and `nest` says how it is computed:

    scalar   pointwise: `scalar(attrs, *operands)` is the expression of one output element from one
             element of each input, which all have the output's shape (broadcasting is an operation
             of its own)
    element  movement and generation: `element(attrs, input types, index, read)` is the expression
             of the output element at `index`, reading any element of any input through
             `read(input_number, index)`; every index it reads is in bounds, whatever the data
    nest     everything that adds or searches along an axis: a `constnet.ops.nest` description
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np

from constnet.errors import VerifyError
from constnet.ir.graph import Attrs
from constnet.ir.signature import Signature, declare

if TYPE_CHECKING:
    from constnet.ir.types import TensorType
    from constnet.loopir.types import Expr
    from constnet.ops.nest import Nest
    from constnet.ops.tensor import Tensor

A = TypeVar("A", bound=Attrs)
R = TypeVar("R")
Array = np.ndarray
Read = Callable[[int, "tuple[Expr, ...]"], "Expr"]


@dataclass(frozen=True, slots=True)
class NoAttrs(Attrs):
    """Attributes of an operation that has none."""


@dataclass(frozen=True, slots=True)
class NoGradient:
    """Why an operation has no gradient; its inputs then receive none."""

    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Sample(Generic[A]):
    """Inputs the operation accepts. `differentiable` marks those gradcheck runs on (no kinks)."""

    attrs: A
    inputs: tuple[Array, ...]
    differentiable: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Reject(Generic[A]):
    """Input types the operation refuses, and a part of the message it must give."""

    attrs: A
    inputs: tuple[TensorType, ...]
    match: str


@dataclass(frozen=True, slots=True, eq=False)
class Op(Generic[A]):
    """Everything constnet knows about one primitive.

    infer(attrs, input types) -> output types, or an error whose message begins `[name]`.
    reference(attrs, *arrays) -> output array (a tuple of them where there are several), in plain
        NumPy: the oracle of the tests.
    vjp(attrs, inputs, outputs, cotangents) -> cotangent of each input (None: no gradient flows),
        written with operations, so it is traced like any other code.
    summed(attrs, inputs of all steps) -> the sum over the steps of a scan of this operation's
        result, as one operation outside the scan; None where it is not one. So the gradient of a
        weight is one large product instead of one for each step.
    """

    name: str
    attrs: type[A]
    infer: Callable[[A, tuple[TensorType, ...]], tuple[TensorType, ...]]
    reference: Callable[..., Array | tuple[Array, ...]]
    vjp: (
        Callable[
            [A, tuple[Tensor, ...], tuple[Tensor, ...], tuple[Tensor, ...]],
            tuple[Tensor | None, ...],
        ]
        | NoGradient
    )
    samples: tuple[Sample[A], ...]
    rejects: tuple[Reject[A], ...]
    scalar: Callable[..., Expr] | None = None
    element: Callable[[A, tuple[TensorType, ...], tuple[Expr, ...], Read], Expr] | None = None
    nest: Callable[[A, tuple[TensorType, ...]], Nest] | None = None
    pieces: Callable[[A, tuple[TensorType, ...]], tuple[tuple[int, ...], ...]] | None = None
    """For an output made of its inputs side by side: the index at which each input begins."""
    summed: Callable[[A, tuple[Steps, ...]], Tensor | None] | None = None
    doc: str = ""


class Steps(Protocol):
    """One input of an operation at every step of a scan, as `summed` sees it."""

    @property
    def is_stacked(self) -> bool:
        """Whether the steps are in memory side by side anyway."""
        ...

    def stack(self) -> Tensor:
        """All steps along a new axis 0, in ascending order of the step."""
        ...

    def total(self) -> Tensor:
        """The sum over the steps."""
        ...


def linear_in_steps(name: str) -> Callable[[Attrs, tuple[Steps, ...]], Tensor]:
    """`summed` of an operation that is linear in all its inputs together: itself, of their sums."""

    def summed(attrs: Attrs, steps: tuple[Steps, ...]) -> Tensor:
        from constnet.ops.tensor import apply  # tensors know records, so this cannot be above

        return apply(name, attrs, *(each.total() for each in steps))

    return summed


def without_attrs(function: Callable[..., R]) -> Callable[..., R]:
    """A reference or scalar expression that reads no attributes, from a function of operands."""

    def call(_attrs: Attrs, *operands: Array | Expr) -> R:
        return function(*operands)

    return call


_registry: dict[str, Op[Attrs]] = {}


def register(op: Op[A]) -> Op[A]:
    """Add a record; refuses a name twice and a record that is half filled."""
    if op.name in _registry:
        message = f"operation {op.name!r} is registered twice"
        raise VerifyError(message)
    ways = [way for way in (op.scalar, op.element, op.nest) if way is not None]
    if len(ways) != 1:
        message = f"operation {op.name!r} has {len(ways)} of scalar, element and nest; it needs one"
        raise VerifyError(message)
    if not op.samples or not op.rejects:
        message = f"operation {op.name!r} needs at least one sample and one reject"
        raise VerifyError(message)
    declare(op.name, Signature(op.attrs, op.infer))
    _registry[op.name] = op  # type: ignore[assignment]  (A is erased in the table)
    return op


def get(name: str) -> Op[Attrs]:
    """The record of an operation by name."""
    if name not in _registry:
        message = f"no operation is called {name!r}; there are: {', '.join(sorted(_registry))}"
        raise VerifyError(message)
    return _registry[name]


def registry() -> dict[str, Op[Attrs]]:
    """All records by name, in order of registration."""
    return dict(_registry)
