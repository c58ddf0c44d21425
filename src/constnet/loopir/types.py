"""The loop language: static loops over flat buffers. The only thing a printer sees.

    Program   = name, buffers, kernels, calls in order, arena bytes
    Buffer    = name, dtype, extent, space (input output state arena constant), offset or data
    Kernel    = name, params (pointers), body, tag, parallel, origin
    Call      = kernel, a piece of a buffer for each param, barrier before it
    Repeat    = name, count, calls and repeats inside, workers, barrier before it
    Slice     = buffer, first element, elements it moves in each iteration of repeats around
    Function  = name, params (scalars), lets, result          straight line: also runs on arrays

    Statement = Let name = e          an immutable local
              | Declare name = e      a mutable local (an accumulator) and its first value
              | Assign name = e
              | Store param[e] = e    as many elements as e has lanes
              | For var in range(start, stop, step) mode: body
              | Comment text
    Expr      = Const | Local | Load param[e] (lanes) | Splat e (lanes)
              | Interleave e e half    (vectors)
              | Unary op e | Binary op e e | Select c a b | MulAdd a b c | Cast | Bitcast
              | Call function(e, ...)

Every expression has a dtype and a number of lanes; both operands of a Binary have the same.
Comparisons give `bool_`. Integer arithmetic on unsigned dtypes wraps. `index` arithmetic is int32.
`MulAdd(a, b, c)` is a * b + c: one rounding in `fma` mode, two in `exact` mode; nothing else in the
language depends on the mode. No allocation, no recursion, no pointer to a pointer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from constnet import dtypes
from constnet.dtypes import DType  # noqa: TC001  (dataclass field, read at run time)

if TYPE_CHECKING:
    import numpy as np

UnaryOp = Literal["neg", "abs", "sqrt", "floor", "not"]
BinaryOp = Literal[
    "add", "sub", "mul", "div", "rem",
    "min", "max",
    "and", "or", "xor", "shl", "shr",
    "eq", "ne", "lt", "le", "gt", "ge",
]  # fmt: skip
COMPARISONS = frozenset({"eq", "ne", "lt", "le", "gt", "ge"})


@dataclass(frozen=True, slots=True)
class Expr:
    """Base of expressions. Arithmetic on expressions builds `Binary` nodes.

    Python numbers on either side become constants of the other side's dtype. `//` and `%` are for
    integers, `/` for floats. `<` and friends build comparisons; equality of expressions as objects
    stays `==`, so a comparison for equality is `a.eq(b)`.
    """

    @property
    def dtype(self) -> DType:
        """Element type of the value."""
        raise TypeError(type(self).__name__)

    @property
    def lanes(self) -> int:
        """Number of vector lanes; 1 for a scalar."""
        raise TypeError(type(self).__name__)

    def _with(self, op: BinaryOp, other: Expr | float, *, swap: bool = False) -> Expr:
        rhs = other if isinstance(other, Expr) else constant(other, self.dtype, self.lanes)
        return Binary(op, rhs, self) if swap else Binary(op, self, rhs)

    def __add__(self, other: Expr | float) -> Expr:
        return self._with("add", other)

    def __radd__(self, other: float) -> Expr:
        return self._with("add", other, swap=True)

    def __sub__(self, other: Expr | float) -> Expr:
        return self._with("sub", other)

    def __rsub__(self, other: float) -> Expr:
        return self._with("sub", other, swap=True)

    def __mul__(self, other: Expr | float) -> Expr:
        return self._with("mul", other)

    def __rmul__(self, other: float) -> Expr:
        return self._with("mul", other, swap=True)

    def __truediv__(self, other: Expr | float) -> Expr:
        return self._with("div", other)

    def __rtruediv__(self, other: float) -> Expr:
        return self._with("div", other, swap=True)

    def __floordiv__(self, other: Expr | int) -> Expr:
        return self._with("div", other)

    def __mod__(self, other: Expr | int) -> Expr:
        return self._with("rem", other)

    def __and__(self, other: Expr | int) -> Expr:
        return self._with("and", other)

    def __or__(self, other: Expr | int) -> Expr:
        return self._with("or", other)

    def __xor__(self, other: Expr | int) -> Expr:
        return self._with("xor", other)

    def __lshift__(self, other: Expr | int) -> Expr:
        return self._with("shl", other)

    def __rshift__(self, other: Expr | int) -> Expr:
        return self._with("shr", other)

    def __neg__(self) -> Expr:
        return Unary("neg", self)

    def __lt__(self, other: Expr | float) -> Expr:
        return self._with("lt", other)

    def __le__(self, other: Expr | float) -> Expr:
        return self._with("le", other)

    def __gt__(self, other: Expr | float) -> Expr:
        return self._with("gt", other)

    def __ge__(self, other: Expr | float) -> Expr:
        return self._with("ge", other)

    def eq(self, other: Expr | float) -> Expr:
        """Whether both are equal, lane by lane."""
        return self._with("eq", other)

    def ne(self, other: Expr | float) -> Expr:
        """Whether both differ, lane by lane (true for NaN against itself)."""
        return self._with("ne", other)


@dataclass(frozen=True, slots=True)
class Const(Expr):
    """A literal. Floats are the exact value of `type_`; infinities and NaN are allowed.

    Equal literals have equal bits: 0.0 is not -0.0, and NaN is NaN. Kernels are compared by this.
    """

    value: float
    type_: DType
    width: int = 1

    @property
    def _key(self) -> tuple[str, DType, int]:
        return (repr(self.value), self.type_, self.width)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Const) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def dtype(self) -> DType:
        return self.type_

    @property
    def lanes(self) -> int:
        return self.width


@dataclass(frozen=True, slots=True)
class Local(Expr):
    """A loop variable, a scalar parameter, or a name bound by Let or Declare."""

    name: str
    type_: DType
    width: int = 1

    @property
    def dtype(self) -> DType:
        return self.type_

    @property
    def lanes(self) -> int:
        return self.width


@dataclass(frozen=True, slots=True)
class Load(Expr):
    """`lanes` consecutive elements of a kernel's parameter from element `index` on."""

    param: str
    index: Expr
    type_: DType
    width: int = 1

    @property
    def dtype(self) -> DType:
        return self.type_

    @property
    def lanes(self) -> int:
        return self.width


