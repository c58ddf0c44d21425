"""`Embedding`: a trained row for each token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from constnet import ops
from constnet.dtypes import float32, int32
from constnet.nn import argument, building
from constnet.nn import init as initializers
from constnet.nn import regularizer as regularizers
from constnet.nn.layer import Layer

if TYPE_CHECKING:
    import numpy as np

    from constnet.nn.init import Initializer
    from constnet.nn.parameter import Parameter
    from constnet.nn.regularizer import Regularizer
    from constnet.ops.tensor import Tensor


class Embedding(Layer[Any, Any]):
    """Row number `id` of a trained table, for each id of the input.

    Formula:
        y[..., :] = weight[ids[...]]

    Args:
        tokens: how many ids there are: 0 to `tokens` - 1. `fit`, `evaluate` and `predict` refuse
            others before the first step where they are data; inside a graph an id out of range
            counts as the nearest one.
        units: length of a row.
        embeddings_initializer: of `weight`; uniform on [-0.05, 0.05] by default, as in Keras.
        embeddings_regularizer: a penalty on `weight`.
        mask_value: an id that pads short sequences. There is then a second output, a mask that
            is False where the id is this one; recurrent layers and attention take it as input.

    Shape:
        `(N, ...) -> (N, ..., units)`, with a mask `(N, ...)` of bools beside it where there is a
        `mask_value`; `weight` is `(tokens, units)`.

    Example:
        >>> layer = Embedding(3, 2, embeddings_initializer="ones")
        >>> layer.forward([[0, 2]])
        array([[[1., 1.],
                [1., 1.]]], dtype=float32)
    """

    is_stepwise = True

    weight: Parameter
    weight_grad: np.ndarray[Any, np.dtype[Any]]

    def __init__(
        self,
        tokens: int,
        units: int,
        *,
        embeddings_initializer: str | Initializer = "uniform",
        embeddings_regularizer: str | Regularizer | None = None,
        mask_value: int | None = None,
    ) -> None:
        self.tokens = argument.extent("Embedding", "tokens", tokens)
        self.units = argument.extent("Embedding", "units", units)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.mask_value = (
            None if mask_value is None else argument.integer("Embedding", "mask_value", mask_value)
        )
        if self.mask_value is not None:
            argument.number("Embedding", "mask_value", self.mask_value, 0, self.tokens - 1)

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """One input."""
        if len(input_shapes) != 1:
            raise self.shape_error("it takes one input, of ids", "Give it the ids alone.")

    def build(self, input_shape: tuple[int, ...]) -> None:
        """Make `weight`."""
        del input_shape
        self.weight = self.parameter(
            "weight",
            (self.tokens, self.units),
            self.embeddings_initializer,
            self.embeddings_regularizer,
        )

    def call(self, ids: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Choose the rows."""
        numbers = ops.cast(ids, int32)
        rows = ops.take(self.weight.as_tensor(ids.trace), numbers, axis=0)
        if self.mask_value is None:
            return rows
        return rows, ops.not_equal(numbers, self.mask_value)


def token_limits(net: Layer[Any, Any]) -> tuple[int | None, ...]:
    """For each input of a built network, the fewest tokens of the embeddings that read it.

    None where no `Embedding` reads the input itself, without an operation in between.

    Example:
        >>> from constnet import nn
        >>> net = nn.Sequential(nn.Embedding(10, 4), nn.Dense(1))
        >>> net.build(5)
        >>> token_limits(net)
        (10,)
    """
    uses: list[building.Use] = []
    building.probe(net, [(shape, float32) for shape in net.input_shapes], uses=uses)
    limits: dict[object, int] = {}
    for use in uses:
        if isinstance(use.layer, Embedding):
            value, tokens = use.inputs[0].value, use.layer.tokens
            limits[value] = min(limits.get(value, tokens), tokens)
    return tuple(limits.get(tensor.value) for tensor in uses[-1].inputs)
