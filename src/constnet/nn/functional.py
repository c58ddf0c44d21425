"""The functional form: layers called on `nn.Input`, for several inputs, outputs and branches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, cast

from constnet.dtypes import as_dtype
from constnet.errors import FormatError, UsageError
from constnet.nn import argument, building
from constnet.nn.layer import Layer, is_layer
from constnet.nn.symbol import Call, Symbol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constnet.ops.tensor import Tensor


@dataclass(frozen=True, slots=True)
class Step:
    """Layer number `layer` applied to values, each `(source, output)`.

    Sources count the network's inputs first, then the steps.
    """

    layer: int
    inputs: tuple[tuple[int, int], ...]


def Input(shape: int | Sequence[int], dtype: str = "float32") -> Symbol:  # noqa: N802  (Keras's)
    """An input of a functional network.

    Args:
        shape: without the batch axis; `4` stands for `(4,)`.
        dtype: of the data; a float input takes the network's dtype.
    """
    extents = shape if isinstance(shape, int) else tuple(shape)
    return Symbol(argument.shape("Input", "shape", extents), as_dtype(dtype))


class Network(Layer[Any, Any]):
    """A network of layers that were called on `nn.Input`s.

    Args:
        inputs: one `nn.Input` or more, in the order data will come.
        outputs: what layers returned, one or more.

    Raises:
        UsageError: an output depends on an input that is not listed.

    Example:
        >>> from constnet import nn
        >>> a, b = nn.Input(4), nn.Input(3)
        >>> both = nn.Concatenate()(nn.Dense(8)(a), nn.Dense(8)(b))
        >>> net = nn.Network(inputs=(a, b), outputs=nn.Dense(1)(both))
        >>> net.output_shapes
        ((1,),)
    """

    is_stepwise = True

    def __init__(
        self,
        inputs: Symbol | Sequence[Symbol],
        outputs: Symbol | Sequence[Symbol],
    ) -> None:
        given = _symbols("inputs", inputs)
        wanted = _symbols("outputs", outputs)
        for idx, symbol in enumerate(given):
            if symbol.call is not None or symbol in given[:idx]:
                message = f"Network: inputs[{idx}] is {symbol}; expected distinct nn.Input(...)."
                raise UsageError(message)
        calls = _ordered(wanted)
        sources = {id(symbol): idx for idx, symbol in enumerate(given)}
        sources |= {id(call): len(given) + idx for idx, call in enumerate(calls)}
        layers = list({id(call.layer): call.layer for call in calls}.values())
        numbers = {id(layer): idx for idx, layer in enumerate(layers)}
        self.layers = tuple(layers)
        self.inputs = tuple((symbol.shape, symbol.dtype) for symbol in given)
        self.steps = tuple(
            Step(numbers[id(call.layer)], tuple(_reference(one, sources) for one in call.inputs))
            for call in calls
        )
        self.outputs = tuple(_reference(symbol, sources) for symbol in wanted)
        building.probe(self, self.inputs)

    def check_inputs(self, *input_shapes: tuple[int, ...]) -> None:
        """Shapes must be those of the `nn.Input`s."""
        expected = tuple(shape for shape, _ in self.inputs)
        if input_shapes != expected:
            listed = " and ".join(str(("batch", *shape)) for shape in expected)
            raise self.shape_error(
                f"its inputs are {listed}".replace("'", ""),
                "Pass inputs of those shapes.",
            )

    def call(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Apply the layers in order."""
        values: list[tuple[Tensor, ...]] = [(tensor,) for tensor in inputs]
        for step in self.steps:
            layer = self.layers[step.layer]
            layer.internals.name = f"layers.{step.layer}"
            values.append(layer.apply(*(values[source][out] for source, out in step.inputs)))
        return tuple(values[source][out] for source, out in self.outputs)

    def arguments(self) -> dict[str, Any]:
        """The layers and how they are connected, as lists of numbers."""
        return {
            "layers": self.layers,
            "input_shapes": [list(shape) for shape, _ in self.inputs],
            "input_dtypes": [str(dtype) for _, dtype in self.inputs],
            "steps": [[step.layer, [list(one) for one in step.inputs]] for step in self.steps],
            "outputs": [list(one) for one in self.outputs],
        }

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> Self:
        """Connect the layers again.

        Raises:
            FormatError: a field is missing or unknown, or a number points nowhere.
        """
        fields = {"layers", "input_shapes", "input_dtypes", "steps", "outputs"}
        if set(arguments) != fields or not all(isinstance(arguments[f], list) for f in fields):
            message = (
                f"Network has the fields {sorted(arguments)}; expected lists called "
                f"{sorted(fields)}."
            )
            raise FormatError(message)
        shapes, dtypes = arguments["input_shapes"], arguments["input_dtypes"]
        if len(shapes) != len(dtypes):
            message = f"Network has {len(shapes)} input shapes and {len(dtypes)} input dtypes."
            raise FormatError(message)
        inputs = [Input(shape, dtype) for shape, dtype in zip(shapes, dtypes, strict=True)]
        values: list[tuple[Symbol, ...]] = [(symbol,) for symbol in inputs]
        for step in arguments["steps"]:
            layer, references = _read_step(step, arguments["layers"])
            values.append(layer.apply(*(_lookup(one, values) for one in references)))
        return cls(inputs, [_lookup(one, values) for one in arguments["outputs"]])

    def __repr__(self) -> str:
        return f"Network({len(self.inputs)} inputs, {len(self.outputs)} outputs)"


