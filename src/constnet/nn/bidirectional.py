"""`Bidirectional`: a sequence read from both ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from constnet import ops
from constnet.errors import UsageError
from constnet.nn.layer import Layer
from constnet.nn.recurrent import Recurrent, checked_mask

if TYPE_CHECKING:
    from constnet.ops.tensor import Tensor

Merge = Literal["concat", "sum", "mul", "ave"]


class Bidirectional(Layer[Any, Any]):
    """A recurrent layer and its copy that reads from the end; their outputs side by side.

    Args:
        layer: SimpleRNN, LSTM or GRU, reading forwards.
        backward_layer: the one that reads from the end, `go_backwards=True`; a copy of `layer`
            with weights of its own if left out.
        merge: "concat" of the outputs along the last axis, their "sum", "mul" (product) or "ave"
            (mean), or None for two outputs.

    Shape:
        As `layer`, the last axis twice as long for "concat". Further inputs are a mask, the
        initial states of `layer` and those of `backward_layer`; with `return_state` the last
        states of both are further outputs, in this order.

    Source:
        Schuster and Paliwal (1997), Bidirectional recurrent neural networks.

    Example:
        >>> from constnet import nn
        >>> layer = Bidirectional(nn.LSTM(4, return_sequences=True))
        >>> layer.build((10, 3))
        >>> layer.output_shapes
        ((10, 8),)
    """

    def __init__(
        self,
        layer: Layer[Any, Any],
        backward_layer: Layer[Any, Any] | None = None,
        *,
        merge: Merge | None = "concat",
    ) -> None:
        self.forward_layer = _recurrent("layer", layer)
        if self.forward_layer.go_backwards:
            message = f"Bidirectional: layer is {layer!r}, which reads from the end. Give it as "
            raise UsageError(message + "backward_layer.")
        if backward_layer is None:
            arguments = {**self.forward_layer.arguments(), "go_backwards": True}
            backward_layer = type(self.forward_layer).from_arguments(arguments)
        self.backward_layer = _recurrent("backward_layer", backward_layer)
        self._check_pair()
        if merge is not None and merge not in get_args(Merge):
            allowed = ", ".join(map(repr, get_args(Merge)))
            message = f"Bidirectional: merge is {merge!r}; expected {allowed} or None."
            raise UsageError(message)
        self.merge: Merge | None = merge

    def _check_pair(self) -> None:
        ahead, back = self.forward_layer, self.backward_layer
        names = ("units", "return_sequences", "return_state")
        if not back.go_backwards or any(getattr(ahead, n) != getattr(back, n) for n in names):
            message = (
                f"Bidirectional: backward_layer is {back!r} beside {ahead!r}; expected "
                f"go_backwards=True and the same {', '.join(names)}."
            )
            raise UsageError(message)

    def why_not_streamed(self) -> str | None:
        """A step must not depend on steps that are yet to come."""
        return "half of it reads the sequence from its end"

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """A sequence, at most one mask, and the initial states of both layers or none."""
        states = len(self.forward_layer.state_names) + len(self.backward_layer.state_names)
        if len(input_shapes) not in (1, 2, 1 + states, 2 + states):
            raise self.shape_error(
                f"it takes a sequence, then a mask, then {states} initial states, or less",
                "Give the states of both layers, or none.",
            )

    def call(self, x: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
        """Run both layers and merge."""
        count = len(self.forward_layer.state_names)
        both = count + len(self.backward_layer.state_names)
        split = len(others) - both if len(others) >= both else len(others)
        mask = tuple(checked_mask(self, given) for given in others[:split])
        states = others[split:]
        ahead = self.forward_layer.apply(x, *mask, *states[:count])
        back = self.backward_layer.apply(x, *mask, *states[count:])
        last = back[0]
        if self.forward_layer.return_sequences:
            last = ops.flip(last, 1)  # it came reversed
        return (*self._merged(ahead[0], last), *ahead[1:], *back[1:])

    def _merged(self, ahead: Tensor, back: Tensor) -> tuple[Tensor, ...]:
        if self.merge is None:
            return ahead, back
        if self.merge == "concat":
            return (ops.concatenate([ahead, back], axis=-1),)
        if self.merge == "mul":
            return (ahead * back,)
        return (ahead + back,) if self.merge == "sum" else ((ahead + back) * 0.5,)


def _recurrent(name: str, given: object) -> Recurrent:
    if not isinstance(given, Recurrent):
        message = (
            f"Bidirectional: {name} is {given!r}; expected a recurrent layer such as nn.LSTM(8)."
        )
        raise UsageError(message)
    return given
