"""Random numbers inside a layer: functions of (seed, step) and of the place in the network.

Each call takes a stream of the generator of its own, counted in the order of the trace, so a
resumed run draws what an uninterrupted one would have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet import ops
from constnet.dtypes import DType, float32, uint32
from constnet.errors import UsageError
from constnet.nn.building import FIRST_STREAM
from constnet.ops.tensor import current_trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from constnet.ops.tensor import Tensor


def _stream() -> tuple[Tensor, Tensor, int]:
    """Seed, step and a fresh stream number of the open trace."""
    extras = current_trace().extras
    if "seed" not in extras or "step" not in extras:
        message = (
            "a layer asked for random numbers in a trace that has no 'seed' and 'step' among its "
            f"extras, only {sorted(extras)}. Random layers act in training only."
        )
        raise UsageError(message)
    stream = int(extras.get("stream", FIRST_STREAM))
    extras["stream"] = stream + 1
    return extras["seed"], extras["step"], stream


def uniform(
    shape: tuple[int, ...],
    low: float = 0.0,
    high: float = 1.0,
    dtype: DType | None = None,
) -> Tensor:
    """Uniform numbers on [low, high) in the network's dtype, new at each step."""
    seed, step, stream = _stream()
    wanted = dtype or current_trace().dtype or float32
    return ops.random.uniform(seed, step, stream, shape, low, high, wanted)


def normal(shape: tuple[int, ...], dtype: DType | None = None) -> Tensor:
    """Standard normal numbers in the network's dtype, new at each step."""
    seed, step, stream = _stream()
    wanted = dtype or current_trace().dtype or float32
    return ops.random.normal(seed, step, stream, shape, dtype=wanted)


def numbered() -> Callable[[Tensor, tuple[int, ...], DType], Tensor]:
    """A function of (number, shape, dtype) that draws uniform numbers on [0, 1) for each number.

    Made outside a scan and called in its body with the number of the iteration, it draws others in
    each of them: the number becomes part of the generator's key.
    """
    seed, step, stream = _stream()

    def draw(number: Tensor, shape: tuple[int, ...], dtype: DType) -> Tensor:
        words = ops.cast(ops.reshape(number, (1,)), uint32) * ops.arange(2, uint32)
        key = ops.bitwise_xor(seed, words)
        return ops.random.uniform(key, step, stream, shape, dtype=dtype)

    return draw


def integers(shape: tuple[int, ...], low: int, high: int) -> Tensor:
    """Whole numbers on [low, high), int32, new at each step."""
    return ops.random.integers(*_stream(), shape, low, high)
