"""Recorded inputs and the interpreter's outputs for them, to be checked on the target itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from constnet import interpreter
from constnet.export.stream import most_steps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constnet.export.network import Network

Array = np.ndarray[Any, np.dtype[Any]]
CASES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Flat inputs and outputs of one call."""

    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]


def random_inputs(network: Network, seed: int) -> tuple[Array, ...]:
    """One batch of inputs: normal floats, small non-negative integers."""
    generator = np.random.default_rng(seed)
    arrays: list[Array] = []
    for type_ in network.input_types:
        kind = type_.dtype
        if kind.is_float:
            drawn = generator.normal(size=type_.shape)
        else:
            drawn = generator.integers(0, 2 if kind.kind == "bool" else 100, size=type_.shape)
        arrays.append(np.asarray(drawn).astype(kind.numpy))
    return tuple(arrays)


def expected(network: Network, calls: Sequence[tuple[Array, ...]]) -> list[tuple[Array, ...]]:
    """The interpreter's outputs for each call; a stream's calls follow one another.

    A stream begins again where a counter of its state is at its limit.
    """
    if network.stream is None:
        return [_run(network, call, {}) for call in calls]
    stream, state = network.stream, dict[str, Array]()
    most, found = most_steps(stream), list[tuple[Array, ...]]()
    for number, call in enumerate(calls):
        if number % (most or len(calls)) == 0:
            state = dict(stream.zeros().arrays)
        results = _run(network, call, state)
        found.append(results[: stream.outputs])
        state = dict(zip(stream.slots, results[stream.outputs :], strict=True))
    return found


def _run(
    network: Network, inputs: tuple[Array, ...], state: Mapping[str, Array]
) -> tuple[Array, ...]:
    given = iter(inputs)
    known = {**network.values, **state}
    arrays = [
        known[value.name] if value.name in known else next(given) for value in network.graph.inputs
    ]
    return tuple(interpreter.run(network.graph, arrays))


def cases(network: Network) -> list[Case]:
    """A few recorded calls; of a stream its first steps."""
    most = None if network.stream is None else most_steps(network.stream)
    calls = [random_inputs(network, seed) for seed in range(min(CASES, most or CASES))]
    return [
        Case(*(tuple(array.reshape(-1) for array in arrays) for arrays in both))
        for both in zip(calls, expected(network, calls), strict=True)
    ]
