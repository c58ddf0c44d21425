"""The table of a network's layers as plain data; printing it is the business of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from constnet.nn.layer import Layer


@dataclass(frozen=True, slots=True)
class Row:
    """One layer: counts are of elements, shapes without the batch axis."""

    path: str
    layer: str
    description: str
    output_shapes: tuple[tuple[int, ...], ...]
    parameters: int
    trainable: int
    states: int


def summary(net: Layer[Any, Any]) -> list[Row]:
    """A row for each layer that is not only a container, in order of paths.

    Args:
        net: built already.

    Raises:
        UsageError: `net` is not built.

    Example:
        >>> from constnet import nn
        >>> net = nn.Sequential(nn.Dense(2, 8), nn.ReLU())
        >>> net.build(2)
        >>> [(row.path, row.layer, row.parameters) for row in summary(net)]
        [('layers.0', 'Dense', 24), ('layers.1', 'ReLU', 0)]
    """
    _ = net.output_shapes
    rows: list[Row] = []
    inside: list[str] = []  # layers with parameters of their own: their helpers get no row
    for path, layer in net.walk():
        own = layer.internals.parameters
        is_container = not own and any(True for _ in layer.children())
        is_helper = not own and any(path.startswith(f"{outer}.") for outer in inside)
        if own:
            inside.append(path)
        if not is_container and not is_helper and layer.is_built:
            rows.append(_row(path, layer))
    return rows


def _row(path: str, layer: Layer[Any, Any]) -> Row:
    own = layer.internals.parameters.values()
    return Row(
        path,
        type(layer).__name__,
        repr(layer),
        layer.output_shapes,
        sum(one.size for one in own if not one.is_state),
        sum(one.size for one in own if one.trainable),
        sum(one.size for one in own if one.is_state),
    )
