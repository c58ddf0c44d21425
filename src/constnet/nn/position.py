"""Where a step is in its sequence: added to the input, or turned into queries and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from constnet import ops
from constnet.dtypes import int32
from constnet.ir.types import TensorType
from constnet.nn import argument
from constnet.nn import init as initializers
from constnet.nn.layer import ShapeKeeping
from constnet.nn.streaming import Slot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constnet.nn.init import Initializer
    from constnet.nn.parameter import Parameter
    from constnet.ops.tensor import Tensor

Array = np.ndarray[Any, np.dtype[Any]]
_SEQUENCE_RANK = 2


class _Position(ShapeKeeping):
    """Base: adds row t of a table to step t."""

    length: int | None

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """A sequence that is not longer than the table."""
        if len(input_shapes) != 1 or len(input_shapes[0]) != _SEQUENCE_RANK:
            raise self.shape_error(
                "it takes one sequence (batch, time, features)", "Put it behind an nn.Embedding."
            )
        known = self.capacity if self.is_built else self.length
        if known is not None and input_shapes[0][0] > known:
            raise self.shape_error(
                f"it has {known} positions", f"Give it length={input_shapes[0][0]} or more."
            )

    @property
    def capacity(self) -> int:
        """How many positions there are."""
        return self.input_shapes[0][0] if self.length is None else self.length

    def table(self, x: Tensor, rows: int) -> Tensor:
        """The first rows of the table, in the dtype of `x`."""
        raise NotImplementedError

    def call(self, x: Tensor) -> Tensor:
        """Add the table."""
        return x + self.table(x, x.shape[1])

    def stream_state(self, *inputs: Tensor) -> dict[str, Slot]:
        """How many steps there were."""
        del inputs
        return {"position": Slot(TensorType((), int32), limit=self.capacity)}

    def stream(
        self, inputs: tuple[Tensor, ...], state: Mapping[str, Tensor]
    ) -> tuple[tuple[Tensor, ...], dict[str, Tensor]]:
        """Add the row of this step."""
        row = row_of(self.table(inputs[0], self.capacity), state["position"])
        return (inputs[0] + row,), {"position": state["position"] + 1}


class SinusoidalPosition(_Position):
    """Adds waves of many lengths, so that each position has a pattern of its own.

    Formula:
        y[t, 2 i] = x[t, 2 i] + sin(t / base**(2 i / features)), and cos for 2 i + 1

    Args:
        length: the most positions; only a stream needs more than the sequences it is built for.
        base: the longest wave is 2 pi times it.

    Source:
        Vaswani et al. (2017), Attention is all you need, section 3.5.
    """

    def __init__(self, length: int | None = None, *, base: float = 10000.0) -> None:
        owner = "SinusoidalPosition"
        self.length = None if length is None else argument.extent(owner, "length", length)
        self.base = argument.number(owner, "base", base, low=1.0)

    def table(self, x: Tensor, rows: int) -> Tensor:
        """The formula's second terms."""
        features = x.shape[-1]
        turns = angles(rows, (features + 1) // 2, features / 2, self.base)
        both = np.stack([np.sin(turns), np.cos(turns)], -1).reshape(rows, -1)[:, :features]
        return ops.constant(both.astype(x.dtype.numpy), x.trace)


class LearnedPosition(_Position):
    """Adds a trained row for each position.

    Args:
        length: the most positions; those of the sequences it is built for by default.
        embeddings_initializer: of `weight`, which is `(length, features)`; uniform on
            [-0.05, 0.05] by default.

    Source:
        Gehring et al. (2017), Convolutional sequence to sequence learning, section 3.1.
    """

    weight: Parameter
    weight_grad: Array

    def __init__(
        self,
        length: int | None = None,
        *,
        embeddings_initializer: str | Initializer = "uniform",
    ) -> None:
        owner = "LearnedPosition"
        self.length = None if length is None else argument.extent(owner, "length", length)
        self.embeddings_initializer = initializers.get(embeddings_initializer)

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make `weight`."""
        rows = input_shape[0] if self.length is None else self.length
        shape = (rows, input_shape[-1])
        self.weight = self.parameter("weight", shape, self.embeddings_initializer)

    @property
    def capacity(self) -> int:
        """How many positions there are."""
        return self.weight.shape[0]

    def table(self, x: Tensor, rows: int) -> Tensor:
        """The trained rows."""
        return self.weight.as_tensor(x.trace)[:rows]


def angles(rows: int, columns: int, period: float, base: float) -> Array:
    """Position times rate, `base**(-column / period)`, in float64."""
    rates = base ** (-np.arange(columns) / period)
    return np.arange(rows)[:, None] * rates


def row_of(table: Tensor, position: Tensor) -> Tensor:
    """One row (1, columns) of a table."""
    return ops.take(table, ops.reshape(position, (1,)), axis=0)


def rotary_tables(rows: int, units: int, base: float, x: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines (rows, units / 2) for `rotate`."""
    turns = angles(rows, units // 2, units / 2, base)
    dtype = x.dtype.numpy
    return (
        ops.constant(np.cos(turns).astype(dtype), x.trace),
        ops.constant(np.sin(turns).astype(dtype), x.trace),
    )


def rotate(x: Tensor, tables: tuple[Tensor, Tensor]) -> Tensor:
    """Turn pairs of units by an angle for each position: rotary positions.

    **Formula:** units i and i + half are a point of the plane, turned by t * base**(-i / half).

    Args:
        x: (..., T, units)
        tables: cosines and sines (T, units / 2).

    **Source:** Su et al. (2021), RoFormer, equation 34; the pairs are those of GPT-NeoX.
    """
    first, second = ops.split(x, 2, axis=-1)
    cos, sin = tables
    return ops.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)
