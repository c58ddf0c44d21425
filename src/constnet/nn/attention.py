"""`MultiHeadAttention`: every step looks at others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from constnet import ops
from constnet.dtypes import int32
from constnet.errors import UsageError
from constnet.ir.types import TensorType
from constnet.nn import argument, random
from constnet.nn import init as initializers
from constnet.nn.dense import Dense
from constnet.nn.layer import Layer, is_training
from constnet.nn.position import rotary_tables, rotate, row_of
from constnet.nn.recurrent import checked_mask
from constnet.nn.streaming import Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from constnet.nn.init import Initializer
    from constnet.ops.tensor import Tensor

Shape = tuple[int, ...]
_SEQUENCE_RANK = 2
_ROTARY_BASE = 10000.0


class MultiHeadAttention(Layer[Any, Any]):
    """Scaled dot-product attention of several heads, between projections.

    Formula:
        y = concat over heads of softmax(q k^T / sqrt(key_units)) v, times the output weight,
        where q, k, v are products of the input; with a second input, k and v are products of that

    Args:
        heads: how many queries each step asks.
        units: features of the output; those of the input by default.
        key_units: size of each query, key and value; features / heads by default.
        kv_heads: heads of keys and values, a divisor of `heads`: grouped queries. As many as
            `heads` by default.
        causal: whether step t looks at steps 0 to t only.
        use_bias: whether the projections have biases.
        dropout: in training, the share of attention weights that become 0.
        rotary: True, or the base, for rotary positions of queries and keys.
        capacity: how many steps the cache of a stream holds; as many as the sequences it is built
            for by default.
        kernel_initializer: of the projections' weights.
        bias_initializer: of their biases.

    Shape:
        `(N, T, features) -> (N, T, units)`. Then, where wanted, the sequence `(N, S, features)`
        that is looked at; then, where wanted, a mask of bools, True where a step may be looked at,
        `(N, S)` or `(N, T, S)`. A step that may look at none gets the output's bias.

    Source:
        Vaswani et al. (2017), Attention is all you need, section 3.2; Ainslie et al. (2023), GQA.
    """

    query: Dense[Any, Any]
    key: Dense[Any, Any]
    value: Dense[Any, Any]
    output: Dense[Any, Any]

    def __init__(  # noqa: PLR0913  (one keyword for each choice)
        self,
        heads: int,
        units: int | None = None,
        *,
        key_units: int | None = None,
        kv_heads: int | None = None,
        causal: bool = False,
        use_bias: bool = True,
        dropout: float = 0.0,
        rotary: bool | float = False,
        capacity: int | None = None,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
    ) -> None:
        owner = "MultiHeadAttention"
        self.heads = argument.extent(owner, "heads", heads)
        self.units = None if units is None else argument.extent(owner, "units", units)
        self.key_units = (
            None if key_units is None else argument.extent(owner, "key_units", key_units)
        )
        self.kv_heads = self.heads if kv_heads is None else kv_heads
        if self.heads % argument.extent(owner, "kv_heads", self.kv_heads):
            message = f"{owner}: kv_heads is {kv_heads}, which does not divide {heads} heads."
            raise UsageError(message)
        self.causal = argument.flag(owner, "causal", causal)
        self.use_bias = argument.flag(owner, "use_bias", use_bias)
        self.dropout = argument.number(owner, "dropout", dropout, 0.0, 1.0 - 2.0**-20)
        self.rotary = _rotary_base(owner, rotary)
        self.capacity = None if capacity is None else argument.extent(owner, "capacity", capacity)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)

    def check_inputs(self, *input_shapes: Shape) -> None:
        """Sequences of the features it was built for, and a mask that fits them."""
        if not 1 <= len(input_shapes) <= 3 or len(input_shapes[0]) != _SEQUENCE_RANK:
            raise self.shape_error(
                "it takes a sequence (batch, time, features), then one to look at, then a mask",
                "Give it one to three inputs.",
            )
        features = input_shapes[0][1]
        if any(not shape or not shape[0] for shape in input_shapes):
            raise self.shape_error(
                "that is a sequence of length zero", "Give it at least one step."
            )
        if self.is_built and features != self.query.weight.shape[0]:
            raise self.shape_error(
                f"it was built for {self.query.weight.shape[0]} features", "Use a second layer."
            )
        if self.key_units is None and features % self.heads:
            raise self.shape_error(
                f"{features} features are not divisible by its {self.heads} heads",
                "Change heads, or give key_units.",
            )
        units = features // self.heads if self.key_units is None else self.key_units
        if self.rotary is not None and units % 2:
            raise self.shape_error(
                f"rotary positions turn pairs and its key_units are {units}", "Use an even number."
            )

    def build(self, input_shape: Shape, *others: Shape) -> None:
        """Make the projections."""
        del others  # the projections of a second input learn its features when they see it
        features = input_shape[-1]
        units = features // self.heads if self.key_units is None else self.key_units
        self.query = self._dense("query", self.heads * units)
        self.key = self._dense("key", self.kv_heads * units)
        self.value = self._dense("value", self.kv_heads * units)
        self.output = self._dense("output", self.units or features)

    def _dense(self, name: str, units: int) -> Dense[Any, Any]:
        made: Dense[Any, Any] = Dense(
            units,
            use_bias=self.use_bias,
            kernel_initializer=self.kernel_initializer,
            bias_initializer=self.bias_initializer,
        )
        made.internals.name, made.internals.trainable = name, self.internals.trainable
        return made

    def call(self, x: Tensor, *others: Tensor) -> Tensor:
        """Project, attend, project."""
        q, k, v, mask = self._projected(x, others)
        y = ops.attention(q, k, v, causal=self.causal, mask=mask, dropout=self._dropout())
        return self._join_heads(y)

    def attention_weights(self, x: Tensor, *others: Tensor) -> Tensor:
        """How much each step looks at each, `(N, heads, T, S)`; inputs as of `call`.

        Each row sums to 1, or is 0 where a step may look at none. What the layer computes from
        values is computed here from unit vectors, so masks and positions count alike.
        """
        q, k, _, mask = self._projected(x, others)
        rows = k.shape[2]
        units = ops.constant(np.eye(rows, dtype=k.dtype.numpy), x.trace)
        units = ops.broadcast_to(units, (*k.shape[:2], rows, rows))
        return ops.attention(q, k, units, causal=self.causal, mask=mask)

    def _projected(
        self, x: Tensor, others: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """Queries, keys and values (N, heads, T or S, units), and the mask."""
        memory, mask = self._split(x, others)
        source = x if memory is None else memory
        q, k = self._split_heads(self.query(x)), self._split_heads(self.key(source))
        v = self._split_heads(self.value(source))
        if self.rotary is not None:
            rows, units = max(q.shape[2], k.shape[2]), q.shape[3]
            cos, sin = rotary_tables(rows, units, self.rotary, x)
            q, k = (rotate(part, (cos[: part.shape[2]], sin[: part.shape[2]])) for part in (q, k))
        return q, k, v, mask

    def _split(self, x: Tensor, others: tuple[Tensor, ...]) -> tuple[Tensor | None, Tensor | None]:
        """The second sequence and the mask (N, 1, 1 or T, S), where there are such inputs."""
        is_mask = len(others) == 1 and (
            others[0].rank == 2 or not others[0].dtype.is_float or self.causal
        )
        memory = None if is_mask or not others else others[0]
        masks = others if is_mask else others[1:]
        if memory is not None and (memory.rank != x.rank or self.causal):
            raise self._refused(
                "its second input is a sequence (batch, time, features) to look at, which a causal "
                "layer has not"
            )
        if not masks:
            return memory, None
        length = x.shape[1] if memory is None else memory.shape[1]
        given = checked_mask(self, masks[0])
        if given.shape[1:] not in ((length,), (x.shape[1], length)):
            raise self._refused(
                f"its mask has shape (batch, {length}) or (batch, {x.shape[1]}, {length})"
            )
        times = x.shape[1] if given.rank == 3 else 1
        return memory, ops.reshape(given, (x.shape[0], 1, times, length))

    def _refused(self, problem: str) -> Exception:
        return self.shape_error(problem, "Give it inputs of those shapes, in this order.")

    def _split_heads(self, x: Tensor) -> Tensor:
        """(N, T, heads * units) to (N, heads, T, units)."""
        units = self.query.units // self.heads
        return ops.swapaxes(ops.reshape(x, (*x.shape[:2], -1, units)), 1, 2)

    def _join_heads(self, y: Tensor) -> Tensor:
        """(N, heads, T, units) to (N, T, output units)."""
        y = ops.swapaxes(y, 1, 2)
        return self.output(ops.reshape(y, (*y.shape[:2], -1)))

    def _dropout(self) -> Callable[[Tensor, Tensor], Tensor] | None:
        if not is_training() or self.dropout == 0.0:
            return None
        draw = random.numbered()

        def drop(weights: Tensor, block: Tensor) -> Tensor:
            kept = draw(block, weights.shape, weights.dtype) >= self.dropout
            return ops.where(kept, weights * (1.0 / (1.0 - self.dropout)), 0.0)

        return drop

    def why_not_streamed(self) -> str | None:
        """A step must not look at steps that are yet to come."""
        if self.causal:
            return None
        return "its steps look at steps after them; use causal=True"

    def stream_state(self, *inputs: Tensor) -> dict[str, Slot]:
        """Keys and values of all steps so far, and how many there were."""
        if len(inputs) != 1:
            raise self._refused("a stream has no mask: a step that does not count is left out")
        x = inputs[0]
        capacity = self.capacity or self.input_shapes[0][0]
        shape = (x.shape[0], self.kv_heads, capacity, self.query.units // self.heads)
        dtype = x.trace.dtype or x.dtype
        return {
            "keys": Slot(TensorType(shape, dtype)),
            "values": Slot(TensorType(shape, dtype)),
            "position": Slot(TensorType((), int32), limit=capacity),
        }

    def stream(
        self, inputs: tuple[Tensor, ...], state: Mapping[str, Tensor]
    ) -> tuple[tuple[Tensor, ...], dict[str, Tensor]]:
        """Add the step to the cache, then look at all that it holds."""
        x = ops.expand_dims(inputs[0], 1)
        q, k = self._split_heads(self.query(x)), self._split_heads(self.key(x))
        v = self._split_heads(self.value(x))
        position, capacity = state["position"], state["keys"].shape[2]
        if self.rotary is not None:
            tables = rotary_tables(capacity, q.shape[3], self.rotary, x)
            now = (row_of(tables[0], position), row_of(tables[1], position))
            q, k = rotate(q, now), rotate(k, now)
        places = ops.arange(capacity)
        is_now = ops.expand_dims(ops.equal(places, position), -1)
        keys = ops.where(is_now, k, state["keys"])
        values = ops.where(is_now, v, state["values"])
        y = self._join_heads(ops.attention(q, keys, values, mask=places <= position))
        new = {"keys": keys, "values": values, "position": position + 1}
        return (ops.squeeze(y, 1),), new


def _rotary_base(owner: str, given: bool | float) -> float | None:
    """The base of rotary positions; None where there are none."""
    if isinstance(given, bool):
        return _ROTARY_BASE if given else None
    return argument.number(owner, "rotary", given, low=1.0)
