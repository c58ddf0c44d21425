"""A network as a program of one step of a sequence, whose state it changes in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.export.network import (
    HasNetwork,
    Network,
    Numerics,
    bind,
    float_dtype,
    input_types,
    lower_constant,
    values_of,
)
from constnet.lowering.target import PORTABLE
from constnet.nn import class_names
from constnet.nn.streaming import trace_step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constnet.nn.streaming import StreamGraph


def trace_stream(
    model: HasNetwork,
    *,
    numerics: Numerics,
    batch: int = 1,
    input_dtypes: Sequence[str] | None = None,
) -> Network:
    """Trace and lower one step of `model.net`, for as many streams as `batch`.

    Raises:
        UsageError: the network is not built, or a layer cannot run step by step.
    """
    net, values = model.net, values_of(model.net, batch)
    types = input_types(net, values, batch, input_dtypes, of_step=True)
    stream = trace_step(net, types, float_dtype(values), lambda trace: bind(net, trace))
    graph = stream.graph
    program = lower_constant(graph, values, PORTABLE, numerics, donations_of(stream))
    return Network(net, graph, values, program, batch, class_names(net), stream)


def donations_of(stream: StreamGraph) -> dict[int, int]:
    """Each new state takes the place of the old one."""
    places = {value.name: number for number, value in enumerate(stream.graph.inputs)}
    return {stream.outputs + number: places[name] for number, name in enumerate(stream.slots)}


def most_steps(stream: StreamGraph) -> int | None:
    """After how many steps a counter of the state is at its limit; None where there is none."""
    return min((slot.limit for slot in stream.slots.values() if slot.limit), default=None)
