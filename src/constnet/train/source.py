"""Where a step's batch comes from: arrays gathered by row, or a draw inside the graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from constnet import ops
from constnet.dtypes import bool_
from constnet.ir.types import TensorType
from constnet.train.objective import Batch

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor, Trace
    from constnet.train.recipe import Recipe


class Source(Protocol):
    """Makes the tensors of one batch in an open trace."""

    def trace(self, trace: Trace, recipe: Recipe) -> Batch:
        """The batch, as tensors of `trace`."""
        ...


@runtime_checkable
class Draws(Protocol):
    """What draws its batches inside the graph: `constnet.data.Sampler`."""

    @property
    def batch_size(self) -> int:
        """Samples of each draw."""
        ...

    def input_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the inputs without the batch axis."""
        ...

    def draw_batch(self, trace: Trace) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Inputs and targets of one batch."""
        ...


@dataclass(frozen=True, slots=True)
class ArraySource:
    """Graph inputs x0, x1, ..., y0, ... and w of the given types, rows first."""

    xs: tuple[TensorType, ...]
    ys: tuple[TensorType, ...]
    weight: TensorType | None = None

    def trace(self, trace: Trace, recipe: Recipe) -> Batch:
        """Declare the inputs and convert them to what the network computes with."""
        xs = [trace.input(f"x{i}", type_) for i, type_ in enumerate(self.xs)]
        ys = [trace.input(f"y{i}", type_) for i, type_ in enumerate(self.ys)]
        weight = None if self.weight is None else trace.input("w", self.weight)
        return Batch(
            tuple(recipe.as_input(x) for x in xs),
            tuple(recipe.as_target(y) for y in ys),
            None if weight is None else _as_weight(weight, recipe),
        )

    def with_rows(self, rows: int) -> ArraySource:
        """The same arrays in batches of `rows`."""
        return ArraySource(
            tuple(_with_rows(type_, rows) for type_ in self.xs),
            tuple(_with_rows(type_, rows) for type_ in self.ys),
            None if self.weight is None else _with_rows(self.weight, rows),
        )


@dataclass(frozen=True, slots=True)
class DrawnSource:
    """Batches that a `Draws` makes inside the graph."""

    draws: Draws

    def trace(self, trace: Trace, recipe: Recipe) -> Batch:
        """Trace one draw."""
        xs, ys = self.draws.draw_batch(trace)
        return Batch(
            tuple(recipe.as_input(x) for x in xs),
            tuple(recipe.as_target(y) for y in ys),
        )


def _as_weight(weight: Tensor, recipe: Recipe) -> Tensor:
    """Numbers in the recipe's dtype; bools stay bools, which losses take for a mask."""
    return weight if weight.dtype == bool_ else ops.cast(weight, recipe.dtype)


def _with_rows(type_: TensorType, rows: int) -> TensorType:
    return TensorType((rows, *type_.shape[1:]), type_.dtype)
