"""Random numbers as a function of (seed, step, stream, position): Philox 4x32-10 and what follows.

Nothing keeps a state, so a resumed run draws what the uninterrupted one would have drawn. Two draws
in one step must have different stream numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from constnet import dtypes
from constnet.dtypes import DType, as_dtype
from constnet.errors import ShapeError, UsageError
from constnet.ir.graph import Attrs
from constnet.ir.types import TensorType
from constnet.ops import nest
from constnet.ops.attributes import ToDType
from constnet.ops.eager import eager
from constnet.ops.op import NoGradient, Op, Reject, Sample, register
from constnet.ops.tensor import Tensor, TensorLike, apply, as_tensor, find_trace
from constnet.ops.transcendental import cos, log
from constnet.ops.typing_rules import Types, listed, need_count
from constnet.philox import philox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike

    Shape = int | Sequence[int]

_KEY = TensorType((2,), dtypes.uint32)
_STEP = TensorType((), dtypes.uint32)
_WORD = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class RandomBits(Attrs):
    """Shape of the output, and the number that keeps this draw apart from others in the step."""

    shape: tuple[int, ...]
    stream: int


def _infer(attrs: RandomBits, types: Types) -> Types:
    need_count("random_bits", types, 2)
    if types != (_KEY, _STEP):
        message = (
            f"[random_bits] takes a seed {_KEY} and a step {_STEP}, got {listed(types)}. Cast."
        )
        raise ShapeError(message)
    return (TensorType(attrs.shape, dtypes.uint32),)


def _reference(attrs: RandomBits, seed: np.ndarray, step: np.ndarray) -> np.ndarray:
    size = math.prod(attrs.shape)
    blocks = -(-size // 4)
    counter = np.zeros((blocks, 4), np.uint32)
    counter[:, 0] = np.arange(blocks, dtype=np.uint32)
    counter[:, 1] = step
    counter[:, 2] = attrs.stream
    planes = philox(counter, seed).T
    return planes.reshape(-1)[:size].reshape(attrs.shape)


def _sample(stream: int, *shape: int) -> Sample[RandomBits]:
    inputs = np.array([12345, 0xDEADBEEF], "uint32"), np.array(77, "uint32")
    return Sample(RandomBits(shape, stream), inputs, differentiable=False)


register(
    Op(
        "random_bits",
        RandomBits,
        _infer,
        _reference,
        NoGradient("a draw does not depend on anything that is trained"),
        (_sample(0, 8), _sample(17, 3, 5), _sample(3)),
        (
            Reject(RandomBits((4,), 0), (_KEY,), r"\[random_bits\] takes 2 inputs, got 1"),
            Reject(RandomBits((4,), 0), (_STEP, _STEP), r"takes a seed uint32\[2\]"),
        ),
        nest=lambda attrs, _types: nest.RandomBits(attrs.stream),
    )
)


def _shape_of(shape: Shape) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)


@eager
def bits(seed: TensorLike, step: TensorLike, stream: int, shape: Shape) -> Tensor:
    """Uniform uint32 words.

    Args:
        seed: uint32[2], the key of the generator.
        step: uint32[], the training step.
        stream: a number of this draw within the step.
        shape: shape of the result.
    """
    trace = find_trace(seed, step)
    attrs = RandomBits(_shape_of(shape), stream)
    return apply("random_bits", attrs, as_tensor(seed, trace), as_tensor(step, trace))


def _unit(words: Tensor, dtype: DType) -> Tensor:
    """Words as floats in [0, 1): 24 bits for float32; 53 bits, from two rows, for float64."""
    if dtype == dtypes.float32:
        return (words >> 8).astype(dtype) * 2.0**-24
    high = (words[0] >> 5).astype(dtype)
    low = (words[1] >> 6).astype(dtype)
    return (high * 2.0**26 + low) * 2.0**-53


def _float(op: str, dtype: DType | DTypeLike) -> DType:
    found = as_dtype(dtype)
    if not found.is_float:
        message = f"[{op}] draws float32 or float64, not {found}. Use `integers`, or cast."
        raise UsageError(message)
    return found


@eager
def uniform(
    seed: TensorLike,
    step: TensorLike,
    stream: int,
    shape: Shape,
    low: float = 0.0,
    high: float = 1.0,
    dtype: DType | DTypeLike = "float32",
) -> Tensor:
    """Numbers uniform in [low, high): 24 random bits each for float32, 53 for float64."""
    wanted, extents = _float("uniform", dtype), _shape_of(shape)
    drawn = extents if wanted == dtypes.float32 else (2, *extents)
    unit = _unit(bits(seed, step, stream, drawn), wanted)
    scaled = unit if high - low == 1 else unit * (high - low)
    return scaled if low == 0 else scaled + low


@eager
def normal(
    seed: TensorLike,
    step: TensorLike,
    stream: int,
    shape: Shape,
    mean: float = 0.0,
    std: float = 1.0,
    dtype: DType | DTypeLike = "float32",
) -> Tensor:
    """Normally distributed numbers.

    **Formula:** sqrt(-2 log(1 - u1)) cos(2 pi u2), with u1 and u2 uniform in [0, 1).

    **Source:** Box and Muller, "A note on the generation of random normal deviates", 1958.
    """
    wanted, extents = _float("normal", dtype), _shape_of(shape)
    rows = 1 if wanted == dtypes.float32 else 2
    words = bits(seed, step, stream, (2 * rows, *extents))
    first, second = words[:rows], words[rows:]
    if rows == 1:
        first, second = first[0], second[0]
    radius = (log(1.0 - _unit(first, wanted)) * -2.0) ** 0.5
    drawn = radius * cos(_unit(second, wanted) * (2.0 * math.pi))
    scaled = drawn if std == 1 else drawn * std
    return scaled if mean == 0 else scaled + mean


@eager
def bernoulli(
    seed: TensorLike, step: TensorLike, stream: int, shape: Shape, probability: float
) -> Tensor:
    """Bools that hold with `probability`, to a resolution of 2^-24."""
    if not 0.0 <= probability <= 1.0:
        message = f"[bernoulli] a probability is between 0 and 1, got {probability}. Divide it."
        raise UsageError(message)
    return uniform(seed, step, stream, shape) < probability


@eager
def integers(
    seed: TensorLike, step: TensorLike, stream: int, shape: Shape, low: int, high: int
) -> Tensor:
    """int32 numbers in [low, high), by remainder: the bias is below (high - low) / 2^32."""
    if not -(2**31) <= low < high <= 2**31:
        message = f"[integers] needs -2^31 <= low < high <= 2^31, got {low} and {high}. Widen it."
        raise UsageError(message)
    words = bits(seed, step, stream, shape)
    span = high - low
    drawn = words % span if span <= _WORD else words
    return apply("bitcast", ToDType(dtypes.int32), drawn + low % 2**32)
