"""`Sequential`: layers one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, cast

from constnet.errors import UsageError
from constnet.nn.layer import I, Layer, O

if TYPE_CHECKING:
    from collections.abc import Iterator

    from constnet.ops.tensor import Tensor


class Sequential(Layer[I, O], Generic[I, O]):
    """Layers applied in order; `a >> b >> c` makes one as well.

    Args:
        layers: one layer or more; the first may take several inputs.

    Raises:
        ShapeError: at `build`, where a layer cannot take what the one before it gives.

    Example:
        >>> from constnet import nn
        >>> net = nn.Sequential(nn.Dense(2, 8), nn.ReLU(), nn.Dense(1))
        >>> net.build(2)
        >>> list(net.parameters())
        ['layers.0.weight', 'layers.0.bias', 'layers.2.weight', 'layers.2.bias']
    """

    is_stepwise = True

    def __init__(self: Sequential[Any, Any], *layers: Layer[Any, Any]) -> None:
        for idx, layer in enumerate(cast("tuple[object, ...]", layers)):
            if not isinstance(layer, Layer):
                given = layer.__name__ if isinstance(layer, type) else repr(layer)
                message = (
                    f"Sequential: layers.{idx} is {given}; expected a layer such as nn.Dense(8) "
                    "or nn.ReLU()."
                )
                raise UsageError(message)
        if not layers:
            message = "Sequential() has no layers. Give it at least one, such as nn.Dense(8)."
            raise UsageError(message)
        self.layers = tuple(layers)
        self.is_chain = False

    def call(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Each layer takes what the one before it gives."""
        values: tuple[Tensor, ...] = inputs
        for idx, layer in enumerate(self.layers):
            layer.internals.name = f"layers.{idx}"  # a layer used twice has a place each time
            values = layer.apply(*values)
        return values

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Layer[Any, Any]]:
        return iter(self.layers)

    def __getitem__(self, index: int) -> Layer[Any, Any]:
        return self.layers[index]


def chain(first: Layer[Any, Any], then: Layer[Any, Any]) -> Sequential[Any, Any]:
    """`first >> then`; a chain grows instead of nesting."""
    front = first.layers if isinstance(first, Sequential) and first.is_chain else (first,)
    back = then.layers if isinstance(then, Sequential) and then.is_chain else (then,)
    made = Sequential(*cast("tuple[Layer[Any, Any], ...]", (*front, *back)))
    made.is_chain = True
    return made
