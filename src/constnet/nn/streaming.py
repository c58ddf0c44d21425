"""Sequences one step at a time, with an explicit state: what a network does where data arrives.

    state = net.initial_state()
    y, state = net.step(x, state)

A step has the shape of the sequence without its time axis, axis 1. In a trace of a step a layer is
applied by one of three rules: its own `stream`; its `call`, where each step depends on that step
alone (`is_stepwise`) or the time axis is gone by then; or it refuses and says why. Every state
begins at zero, so that in C a reset is a `memset`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from constnet.errors import ShapeError, UsageError
from constnet.ir.graph import GraphBuilder
from constnet.ir.location import here
from constnet.ops.tensor import Tensor, Trace, current_trace, tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike

    from constnet.dtypes import DType
    from constnet.ir.graph import Graph
    from constnet.ir.types import TensorType
    from constnet.nn.layer import Layer

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Slot:
    """One array of a state: its type and, for a counter, the number of steps it can count."""

    type: TensorType
    limit: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What a stream remembers: arrays by name, such as `layers.0.h`, of one network."""

    arrays: Mapping[str, Array]
    network: str

    def __getitem__(self, name: str) -> Array:
        return self.arrays[name]


class Streaming:
    """The part of a `Layer` that is about streams."""

    is_stepwise: bool = False
    """Whether `call` makes each step of a sequence of that step alone, apart from sublayers."""

    def why_not_streamed(self) -> str | None:
        """Why this layer cannot run step by step; None where it can."""
        if self.is_stepwise or type(self).stream is not Streaming.stream:
            return None
        return (
            "it may look at several steps at once, or change their number (a layer of your own "
            "says otherwise with `is_stepwise = True`, or defines `stream_state` and `stream`)"
        )

    def stream_state(self, *inputs: Tensor) -> dict[str, Slot]:
        """What it remembers from step to step, given tensors of one step; zeros at first."""
        del inputs
        return {}

    def stream(
        self, inputs: tuple[Tensor, ...], state: Mapping[str, Tensor]
    ) -> tuple[tuple[Tensor, ...], dict[str, Tensor]]:
        """The outputs of one step, and the state after it."""
        raise NotImplementedError

    def initial_state(self, batch: int = 1) -> State:
        """The state before the first step, for `batch` streams at once.

        Raises:
            UsageError: a layer cannot run step by step; the message says which and why.
        """
        from constnet.nn import stepping

        return stepping.initial_state(cast("Layer[Any, Any]", self), batch)

    def step(
        self, x: ArrayLike | tuple[ArrayLike, ...], state: State
    ) -> tuple[Array | tuple[Array, ...], State]:
        """One step, on the interpreter: its output, and the state after it.

        Args:
            x: what the layer takes at one time: its input without the time axis, batch first. A
                tuple for several inputs.
            state: from `initial_state` or the step before; it is not changed.

        Returns:
            The output (a tuple where there are several), with the bits that it has in the whole
            sequence, and the new state.

        Raises:
            ShapeError: `x` is no step of the sequence that the layer was built for.
            UsageError: the state is of another network, or a cache in it is full.

        Example:
            >>> from constnet import nn
            >>> net = nn.SimpleRNN(2)
            >>> net.build((5, 3))
            >>> y, state = net.step([[1.0, 2.0, 3.0]], net.initial_state())
            >>> y.shape, list(state.arrays)
            ((1, 2), ['h'])
        """
        from constnet.nn import stepping

        return stepping.step(cast("Layer[Any, Any]", self), x, state)


@dataclass(frozen=True, slots=True, eq=False)
class StreamGraph:
    """A step as a graph: inputs end in x0, x1, ... and the state, outputs in the new state."""

    graph: Graph
    slots: dict[str, Slot]
    outputs: int
    network: str

    def zeros(self) -> State:
        """The state before the first step."""
        arrays = {
            name: np.zeros(slot.type.shape, slot.type.dtype.numpy)
            for name, slot in self.slots.items()
        }
        return State(arrays, self.network)

    def check(self, state: object) -> State:
        """Refuse what is no state of this network and batch, and a state whose cache is full."""
        if not isinstance(state, State):
            message = (
                f"the state is a {type(state).__name__}; expected what `initial_state` or the step "
                "before returned."
            )
            raise UsageError(message)
        if state.network != self.network:
            have = ", ".join(f"{k} {v.dtype}{list(v.shape)}" for k, v in state.arrays.items())
            want = ", ".join(f"{name} {slot.type}" for name, slot in self.slots.items())
            message = (
                f"this is a state of another network or batch: it has {have or 'nothing'}; this "
                f"one has {want or 'nothing'}. Begin with `initial_state(batch)` of this one."
            )
            raise UsageError(message)
        for name, slot in self.slots.items():
            array = state.arrays.get(name)
            if array is None or array.shape != slot.type.shape:
                found = "missing" if array is None else f"of shape {array.shape}"
                message = f"{name} of the state is {found}; expected {slot.type}."
                raise ShapeError(message)
            if slot.limit is not None and int(array) >= slot.limit:
                message = (
                    f"{name}: all of its {slot.limit} steps are taken. Begin again with "
                    "`initial_state`, or make the layer with a larger capacity (or length)."
                )
                raise UsageError(message)
        return state


