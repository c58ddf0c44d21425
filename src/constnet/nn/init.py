"""Initializers: initial values as a pure function of (seed, parameter path, shape).

The bits come from Philox 4x32-10 keyed by the seed, with a hash of the path in the counter, so a
weight does not depend on which layers were made before it. Fans follow Keras: a weight of shape
`(..., fan_in, fan_out)` with a receptive field of the leading axes.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from constnet.errors import UsageError
from constnet.nn import argument
from constnet.nn.describable import Describable
from constnet.philox import philox

if TYPE_CHECKING:
    Array = np.ndarray[Any, np.dtype[Any]]

_TRUNCATED_STDDEV = 0.87962566103423978  # of a unit normal cut at two standard deviations
_STREAM = 2  # the counter's last word: no other use of the generator has it


class Bits:
    """A source of random numbers for one parameter."""

    def __init__(self, seed: int, path: str) -> None:
        digest = hashlib.blake2b(path.encode(), digest_size=8).digest()
        self._words = (int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:], "little"))
        self._key = (seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF)
        self._block = 0

    def uniform(self, count: int) -> Array:
        """`count` float64 numbers in [0, 1), 32 random bits each."""
        blocks = -(-count // 4)
        counter = np.empty((blocks, 4), np.uint32)
        counter[:, 0] = np.arange(self._block, self._block + blocks, dtype=np.uint32)
        counter[:, 1:] = (*self._words, _STREAM)
        self._block += blocks
        words = philox(counter, self._key)
        return words.reshape(-1)[:count].astype(np.float64) * 2.0**-32

    def normal(self, count: int) -> Array:
        """`count` standard normal numbers, by Box and Muller (1958)."""
        pairs = -(-count // 2)
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(pairs)))
        angle = 2.0 * math.pi * self.uniform(pairs)
        both = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
        return both[:count]

    def truncated_normal(self, count: int) -> Array:
        """Standard normal numbers within two standard deviations; the rest are drawn again."""
        values = self.normal(count)
        outside = np.flatnonzero(np.abs(values) > 2)
        while outside.size:
            values[outside] = self.normal(outside.size)
            outside = outside[np.abs(values[outside]) > 2]
        return values


class Initializer(Describable):
    """Fills a parameter. A subclass says `draw(shape, bits)` in float64."""

    def array(self, shape: tuple[int, ...], dtype: np.dtype[Any], *, seed: int, path: str) -> Array:
        """Initial values of the parameter at `path` in a network seeded with `seed`."""
        values = self.draw(shape, Bits(seed, path))
        return np.ascontiguousarray(values.reshape(shape), dtype).reshape(shape)

    def draw(self, shape: tuple[int, ...], bits: Bits) -> Array:
        """The values as float64, in any shape with as many elements."""
        raise NotImplementedError


class Constant(Initializer):
    """Every element is `value`."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = argument.number("Constant", "value", value)

    def draw(self, shape: tuple[int, ...], bits: Bits) -> Array:
        """See the class."""
        del bits
        return np.full(shape, self.value)


class Zeros(Constant):
    """Every element is 0."""

    def __init__(self) -> None:
        super().__init__(0.0)


class Ones(Constant):
    """Every element is 1."""

    def __init__(self) -> None:
        super().__init__(1.0)


class RandomUniform(Initializer):
    """Uniform on [low, high)."""

    def __init__(self, low: float = -0.05, high: float = 0.05) -> None:
        self.low = argument.number("RandomUniform", "low", low)
        self.high = argument.number("RandomUniform", "high", high, low=self.low)

    def draw(self, shape: tuple[int, ...], bits: Bits) -> Array:
        """See the class."""
        return self.low + (self.high - self.low) * bits.uniform(math.prod(shape))


class RandomNormal(Initializer):
    """Normal with a mean and a standard deviation."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05) -> None:
        self.mean = argument.number("RandomNormal", "mean", mean)
        self.stddev = argument.number("RandomNormal", "stddev", stddev, low=0.0)

    def draw(self, shape: tuple[int, ...], bits: Bits) -> Array:
        """See the class."""
        return self.mean + self.stddev * bits.normal(math.prod(shape))


class TruncatedNormal(Initializer):
    """Normal, drawn again beyond two standard deviations from the mean."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05) -> None:
        self.mean = argument.number("TruncatedNormal", "mean", mean)
        self.stddev = argument.number("TruncatedNormal", "stddev", stddev, low=0.0)

    def draw(self, shape: tuple[int, ...], bits: Bits) -> Array:
        """See the class."""
        return self.mean + self.stddev * bits.truncated_normal(math.prod(shape))


