"""`Sampler`: data drawn inside the compiled training loop.

A Python function is traced once into the training step; no Python runs between steps. The numbers
are a function of (seed, step), so a run that is resumed draws what it would have drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from constnet import ops
from constnet.dtypes import float32, uint32
from constnet.errors import ShapeError, UsageError
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.tensor import Tensor, Trace, tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from constnet.dtypes import DType

    Shape = int | Sequence[int]

# Layers count their streams from 16; those of a sampler lie apart, so that what dropout draws does
# not depend on where the data comes from.
FIRST_STREAM = 1 << 16


class DrawRandom:
    """The `rng` of a draw function: each call gives one row of new numbers per sample.

    Shapes are those of *one sample*; the batch axis is put in front: in a `Sampler` of batch_size
    16, `rng.uniform((2,), -3, 3)` is a tensor of shape (16, 2).
    """

    def __init__(self, trace: Trace, batch_size: int) -> None:
        self._trace = trace
        self._batch = batch_size
        self._stream = FIRST_STREAM

    def uniform(self, shape: Shape = (), low: float = 0.0, high: float = 1.0) -> Tensor:
        """Uniform in [low, high), in the network's dtype."""
        seed, step, stream, full = self._next(shape)
        return ops.random.uniform(seed, step, stream, full, low, high, self._dtype)

    def normal(self, shape: Shape = (), mean: float = 0.0, std: float = 1.0) -> Tensor:
        """Normally distributed, in the network's dtype."""
        seed, step, stream, full = self._next(shape)
        return ops.random.normal(seed, step, stream, full, mean, std, self._dtype)

    def integers(self, low: int, high: int, shape: Shape = ()) -> Tensor:
        """int32 in [low, high)."""
        seed, step, stream, full = self._next(shape)
        return ops.random.integers(seed, step, stream, full, low, high)

    @property
    def _dtype(self) -> DType:
        return self._trace.dtype or float32

    def _next(self, shape: Shape) -> tuple[Tensor, Tensor, int, tuple[int, ...]]:
        extents = (shape,) if isinstance(shape, int) else tuple(shape)
        stream = self._stream
        self._stream += 1
        if len(extents) > 1 and extents[0] == self._batch:
            message = (
                f"rng was asked for shape {extents}, whose first axis is the batch size. Shapes "
                f"are those of one sample, the batch axis is put in front: ask for {extents[1:]}."
            )
            raise ShapeError(message)
        extras = self._trace.extras
        return extras["seed"], extras["step"], stream, (self._batch, *extents)


class Sampler:
    """Draws every batch anew inside the compiled loop.

    Args:
        draw: `draw(rng) -> (x, y)`, traced once. It may use `rng.uniform(shape, low, high)`,
            `rng.normal(shape)`, `rng.integers(low, high, shape)` (see `DrawRandom`: shapes are per
            sample), arithmetic on the tensors they give, and `cn.ops`. x and y have the batch axis
            first; each may be a tuple for networks with several inputs or outputs.
        batch_size: samples of each batch.

    Example:
        >>> from constnet import ops
        >>> def draw(rng):
        ...     x = rng.uniform((2,), -3, 3)
        ...     return x, 5 * ops.exp(-ops.sum(x * x, axis=1, keepdims=True) / 2)
        >>> Sampler(draw, batch_size=16).input_shapes()
        ((2,),)
    """

    def __init__(self, draw: Callable[[DrawRandom], tuple[Any, Any]], batch_size: int = 16) -> None:
        if not callable(draw):
            message = f"Sampler was given {draw!r}; expected a function draw(rng) -> (x, y)."
            raise UsageError(message)
        if type(batch_size) is not int or batch_size < 1:
            message = f"Sampler: batch_size is {batch_size!r}; expected a whole number from 1."
            raise UsageError(message)
        self._draw = draw
        self._batch_size = batch_size

    @property
    def batch_size(self) -> int:
        """Samples of each batch."""
        return self._batch_size

    def draw_batch(self, trace: Trace) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Inputs and targets of one batch, in an open trace that has seed and step."""
        drawn = cast("object", self._draw(DrawRandom(trace, self._batch_size)))
        if not isinstance(drawn, tuple) or len(cast("tuple[object, ...]", drawn)) != 2:
            message = f"the Sampler's draw returned {drawn!r}; expected a pair (x, y)."
            raise UsageError(message)
        x, y = cast("tuple[object, object]", drawn)
        return self._several("x", x), self._several("y", y)

    def input_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of x without the batch axis, from a trace that is thrown away."""
        trace = Trace(GraphBuilder("draw"), dtype=float32)
        with tracing(trace):
            trace.extras["seed"] = trace.input("seed", TensorType((2,), uint32))
            trace.extras["step"] = trace.input("step", TensorType((), uint32))
            xs, _ = self.draw_batch(trace)
        return tuple(x.shape[1:] for x in xs)

    def _check_rows(self, name: str, item: Tensor) -> None:
        if item.rank == 0 or item.shape[0] != self._batch_size:
            message = (
                f"the Sampler's draw returned {name} of shape {item.shape}; its first axis is "
                f"the batch, {self._batch_size}. Reduce other axes: ops.sum(x, axis=1)."
            )
            raise ShapeError(message)

    def _several(self, name: str, given: object) -> tuple[Tensor, ...]:
        items = cast("tuple[object, ...]", given) if isinstance(given, tuple) else (given,)
        for item in items:
            if not isinstance(item, Tensor):
                message = (
                    f"the Sampler's draw returned a {type(item).__name__} as {name}; expected "
                    "tensors made from rng, which are new for each batch."
                )
                raise UsageError(message)
            self._check_rows(name, item)
        return cast("tuple[Tensor, ...]", items)
