"""Recurrent layers: what they share, and `SimpleRNN`.

The input's share of every gate is one product for all time steps, made before the loop; the body of
the loop adds `h @ recurrent_weight`. A mask keeps the state where it is False.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from constnet import ops
from constnet.dtypes import float32
from constnet.errors import UsageError
from constnet.ir.types import TensorType
from constnet.nn import activation as activations
from constnet.nn import argument
from constnet.nn import init as initializers
from constnet.nn import regularizer as regularizers
from constnet.nn.layer import Layer
from constnet.nn.streaming import Slot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypedDict, Unpack

    import numpy as np

    from constnet.nn.init import Initializer
    from constnet.nn.parameter import Parameter
    from constnet.nn.regularizer import Regularizer
    from constnet.ops.tensor import Tensor

    class RecurrentOptions(TypedDict, total=False):
        """Keyword arguments that all recurrent layers have."""

        activation: str | Layer[Any, Any]
        use_bias: bool
        kernel_initializer: str | Initializer
        recurrent_initializer: str | Initializer
        bias_initializer: str | Initializer
        kernel_regularizer: str | Regularizer | None
        recurrent_regularizer: str | Regularizer | None
        bias_regularizer: str | Regularizer | None
        return_sequences: bool
        return_state: bool
        go_backwards: bool


Carry = tuple["Tensor", ...]
_SEQUENCE_RANK = 2
_DEFAULTS: dict[str, Any] = {
    "activation": "tanh",
    "use_bias": True,
    "kernel_initializer": "glorot_uniform",
    "recurrent_initializer": "orthogonal",
    "bias_initializer": "zeros",
    "kernel_regularizer": None,
    "recurrent_regularizer": None,
    "bias_regularizer": None,
    "return_sequences": False,
    "return_state": False,
    "go_backwards": False,
}


class Recurrent(Layer[Any, Any]):
    """Base of recurrent layers: a subclass says what one step makes of the state.

    Its inputs are the sequence `(N, T, features)`, then, where wanted, a mask of bools `(N, T)`,
    then, where wanted, the initial states `(N, units)`, all of them.
    """

    gates: ClassVar[int] = 1
    """How many blocks of `units` columns the weights have."""
    state_names: ClassVar[tuple[str, ...]] = ("h",)

    weight: Parameter
    recurrent_weight: Parameter
    bias: Parameter
    weight_grad: np.ndarray[Any, np.dtype[Any]]
    recurrent_weight_grad: np.ndarray[Any, np.dtype[Any]]
    bias_grad: np.ndarray[Any, np.dtype[Any]]

    def __init__(self, units: int, options: RecurrentOptions) -> None:
        owner = type(self).__name__
        unknown = sorted(set(options) - set(_DEFAULTS))
        if unknown:
            message = f"{owner} got {unknown}, which it does not know; it takes {list(_DEFAULTS)}."
            raise UsageError(message)
        chosen: dict[str, Any] = {**_DEFAULTS, **options}
        self.units = argument.extent(owner, "units", units)
        self.activation = pointwise_activation(owner, "activation", chosen["activation"])
        self.use_bias = argument.flag(owner, "use_bias", chosen["use_bias"])
        self.kernel_initializer = initializers.get(chosen["kernel_initializer"])
        self.recurrent_initializer = initializers.get(chosen["recurrent_initializer"])
        self.bias_initializer = initializers.get(chosen["bias_initializer"])
        self.kernel_regularizer = regularizers.get(chosen["kernel_regularizer"])
        self.recurrent_regularizer = regularizers.get(chosen["recurrent_regularizer"])
        self.bias_regularizer = regularizers.get(chosen["bias_regularizer"])
        flags = ("return_sequences", "return_state", "go_backwards")
        self.return_sequences, self.return_state, self.go_backwards = (
            argument.flag(owner, name, chosen[name]) for name in flags
        )

    def arguments(self) -> dict[str, Any]:
        """The constructor's arguments, with defaults."""
        return {**_DEFAULTS, **super().arguments()}

    def __repr__(self) -> str:
        args, kwargs = self._given
        parts = [*map(repr, args)]
        parts += [
            f"{name}={value!r}"
            for name, value in kwargs.items()
            if name not in _DEFAULTS or value != _DEFAULTS[name]
        ]
        return f"{type(self).__name__}({', '.join(parts)})"

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """A sequence of the features it was built for, at most one mask, and all states or none."""
        sequence, *others = input_shapes or ((),)
        if len(sequence) != _SEQUENCE_RANK:
            raise self.shape_error(
                "it takes a sequence (batch, time, features)",
                "Reshape the input, or let the layer before it return sequences.",
            )
        if not sequence[0]:
            raise self.shape_error(
                "that is a sequence of length zero", "Give it at least one time step."
            )
        if self.is_built and sequence[1] != self.weight.shape[0]:
            raise self.shape_error(
                f"it was built for {self.weight.shape[0]} features", "Use a second layer there."
            )
        self._check_others(sequence[0], others)

    def _check_others(self, length: int, others: list[tuple[int, ...]]) -> None:
        states, mask, state = len(self.state_names), (length,), (self.units,)
        allowed: list[list[tuple[int, ...]]] = [[], [mask], [state] * states]
        if others not in [*allowed, [mask, *[state] * states]]:
            listed = f"{states} initial state{'s' * (states > 1)} (batch, {self.units})"
            raise self.shape_error(
                f"beside the sequence it takes a mask (batch, {length}), {listed}, or both",
                "Give them in this order.",
            )

    def build(self, input_shape: tuple[int, ...], *others: tuple[int, ...]) -> None:
        """Make the weights; other inputs change nothing."""
        del others
        columns = self.gates * self.units
        self.weight = self.parameter(
            "weight", (input_shape[-1], columns), self.kernel_initializer, self.kernel_regularizer
        )
        self.recurrent_weight = self.parameter(
            "recurrent_weight",
            (self.units, columns),
            self.recurrent_initializer,
            self.recurrent_regularizer,
        )
        if self.use_bias:
            self.bias = self.parameter(
                "bias", (columns,), self.bias_initializer, self.bias_regularizer
            )

    def advance(self, carry: Carry, gates: Tensor, weights: Carry) -> Carry:
        """The state after one step, from the state before it and the input's share of the gates.

        `weights` are `recurrent_weight` and what `invariants` adds.
        """
        raise NotImplementedError

    def invariants(self, x: Tensor) -> Carry:
        """What every step reads: the recurrent weights."""
        return (self.recurrent_weight.as_tensor(x.trace),)

    def call(self, x: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
        """Run over the sequence."""
        mask, initial = self._split(x, others)
        weights = self.invariants(x)

        def body(carry: Carry, items: Carry) -> tuple[Carry, Carry]:
            new = self.advance(carry, items[0], weights)
            if len(items) > 1:
                new = _kept(items[1], new, carry)
            return new, new[:1] if self.return_sequences else ()

        sequences = [self._project(ops.swapaxes(x, 0, 1))]
        if mask is not None:
            sequences.append(ops.expand_dims(ops.swapaxes(mask, 0, 1), -1))
        final, stacked = ops.scan(body, initial, tuple(sequences), reverse=self.go_backwards)
        y = final[0]
        if self.return_sequences:
            y = ops.swapaxes(stacked[0], 0, 1)
            y = ops.flip(y, 1) if self.go_backwards else y
        return (y, *final) if self.return_state else (y,)

    def why_not_streamed(self) -> str | None:
        """A step must not depend on steps that are yet to come."""
        return "it reads the sequence from its end" if self.go_backwards else None

    def stream_state(self, *inputs: Tensor) -> dict[str, Slot]:
        """Its state, one row for each stream."""
        length = self.input_shapes[0][0]
        if self.input_shapes[1:] not in ((), ((length,),)):
            raise self.shape_error(
                "beside the step of a sequence it takes a mask (batch,)",
                "Initial states belong into the state of the stream.",
            )
        x = inputs[0]
        type_ = TensorType((x.shape[0], self.units), x.trace.dtype or float32)
        return {name: Slot(type_) for name in self.state_names}

    def stream(
        self, inputs: tuple[Tensor, ...], state: Mapping[str, Tensor]
    ) -> tuple[tuple[Tensor, ...], dict[str, Tensor]]:
        """One step; where the mask is False the state stays."""
        x, *masks = inputs
        carry = tuple(state[name] for name in self.state_names)
        new = self.advance(carry, self._project(x), self.invariants(x))
        for mask in masks:
            new = _kept(ops.expand_dims(checked_mask(self, mask), -1), new, carry)
        outputs = (new[0], *new) if self.return_state else new[:1]
        return outputs, dict(zip(self.state_names, new, strict=True))

    def _project(self, x: Tensor) -> Tensor:
        """The input's share of the gates, for all steps in one product."""
        weight = self.weight.as_tensor(x.trace)
        gates = ops.matmul(ops.cast(x, weight.dtype), weight)
        return gates + self.bias.as_tensor(x.trace) if self.use_bias else gates

    def _split(self, x: Tensor, others: tuple[Tensor, ...]) -> tuple[Tensor | None, Carry]:
        """The mask, if there is one, and the initial states."""
        dtype = x.trace.dtype or float32
        count = len(self.state_names)
        has_mask = len(others) == count + 1 or (
            len(others) == 1 and (count > 1 or not others[0].dtype.is_float)
        )
        if len(others) == count == 1 and not has_mask and others[0].shape[1:] != (self.units,):
            has_mask = True
        mask, states = (others[0], others[1:]) if has_mask else (None, others)
        if not states:
            states = (ops.zeros((x.shape[0], self.units), dtype),) * count
        return mask if mask is None else checked_mask(self, mask), states


class SimpleRNN(Recurrent):
    """Fully connected recurrence.

    Formula:
        h = activation(x @ weight + bias + h @ recurrent_weight), at each step

    Args:
        units: size of the state and of the output.
        options: `activation` ("tanh"), `use_bias`, `kernel_initializer`, `recurrent_initializer`
            ("orthogonal"), `bias_initializer`, `kernel_regularizer`, `recurrent_regularizer`,
            `bias_regularizer`; `return_sequences` gives the output of every step instead of the
            last one's, `return_state` the last state as further outputs, `go_backwards` reads the
            sequence from its end and returns it reversed.

    Shape:
        `(N, T, features) -> (N, units)`, or `(N, T, units)` with `return_sequences`.

    Source:
        Elman (1990), Finding structure in time.

    Example:
        >>> layer = SimpleRNN(1, activation="linear", kernel_initializer="ones",
        ...                   recurrent_initializer="ones", return_sequences=True)
        >>> layer.forward([[[1.0], [2.0], [3.0]]]).tolist()
        [[[1.0], [3.0], [6.0]]]
    """

    def __init__(self, units: int, **options: Unpack[RecurrentOptions]) -> None:
        super().__init__(units, options)

    def advance(self, carry: Carry, gates: Tensor, weights: Carry) -> Carry:
        """Apply the formula."""
        return (self.activation.call(gates + carry[0] @ weights[0]),)


def _kept(mask: Tensor, new: Carry, old: Carry) -> Carry:
    """The new state where the mask holds, else the old one."""
    return tuple(ops.where(mask, after, before) for after, before in zip(new, old, strict=True))


def checked_mask(layer: Layer[Any, Any], mask: Tensor) -> Tensor:
    """A mask of bools; while only shapes are known every input is a float, which passes."""
    if mask.dtype.kind == "bool":
        return mask
    if not mask.trace.extras.get("bind_missing"):
        raise layer.shape_error(
            f"its mask has dtype {mask.dtype}",
            "A mask is of bools, True where a step counts: convert it with .astype(bool).",
        )
    return ops.cast(mask, "bool")


def pointwise_activation(owner: str, name: str, given: str | Layer[Any, Any]) -> Layer[Any, Any]:
    """An activation that a loop can apply at every step: one without parameters.

    Raises:
        UsageError: it has parameters, or is unknown.
    """
    found = activations.get(given)
    if type(found).build is not Layer.build:
        message = (
            f"{owner}: {name} is {found!r}, which has parameters of its own. Use one without, "
            "such as 'tanh'."
        )
        raise UsageError(message)
    return found
