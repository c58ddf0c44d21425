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

    from constnet.ops.op import Read

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
class SumOfProducts:
    """output[result(o)] = sum over k, ascending row-major, of lhs[lhs(o, k)] * rhs[rhs(o, k)].

    A contraction over several axes: a convolution, its gradients, a product of each group.
    `outer` are the extents of o, `depth` those of k; every output has exactly one o. One
    accumulator per output, first value 0, MulAdd for each k.
    """

    outer: tuple[int, ...]
    depth: tuple[int, ...]
    result: Callable[[Index], Index]
    lhs: Callable[[Index, Index], Index]
    rhs: Callable[[Index, Index], Index]


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


@dataclass(frozen=True, slots=True)
class Sweep:
    """How windows lie along one axis: number c covers elements c * stride - low + w, 0 <= w < size.

    The axis has `extent` elements and `count` windows. A window may reach past either end, but
    covers at least one element.
    """

    size: int
    stride: int
    low: int
    extent: int
    count: int


Combine = Literal["sum", "max", "first"]


@dataclass(frozen=True, slots=True)
class Window:
    """output[o] = combine over the pairs (window, element it covers) that o takes part in.

    Axes 1, 2, ... of the output and of what is read are swept by windows, one `Sweep` each; first
    comes the batch, last the channels. The output has a window at each position and combines the
    elements it covers; or, if it is `transposed`, an element, and combines the windows that cover
    it. Positions w beyond the ends of an axis are no elements and take no part.

    `term(o, source, w, read)` is what one pair contributes: `source` is the index of the element
    (of the window, if transposed), w the position in the window, one expression for each swept
    axis. Terms come in ascending row-major order of the source.

    sum    from 0 on, ascending; a term that is a product is added by MulAdd
    max    the first of the largest terms; the last NaN where there is one
    first  int32 position in the window, row-major, of the term that `max` chooses
    """

    combine: Combine
    sweeps: tuple[Sweep, ...]
    term: Callable[[Index, Index, Index, Read], Expr]
    transposed: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """The body of the operation's attributes, run `length` times (`ops.scan`).

    Steps run one after another, from the last to the first under `reverse`, and each ends before
    the next begins; a scan without carries may run its steps in any order, and side by side.
    """

    length: int
    reverse: bool


Nest = Reduction | Contraction | SumOfProducts | ArgMax | ScatterAdd | RandomBits | Window | Scan
