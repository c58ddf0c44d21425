"""How an operation that is not elementwise is computed, without saying how fast.

A nest describes what is added, compared or scattered and *in which order*; `lowering/` turns it
into loops for a target, and may split or vectorise outputs but never reorder a sum.

Index functions receive loop-language expressions and return the index of an input element, one
expression per axis, so that any view of the input (a transpose, a window of an image) is the same
kind of nest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from constnet.loopir.types import Expr

if TYPE_CHECKING:
    from collections.abc import Callable

Index = tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Reduction:
    """output[kept] = combine over `axes` of input 0.

    Order of a sum: if the reduced axes are the last ones (one contiguous run of L elements) and
    L >= 32, sixteen partial sums by position modulo 16, each ascending, then the tree
    ((0+8)+(4+12)) ... that halves the distance: p[i] += p[i + 8], then 4, 2, 1.
    Otherwise ascending in row-major order of the reduced index. Every (partial) sum starts at 0.
    `max` has no order; a NaN among the elements is the result.
    """

    combine: Literal["sum", "max"]
    axes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Contraction:
    """output[b..., i, j] = sum over k, ascending from 0, of lhs[lhs(b, i, k)] * rhs[rhs(b, k, j)].

    One accumulator per output, first value 0, MulAdd for each k. Batch axes come first.
    """

    batch: tuple[int, ...]
    rows: int
    columns: int
    depth: int
    lhs: Callable[[Index, Expr, Expr], Index]
    rhs: Callable[[Index, Expr, Expr], Index]


@dataclass(frozen=True, slots=True)
class ArgMax:
    """output[kept] = position along `axis` of the largest element, the first of equals.

    A NaN counts as larger than every number; the first NaN is the result.
    """

    axis: int


@dataclass(frozen=True, slots=True)
class ScatterAdd:
    """output starts at 0; for each row r, ascending: output[input 1[r]] += input 0[r].

    Input 0 is (rows, ...), input 1 is (rows,) of int32, output is (extent, ...). A row whose index
    is not in [0, extent) is left out.
    """


@dataclass(frozen=True, slots=True)
class RandomBits:
    """output[e] = one 32-bit word of Philox 4x32-10, a function of (seed, step, stream, e) alone.

    Inputs are seed uint32[2] (the key) and step uint32[]. With n elements and B = ceil(n / 4)
    blocks, element e (row-major) is word e // B of the block with counter (e % B, step, stream, 0):
    words are planes, so consecutive elements come from consecutive counters and fill vector lanes.
    """

    stream: int


Nest = Reduction | Contraction | ArgMax | ScatterAdd | RandomBits
