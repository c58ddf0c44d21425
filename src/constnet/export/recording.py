"""Recorded inputs and the interpreter's outputs for them, to be checked on the target itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from constnet import interpreter

if TYPE_CHECKING:
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
    for value in network.graph.inputs:
        if value.name in network.values:
            continue
        kind = value.type.dtype
        if kind.is_float:
            drawn = generator.normal(size=value.type.shape)
        else:
            drawn = generator.integers(0, 2 if kind.kind == "bool" else 100, size=value.type.shape)
        arrays.append(np.asarray(drawn).astype(kind.numpy))
    return tuple(arrays)


def expected(network: Network, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
    """The interpreter's outputs for one batch."""
    given = iter(inputs)
    arrays = [
        network.values[value.name] if value.name in network.values else next(given)
        for value in network.graph.inputs
    ]
    return tuple(interpreter.run(network.graph, arrays))


def cases(network: Network) -> list[Case]:
    """A few recorded calls."""
    found: list[Case] = []
    for seed in range(CASES):
        inputs = random_inputs(network, seed)
        outputs = expected(network, inputs)
        flat = (tuple(array.reshape(-1) for array in arrays) for arrays in (inputs, outputs))
        found.append(Case(*flat))
    return found