@dataclass
class Run:
    """A step being traced: the state that layers asked for, and what becomes of it."""

    slots: dict[str, Slot] = field(default_factory=dict[str, Slot])
    new: dict[str, Tensor] = field(default_factory=dict[str, Tensor])

    def apply(self, layer: Layer[Any, Any], inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Apply a layer to tensors of one step, or of what is left when time is gone."""
        from constnet.nn import building

        is_timeless = tuple(tensor.shape[1:] for tensor in inputs) == layer.input_shapes
        reason = None if is_timeless else layer.why_not_streamed()
        if reason is not None:
            message = f"{building.place(layer)} cannot run step by step: {reason}."
            raise UsageError(message)
        if is_timeless or type(layer).stream is Streaming.stream:
            return building.as_outputs(layer, layer.call(*inputs))
        path = here().layer
        trace, before = inputs[0].trace, dict[str, Tensor]()
        names: dict[str, str] = {}
        for name, slot in layer.stream_state(*inputs).items():
            before[name] = trace.input(f"{path}.{name}" if path else name, slot.type)
            names[name] = before[name].value.name
            self.slots[names[name]] = slot
        outputs, after = layer.stream(inputs, before)
        self.new |= {names[name]: tensor for name, tensor in after.items()}
        return building.as_outputs(layer, outputs)


def running() -> Run | None:
    """The step that is being traced; None in any other trace."""
    found: Run | None = current_trace().extras.get("streaming")
    return found


def trace_step(
    net: Layer[Any, Any],
    types: Sequence[TensorType],
    dtype: DType,
    bind: Callable[[Trace], None],
    *,
    is_probe: bool = False,
) -> StreamGraph:
    """One step of a built network as a graph, in inference mode.

    Args:
        net: the network.
        types: of its inputs at one time, batch axis first.
        dtype: floats that it computes with.
        bind: adds the inputs that stand for parameters.
        is_probe: only shapes are wanted; inputs of any dtype may come as floats.
    """
    run = Run()
    extras: dict[str, Any] = {"streaming": run, "bind_missing": is_probe}
    trace = Trace(GraphBuilder("step"), training=False, dtype=dtype, extras=extras)
    with tracing(trace):
        bind(trace)
        xs = [trace.input(f"x{number}", type_) for number, type_ in enumerate(types)]
        outputs = net.apply(*xs)
    results = [*outputs, *(run.new[name] for name in run.slots)]
    graph = trace.builder.build(tensor.value for tensor in results)
    facts = [
        _description(net),
        *map(str, net.input_shapes),
        *(f"{k} {v}" for k, v in run.slots.items()),
    ]
    network = hashlib.sha256("\n".join(facts).encode()).hexdigest()
    return StreamGraph(graph, run.slots, len(outputs), network)


def _description(net: Layer[Any, Any]) -> str:
    """The configuration as text; of a layer that has none, its class and arguments."""
    try:
        return json.dumps(net.config(), sort_keys=True)
    except UsageError:
        return repr(net)


def step_shapes(net: Layer[Any, Any], given: Sequence[Array]) -> None:
    """Refuse arrays that are no step of the sequences the network was built for."""
    expected = [shape[1:] for shape in net.input_shapes]
    if len(given) != len(expected):
        message = f"{net!r} has {len(expected)} inputs and its step was given {len(given)}."
        raise ShapeError(message)
    for array, shape, whole in zip(given, expected, net.input_shapes, strict=True):
        if array.shape[1:] != shape or array.ndim == 0 or not len(array):
            wanted = ", ".join(["batch", *map(str, shape)])
            message = (
                f"{net!r}: a step takes ({wanted}), one time of the {('batch', *whole)} that it "
                f"was built for; it was given {array.shape}. Leave out the time axis."
            ).replace("'", "")
            raise ShapeError(message)
