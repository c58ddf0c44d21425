"""What every layer keeps for the library; users see it through properties of `Layer`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constnet.nn.eager import Record
    from constnet.nn.parameter import Parameter
    from constnet.nn.streaming import StreamGraph


@dataclass
class Internals:
    """Name below the layer above, shapes once built, arrays by name, the last `forward`."""

    name: str = ""
    trainable: bool = True
    building: bool = False
    input_shapes: tuple[tuple[int, ...], ...] | None = None
    output_shapes: tuple[tuple[int, ...], ...] | None = None
    parameters: dict[str, Parameter] = field(default_factory=dict[str, "Parameter"])
    sources: tuple[str, ...] = ()
    record: Record | None = None
    streams: dict[object, StreamGraph] = field(default_factory=dict[object, "StreamGraph"])
