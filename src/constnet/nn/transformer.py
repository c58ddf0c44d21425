"""`TransformerBlock`: attention and a feed-forward network, each around a shortcut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from constnet.errors import UsageError
from constnet.nn import argument
from constnet.nn.attention import MultiHeadAttention
from constnet.nn.dense import Dense
from constnet.nn.dropout import Dropout
from constnet.nn.layer import Layer, ShapeKeeping
from constnet.nn.normalization import LayerNorm, RMSNorm

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor


def _need_norms(owner: str, norm: str, norm_layer: str) -> None:
    if norm not in ("pre", "post") or norm_layer not in ("layer", "rms"):
        message = (
            f"{owner}: norm is {norm!r} and norm_layer {norm_layer!r}; expected 'pre' or "
            "'post', and 'layer' or 'rms'."
        )
        raise UsageError(message)


class TransformerBlock(ShapeKeeping):
    """One block of a transformer.

    Formula:
        "pre": x = x + attention(norm(x)); y = x + feed_forward(norm(x))
        "post": x = norm(x + attention(x)); y = norm(x + feed_forward(x))
        where feed_forward(x) = activation(x @ weight + bias) @ weight + bias

    Args:
        heads: of the attention.
        hidden: units of the feed-forward network's first layer.
        norm: "pre", which trains without warming up, or "post", as in the paper.
        norm_layer: "layer" for LayerNorm, "rms" for RMSNorm.
        activation: a name or a layer.
        causal: whether step t looks at steps 0 to t only.
        dropout: in training, the share that becomes 0: of attention weights and of what is added
            to each shortcut.
        kv_heads: see `MultiHeadAttention`, like the three after it.
        rotary: rotary positions.
        use_bias: whether the products have biases.
        capacity: steps that the cache of a stream holds.
        epsilon: of the norms.

    Shape:
        `(N, T, features) -> (N, T, features)`; a mask `(N, T)` or `(N, T, T)` may be a second
        input.

    Source:
        Vaswani et al. (2017), Attention is all you need; Xiong et al. (2020), On layer
        normalization in the transformer architecture, for "pre".
    """

    is_stepwise = True
    contract: Dense[Any, Any]

    def __init__(  # noqa: PLR0913  (one keyword for each choice)
        self,
        heads: int,
        hidden: int,
        *,
        norm: Literal["pre", "post"] = "pre",
        norm_layer: Literal["layer", "rms"] = "layer",
        activation: str | Layer[Any, Any] = "gelu",
        causal: bool = False,
        dropout: float = 0.0,
        kv_heads: int | None = None,
        rotary: bool | float = False,
        use_bias: bool = True,
        capacity: int | None = None,
        epsilon: float = 1e-5,
    ) -> None:
        owner = "TransformerBlock"
        _need_norms(owner, norm, norm_layer)
        self.is_pre = norm == "pre"
        make = LayerNorm if norm_layer == "layer" else RMSNorm
        self.attention_norm: Layer[Any, Any] = make(epsilon)
        self.attention = MultiHeadAttention(
            heads,
            kv_heads=kv_heads,
            causal=causal,
            dropout=dropout,
            rotary=rotary,
            use_bias=use_bias,
            capacity=capacity,
        )
        self.feed_forward_norm: Layer[Any, Any] = make(epsilon)
        self.use_bias = argument.flag(owner, "use_bias", use_bias)
        units = argument.extent(owner, "hidden", hidden)
        self.expand: Dense[Any, Any] = Dense(units, activation=activation, use_bias=use_bias)
        self.attention_dropout = Dropout(dropout)
        self.feed_forward_dropout = Dropout(dropout)

    def build(self, input_shape: tuple[int, ...], *others: tuple[int, ...]) -> None:
        """Make the layer that brings `hidden` units back to the features."""
        del others
        self.contract = Dense(input_shape[-1], use_bias=self.use_bias)
        internals = self.contract.internals
        internals.name, internals.trainable = "contract", self.internals.trainable

    def call(self, x: Tensor, *mask: Tensor) -> Tensor:
        """Apply the formula."""
        if self.is_pre:
            x = x + self._attended(self.attention_norm(x), mask)
            return x + self._fed(self.feed_forward_norm(x))
        x = self.attention_norm(x + self._attended(x, mask))
        return self.feed_forward_norm(x + self._fed(x))

    def _attended(self, x: Tensor, mask: tuple[Tensor, ...]) -> Tensor:
        return self.attention_dropout(self.attention(x, *mask))

    def _fed(self, x: Tensor) -> Tensor:
        return self.feed_forward_dropout(self.contract(self.expand(x)))