@dataclass(frozen=True, slots=True)
class Splat(Expr):
    """One scalar in every lane."""

    operand: Expr
    width: int

    @property
    def dtype(self) -> DType:
        return self.operand.dtype

    @property
    def lanes(self) -> int:
        return self.width


@dataclass(frozen=True, slots=True)
class Interleave(Expr):
    """Lanes of two vectors in turn: l0 r0 l1 r1 ... from their low or their high halves.

    log2(n) rounds of these over n vectors of n lanes transpose a square block.
    """

    lhs: Expr
    rhs: Expr
    half: Literal["low", "high"]

    @property
    def dtype(self) -> DType:
        return self.lhs.dtype

    @property
    def lanes(self) -> int:
        return self.lhs.lanes


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    """`op` applied to each lane. `sqrt` and `floor` are correctly rounded, for floats only."""

    op: UnaryOp
    operand: Expr

    @property
    def dtype(self) -> DType:
        return self.operand.dtype

    @property
    def lanes(self) -> int:
        return self.operand.lanes


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """`op` applied lane by lane.

    `min(a, b)` is `a < b ? a : b` and `max(a, b)` is `a > b ? a : b`: b where either is NaN.
    `div` and `rem` of integers truncate, as in C; `shr` of a signed integer keeps the sign.
    """

    op: BinaryOp
    lhs: Expr
    rhs: Expr

    @property
    def dtype(self) -> DType:
        return dtypes.bool_ if self.op in COMPARISONS else self.lhs.dtype

    @property
    def lanes(self) -> int:
        return self.lhs.lanes


@dataclass(frozen=True, slots=True)
class Select(Expr):
    """`if_true` where `condition` holds, else `if_false`. Both sides may be evaluated."""

    condition: Expr
    if_true: Expr
    if_false: Expr

    @property
    def dtype(self) -> DType:
        return self.if_true.dtype

    @property
    def lanes(self) -> int:
        return self.if_true.lanes


@dataclass(frozen=True, slots=True)
class MulAdd(Expr):
    """a * b + c: rounded once in `fma` mode, twice in `exact` mode."""

    a: Expr
    b: Expr
    c: Expr

    @property
    def dtype(self) -> DType:
        return self.a.dtype

    @property
    def lanes(self) -> int:
        return self.a.lanes


@dataclass(frozen=True, slots=True)
class Cast(Expr):
    """Conversion by value. Float to integer truncates towards zero; out of range is undefined."""

    operand: Expr
    type_: DType

    @property
    def dtype(self) -> DType:
        return self.type_

    @property
    def lanes(self) -> int:
        return self.operand.lanes


@dataclass(frozen=True, slots=True)
class Bitcast(Expr):
    """The same bits as another dtype of the same size (float32 with int32 or uint32, ...)."""

    operand: Expr
    type_: DType

    @property
    def dtype(self) -> DType:
        return self.type_

    @property
    def lanes(self) -> int:
        return self.operand.lanes


@dataclass(frozen=True, slots=True)
class Apply(Expr):
    """A `Function` applied to scalars. Identity of the function is its name."""

    function: Function
    args: tuple[Expr, ...]

    @property
    def dtype(self) -> DType:
        return self.function.result.dtype

    @property
    def lanes(self) -> int:
        return self.args[0].lanes