def _symbols(name: str, given: Symbol | Sequence[Symbol]) -> tuple[Symbol, ...]:
    found = (given,) if isinstance(given, Symbol) else tuple(given)
    if not found or not all(isinstance(cast("object", one), Symbol) for one in found):
        message = (
            f"Network: {name} is {given!r}; expected nn.Input(...) or what layers return for one."
        )
        raise UsageError(message)
    return found


def _ordered(outputs: Sequence[Symbol]) -> list[Call]:
    """Calls the outputs depend on, each after those it depends on; no recursion."""
    done: dict[int, Call] = {}
    stack = [symbol.call for symbol in reversed(outputs) if symbol.call is not None]
    while stack:
        call = stack[-1]
        waiting = [
            symbol.call
            for symbol in call.inputs
            if symbol.call is not None and id(symbol.call) not in done
        ]
        if id(call) in done or not waiting:
            done.setdefault(id(call), stack.pop())
        else:
            stack.extend(reversed(waiting))
    return list(done.values())


def _reference(symbol: Symbol, sources: Mapping[int, int]) -> tuple[int, int]:
    source = sources.get(id(symbol if symbol.call is None else symbol.call))
    if source is None:
        message = (
            f"Network: an output depends on {symbol}, which is not among `inputs`. Add it there."
        )
        raise UsageError(message)
    return source, symbol.output


def _read_step(
    step: object,
    layers: Sequence[object],
) -> tuple[Layer[Any, Any], Sequence[object]]:
    if isinstance(step, list) and len(cast("list[object]", step)) == 2:
        number, references = cast("list[object]", step)
        is_known = isinstance(number, int) and 0 <= number < len(layers)
        layer = layers[cast("int", number)] if is_known else None
        if is_layer(layer) and isinstance(references, list) and references:
            return layer, cast("list[object]", references)
    message = f"Network has the step {step!r}; expected [layer number, [[source, output], ...]]."
    raise FormatError(message)


def _lookup(reference: object, values: Sequence[tuple[Symbol, ...]]) -> Symbol:
    pair = cast("list[object]", reference) if isinstance(reference, list) else []
    if len(pair) == 2 and all(type(number) is int for number in pair):
        source, output = cast("list[int]", pair)
        if 0 <= source < len(values) and 0 <= output < len(values[source]):
            return values[source][output]
    message = f"Network refers to {reference!r}; there are {len(values)} values before it."
    raise FormatError(message)
