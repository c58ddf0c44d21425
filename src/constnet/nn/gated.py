"""Recurrent layers with gates: `LSTM` and `GRU`, with PyTorch's formulas and Keras's arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from constnet import ops
from constnet.nn import argument
from constnet.nn.init import Initializer
from constnet.nn.recurrent import Carry, Recurrent, pointwise_activation

if TYPE_CHECKING:
    from typing import Unpack

    from constnet.nn.init import Bits
    from constnet.nn.layer import Layer
    from constnet.nn.parameter import Parameter
    from constnet.nn.recurrent import RecurrentOptions
    from constnet.ops.tensor import Tensor

    Array = np.ndarray[Any, np.dtype[Any]]


class LSTM(Recurrent):
    """Long short-term memory.

    Formula:
        i, f, g, o = the four blocks of x @ weight + bias + h @ recurrent_weight
        c = sigmoid(f) * c + sigmoid(i) * tanh(g);  h = sigmoid(o) * tanh(c), at each step

    Args:
        units: size of both states and of the output.
        recurrent_activation: of the gates i, f and o.
        unit_forget_bias: the bias of f begins at 1 higher, as Jozefowicz et al. advise.
        options: those of `SimpleRNN`; `activation` is that of g and c.

    Shape:
        `(N, T, features) -> (N, units)`, or `(N, T, units)` with `return_sequences`. Initial and
        final states are h and c. `weight` is `(features, 4 * units)`, `recurrent_weight`
        `(units, 4 * units)`, `bias` `(4 * units,)`: the gates i, f, g, o side by side, as in
        PyTorch (which has two biases; ours is their sum) and Keras.

    Source:
        Hochreiter and Schmidhuber (1997), Long short-term memory; Gers et al. (2000) for f.
    """

    gates = 4
    state_names = ("h", "c")

    def __init__(
        self,
        units: int,
        *,
        recurrent_activation: str | Layer[Any, Any] = "sigmoid",
        unit_forget_bias: bool = True,
        **options: Unpack[RecurrentOptions],
    ) -> None:
        super().__init__(units, options)
        self.recurrent_activation = pointwise_activation(
            "LSTM", "recurrent_activation", recurrent_activation
        )
        self.unit_forget_bias = argument.flag("LSTM", "unit_forget_bias", unit_forget_bias)
        if self.unit_forget_bias:
            self.bias_initializer = _ForgetBias(self.bias_initializer)

    def advance(self, carry: Carry, gates: Tensor, weights: Carry) -> Carry:
        """Apply the formula."""
        h, c = carry
        i, f, g, o = ops.split(gates + h @ weights[0], 4, axis=-1)
        gate, squash = self.recurrent_activation.call, self.activation.call
        c = gate(f) * c + gate(i) * squash(g)
        return gate(o) * squash(c), c


class GRU(Recurrent):
    """Gated recurrent unit, in both of its variants.

    Formula:
        r, z = sigmoid(two blocks of x @ weight + bias + h @ recurrent_weight + recurrent_bias)
        n = tanh(x @ weight_n + bias_n + r * (h @ recurrent_weight_n + recurrent_bias_n)), or,
        with `reset_after=False`, n = tanh(x @ weight_n + bias_n + (r * h) @ recurrent_weight_n)
        h = (1 - z) * n + z * h, at each step

    Args:
        units: size of the state and of the output.
        recurrent_activation: of the gates r and z.
        reset_after: whether the reset gate r acts after the product with `recurrent_weight`, as
            in PyTorch and by default in Keras, or before it, as in the paper.
        options: those of `SimpleRNN`; `activation` is that of n.

    Shape:
        `(N, T, features) -> (N, units)`, or `(N, T, units)` with `return_sequences`. `weight` is
        `(features, 3 * units)`, `recurrent_weight` `(units, 3 * units)`, `bias` and, with
        `reset_after`, `recurrent_bias` `(3 * units,)`: r, z, n side by side, as in PyTorch (Keras
        has z, r, n).

    Source:
        Cho et al. (2014), Learning phrase representations using RNN encoder-decoder, section 2.3.
    """

    gates = 3
    recurrent_bias: Parameter
    recurrent_bias_grad: np.ndarray[Any, np.dtype[Any]]

    def __init__(
        self,
        units: int,
        *,
        recurrent_activation: str | Layer[Any, Any] = "sigmoid",
        reset_after: bool = True,
        **options: Unpack[RecurrentOptions],
    ) -> None:
        super().__init__(units, options)
        self.recurrent_activation = pointwise_activation(
            "GRU", "recurrent_activation", recurrent_activation
        )
        self.reset_after = argument.flag("GRU", "reset_after", reset_after)

    def build(self, input_shape: tuple[int, ...], *others: tuple[int, ...]) -> None:
        """Make the weights; with `reset_after` there is a second bias."""
        super().build(input_shape, *others)
        if self.use_bias and self.reset_after:
            self.recurrent_bias = self.parameter(
                "recurrent_bias",
                (self.gates * self.units,),
                self.bias_initializer,
                self.bias_regularizer,
            )

    def invariants(self, x: Tensor) -> Carry:
        """The recurrent weights, of r and z apart from those of n where r acts before."""
        weight = self.recurrent_weight.as_tensor(x.trace)
        if not self.reset_after:
            return tuple(ops.split(weight, [2 * self.units], axis=-1))
        return (weight, self.recurrent_bias.as_tensor(x.trace)) if self.use_bias else (weight,)

    def advance(self, carry: Carry, gates: Tensor, weights: Carry) -> Carry:
        """Apply the formula."""
        (h,) = carry
        z, n = (self._reset_after if self.reset_after else self._reset_before)(h, gates, weights)
        return ((1.0 - z) * n + z * h,)

    def _reset_after(self, h: Tensor, gates: Tensor, weights: Carry) -> Carry:
        shares = h @ weights[0]
        if self.use_bias:
            shares = shares + weights[1]
        x_r, x_z, x_n = ops.split(gates, 3, axis=-1)
        h_r, h_z, h_n = ops.split(shares, 3, axis=-1)
        r = self.recurrent_activation.call(x_r + h_r)
        z = self.recurrent_activation.call(x_z + h_z)
        return z, self.activation.call(x_n + r * h_n)

    def _reset_before(self, h: Tensor, gates: Tensor, weights: Carry) -> Carry:
        x_rz, x_n = ops.split(gates, [2 * self.units], axis=-1)
        r, z = ops.split(self.recurrent_activation.call(x_rz + h @ weights[0]), 2, axis=-1)
        return z, self.activation.call(x_n + (r * h) @ weights[1])


class _ForgetBias(Initializer):
    """Adds 1 to the second of four blocks."""

    def __init__(self, inner: Initializer) -> None:
        self.inner = inner

    def draw(self, shape: tuple[int, ...], bits: Bits) -> Array:
        """See the class."""
        blocks = np.array(self.inner.draw(shape, bits)).reshape(4, -1)
        blocks[1] += 1.0
        return blocks.reshape(shape)