class Stmt:
    """Base of statements."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Let(Stmt):
    """Bind `name` to a value once."""

    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Declare(Stmt):
    """Make a mutable local with its first value."""

    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Assign(Stmt):
    """Give a declared local a new value."""

    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Store(Stmt):
    """Write `value` (all its lanes) into `param` from element `index` on."""

    param: str
    index: Expr
    value: Expr


LoopMode = Literal["serial", "unroll", "vectorize", "parallel"]


@dataclass(frozen=True, slots=True)
class For(Stmt):
    """`for var in range(start, stop, step)`.

    `vectorize` promises that iterations are independent; `unroll` asks for no loop at all;
    `parallel` splits the iterations into one contiguous share per thread.
    """

    var: str
    start: Expr
    stop: Expr
    step: int
    body: tuple[Stmt, ...]
    mode: LoopMode = "serial"


@dataclass(frozen=True, slots=True)
class Comment(Stmt):
    """A line for the reader of the printed source."""

    text: str


@dataclass(frozen=True, slots=True)
class Function:
    """A scalar function without loops or memory: lets in order, then the result.

    Straight line on purpose: the same definition vectorises in C, is a `const fn` in Rust and runs
    on NumPy arrays (`loopir.evaluate`).
    """

    name: str
    params: tuple[Local, ...]
    lets: tuple[Let, ...]
    result: Expr
    doc: str = ""


Access = Literal["read", "write", "update"]
Tag = Literal["pointwise", "reduction", "contraction", "window", "scatter", "scan"]
Space = Literal["input", "output", "state", "arena", "constant"]


@dataclass(frozen=True, slots=True)
class Param:
    """A pointer that a kernel receives: element type, extent in elements, what it does there."""

    name: str
    dtype: DType
    extent: int
    access: Access


@dataclass(frozen=True, slots=True)
class Kernel:
    """One generated function over memory.

    `origin` names the layers it came from, for people; `flops` and `bytes` are of one run.
    Params never overlap, except that a param of access `update` is read and written.
    """

    name: str
    params: tuple[Param, ...]
    body: tuple[Stmt, ...]
    tag: Tag
    parallel: bool = False
    origin: tuple[str, ...] = ()
    flops: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Buffer:
    """A piece of memory. `offset` (bytes) is its place in the arena where `space` is `arena`."""

    name: str
    dtype: DType
    extent: int
    space: Space
    offset: int = 0
    data: np.ndarray | None = field(default=None, compare=False)

    @property
    def bytes(self) -> int:
        """Size in bytes."""
        return self.extent * self.dtype.bytes


@dataclass(frozen=True, slots=True)
class Slice:
    """Elements of a buffer from element `start` on: an argument of a call.

    `steps` says by how many elements the piece moves in each iteration of the repeats around the
    call, by their names; down if negative. Inside a repeat that several threads share, each thread
    has its own copy of what moves by `thread_step` from one thread to the next.
    """

    buffer: str
    start: int = 0
    steps: tuple[tuple[str, int], ...] = ()
    thread_step: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """Run a kernel on pieces of buffers; with `barrier`, after every thread got here."""

    kernel: str
    args: tuple[Slice, ...]
    barrier: bool = False


@dataclass(frozen=True, slots=True)
class Repeat:
    """Run `calls` in order, `count` times over; with `barrier`, after every thread got here.

    With `workers`, the iterations are independent and up to that many threads share them, in one
    contiguous piece each: a kernel inside is run whole by the thread that has the iteration, and
    there are no barriers inside. Threads beyond that number have no iterations.
    """

    name: str
    count: int
    calls: tuple[Call | Repeat, ...]
    workers: int = 0
    barrier: bool = False


@dataclass(frozen=True, slots=True)
class Program:
    """One function of a network: buffers, the kernels it is made of, and the order of calls."""

    name: str
    buffers: tuple[Buffer, ...]
    kernels: tuple[Kernel, ...]
    calls: tuple[Call | Repeat, ...]
    arena_bytes: int
    numerics: Literal["fma", "exact"]


index = dtypes.int32


def constant(value: float, dtype: DType, lanes: int = 1) -> Const:
    """A literal of `dtype`, rounded to it."""
    rounded = dtype.numpy.type(value).item()
    return Const(rounded, dtype, lanes)


def select(condition: Expr, if_true: Expr | float, if_false: Expr | float) -> Expr:
    """`Select` with a Python number allowed on one side."""
    if not isinstance(if_true, Expr):
        if not isinstance(if_false, Expr):
            message = f"select needs an expression on one side, got {if_true} and {if_false}"
            raise TypeError(message)
        if_true = constant(if_true, if_false.dtype, if_false.lanes)
    if not isinstance(if_false, Expr):
        if_false = constant(if_false, if_true.dtype, if_true.lanes)
    return Select(condition, if_true, if_false)


def minimum(lhs: Expr, rhs: Expr | float) -> Expr:
    """`lhs < rhs ? lhs : rhs`."""
    return lhs._with("min", rhs)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def maximum(lhs: Expr, rhs: Expr | float) -> Expr:
    """`lhs > rhs ? lhs : rhs`."""
    return lhs._with("max", rhs)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def mul_add(a: Expr, b: Expr | float, c: Expr | float) -> Expr:
    """`MulAdd` with Python numbers allowed for b and c."""
    b = b if isinstance(b, Expr) else constant(b, a.dtype, a.lanes)
    c = c if isinstance(c, Expr) else constant(c, a.dtype, a.lanes)
    return MulAdd(a, b, c)


def cast(operand: Expr, dtype: DType) -> Expr:
    """`operand` as `dtype`; itself where it already is."""
    return operand if operand.dtype == dtype else Cast(operand, dtype)