class VarianceScaling(Initializer):
    """Variance `scale / fan`, the family of Glorot, He and LeCun.

    Args:
        scale: numerator of the variance.
        fan: `in`, `out` or `average` of both.
        distribution: `uniform`, or `normal` cut at two standard deviations (as Keras does) and
            widened so that the variance is as stated.
    """

    def __init__(
        self,
        scale: float = 1.0,
        fan: str = "in",
        distribution: str = "normal",
    ) -> None:
        self.scale = argument.number("VarianceScaling", "scale", scale, low=0.0)
        if fan not in ("in", "out", "average") or distribution not in ("uniform", "normal"):
            message = (
                f"VarianceScaling: fan is {fan!r} and distribution is {distribution!r}; expected "
                "'in', 'out' or 'average', and 'uniform' or 'normal'."
            )
            raise UsageError(message)
        self.fan = fan
        self.distribution = distribution

    def draw(self, shape: tuple[int, ...], bits: Bits) -> Array:
        """See the class."""
        fan_in, fan_out = fans(shape)
        fan = {"in": fan_in, "out": fan_out, "average": (fan_in + fan_out) / 2}[self.fan]
        variance = self.scale / max(fan, 1.0)
        count = math.prod(shape)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return limit * (2.0 * bits.uniform(count) - 1.0)
        return math.sqrt(variance) / _TRUNCATED_STDDEV * bits.truncated_normal(count)


class GlorotUniform(VarianceScaling):
    """Uniform with variance 2 / (fan_in + fan_out), limit sqrt(6 / (fan_in + fan_out)).

    Source:
        Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward
        neural networks, equation 16.
    """

    def __init__(self) -> None:
        super().__init__(1.0, "average", "uniform")


class GlorotNormal(VarianceScaling):
    """Truncated normal with variance 2 / (fan_in + fan_out)."""

    def __init__(self) -> None:
        super().__init__(1.0, "average", "normal")


class HeUniform(VarianceScaling):
    """Uniform with variance 2 / fan_in, for ReLU.

    Source:
        He et al. (2015), Delving deep into rectifiers, section 2.2.
    """

    def __init__(self) -> None:
        super().__init__(2.0, "in", "uniform")


class HeNormal(VarianceScaling):
    """Truncated normal with variance 2 / fan_in, for ReLU."""

    def __init__(self) -> None:
        super().__init__(2.0, "in", "normal")


class LecunUniform(VarianceScaling):
    """Uniform with variance 1 / fan_in."""

    def __init__(self) -> None:
        super().__init__(1.0, "in", "uniform")


class LecunNormal(VarianceScaling):
    """Truncated normal with variance 1 / fan_in, for SELU.

    Source:
        LeCun et al. (1998), Efficient BackProp, section 4.6.
    """

    def __init__(self) -> None:
        super().__init__(1.0, "in", "normal")


class Orthogonal(Initializer):
    """`gain` times a matrix with orthonormal rows or columns, whichever are fewer.

    Source:
        Saxe et al. (2014), Exact solutions to the nonlinear dynamics of learning.
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = argument.number("Orthogonal", "gain", gain)

    def draw(self, shape: tuple[int, ...], bits: Bits) -> Array:
        """See the class."""
        if len(shape) < 2:
            message = f"Orthogonal: the parameter has shape {shape}; expected two axes or more."
            raise UsageError(message)
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = bits.normal(rows * columns).reshape(max(rows, columns), min(rows, columns))
        q, r = np.linalg.qr(tall)
        q = q * np.sign(np.diag(r))
        return self.gain * (q if rows >= columns else q.T)


def fans(shape: tuple[int, ...]) -> tuple[float, float]:
    """How many inputs reach an output and how many outputs an input reaches."""
    if len(shape) < 2:
        extent = float(math.prod(shape))
        return extent, extent
    field = math.prod(shape[:-2])
    return float(field * shape[-2]), float(field * shape[-1])


_BY_NAME: dict[str, type[Initializer]] = {
    "zeros": Zeros,
    "ones": Ones,
    "constant": Constant,
    "uniform": RandomUniform,
    "normal": RandomNormal,
    "truncated_normal": TruncatedNormal,
    "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform,
    "he_normal": HeNormal,
    "lecun_uniform": LecunUniform,
    "lecun_normal": LecunNormal,
    "orthogonal": Orthogonal,
}


def get(given: str | Initializer) -> Initializer:
    """An initializer by name, or `given` itself.

    Raises:
        UsageError: no initializer has that name.

    Example:
        >>> get("he_normal")
        HeNormal()
    """
    if isinstance(given, Initializer):
        return given
    if not isinstance(cast("object", given), str) or given not in _BY_NAME:
        message = f"initializer {given!r} is unknown; there are: {', '.join(_BY_NAME)}."
        raise UsageError(message)
    return _BY_NAME[given]()
