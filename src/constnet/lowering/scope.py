"""Building one kernel: parameters as they are met, values computed where they are read.

`Scope.read(value, position)` gives the expression of one element. A value in memory becomes a load;
any other is computed on the spot from its node, each shared piece bound once by a `Let`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from constnet import dtypes
from constnet.loopir.types import (
    Const,
    Expr,
    For,
    Let,
    Load,
    Local,
    LoopMode,
    Param,
    Stmt,
    Store,
    cast,
    constant,
    index,
)
from constnet.lowering.affine import Affine, Extents, linear
from constnet.lowering.folding import folded
from constnet.ops import op as records
from constnet.ops.tensor import Constant

if TYPE_CHECKING:
    from constnet.dtypes import DType
    from constnet.ir.graph import Node, Value
    from constnet.loopir.types import Access
    from constnet.lowering.storage import Place, Storage

Position = tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Scratch:
    """Stands for memory that only one kernel uses, in place of a value."""

    name: str


@dataclass
class Pointer:
    """One parameter being collected: which memory it points to and what is done there."""

    name: str
    root: Value | Scratch
    start: int
    dtype: DType
    extent: int
    is_read: bool = False
    is_written: bool = False

    def param(self) -> Param:
        access: Access = "update" if self.is_read and self.is_written else "read"
        if self.is_written and not self.is_read:
            access = "write"
        return Param(self.name, self.dtype, self.extent, access)


@dataclass
class Scope:
    """Statements and parameters of a kernel under construction.

    `local` are values computed in this kernel: they are never loaded, even if they are also stored.
    `written` are the roots this kernel writes: all accesses to one go through one pointer.
    """

    storage: Storage
    local: set[Value] = field(default_factory=set["Value"])
    written: set[Value] = field(default_factory=set["Value"])
    lanes: int = 1
    """Elements a pointwise loop computes at once; 1 leaves that to the compiler."""
    given: dict[Value, Expr] = field(default_factory=dict["Value", "Expr"])
    """Values that are at hand in a local at the position being computed."""
    extents: Extents = field(default_factory=dict[str, int])
    pointers: dict[tuple[Value | Scratch, int], Pointer] = field(
        default_factory=dict["tuple[Value | Scratch, int]", "Pointer"]
    )
    body: list[Stmt] = field(default_factory=list["Stmt"])
    _memo: dict[tuple[Value, Position], Expr] = field(
        default_factory=dict["tuple[Value, Position]", "Expr"]
    )
    _temporaries: int = 0

    def loop_variable(self, extent: int) -> Local:
        """A fresh loop variable that runs from 0 to `extent`."""
        name = f"i{len(self.extents)}"
        self.extents[name] = extent
        return Local(name, index)

    def nested(self, statements: list[Stmt] | None = None) -> list[Stmt]:
        """Start collecting statements elsewhere (a loop body); returns what was open before."""
        outer = self.body
        self.body = [] if statements is None else statements
        self._memo = {}
        return outer

    def resume(self, statements: list[Stmt]) -> None:
        """Go on collecting into `statements`; what a loop bound inside is no longer in reach."""
        self.body = statements
        self._memo = {}

    def dtype_of(self, value: Value) -> DType:
        """How elements of `value` lie in memory."""
        return stored_dtype(value.type.dtype)

    def as_stored(self, result: Expr, value: Value) -> Expr:
        """`result` as an element of the memory of `value`."""
        return cast(result, stored_dtype(value.type.dtype))

    def loop(self, var: Local, stop: int, body: list[Stmt], mode: LoopMode = "serial") -> For:
        """A loop from 0 over `body`."""
        zero, end = constant(0, index), constant(stop, index)
        return For(var.name, zero, end, 1, tuple(body), mode)

    def pointer(self, root: Value | Scratch, start: int, dtype: DType, extent: int) -> Pointer:
        """The parameter for that memory; a new one when it is met first."""
        key = (root, start)
        if key not in self.pointers:
            name = f"p{len(self.pointers)}"
            self.pointers[key] = Pointer(name, root, start, dtype, extent)
        return self.pointers[key]

    def scratch(self, name: str, dtype: DType, extent: int) -> Pointer:
        """Memory of this kernel alone."""
        pointer = self.pointer(Scratch(name), 0, dtype, extent)
        pointer.is_read = pointer.is_written = True
        return pointer

    def bind(self, value: Expr, *, name: str | None = None) -> Expr:
        """Name a value so that it is computed once."""
        if isinstance(value, (Local, Const)):
            return value
        if name is None:
            name = f"t{self._temporaries}"
            self._temporaries += 1
        self.body.append(Let(name, value))
        return Local(name, value.dtype, value.lanes)

    def element(self, place: Place, value: Value, position: Position) -> tuple[Pointer, Affine]:
        """Pointer and element number of one element of a value in memory."""
        at = linear(position, value.type.shape, self.extents)
        root = place.root
        if root in self.written:
            pointer = self.pointer(root, 0, stored_dtype(value.type.dtype), root.type.size)
            return pointer, at.plus(Affine(place.start))
        dtype = stored_dtype(value.type.dtype)
        return self.pointer(root, place.start, dtype, value.type.size), at

    def read(self, value: Value, position: Position) -> Expr:
        """The expression of the element of `value` at `position`."""
        key = (value, position)
        if key not in self._memo:
            self._memo[key] = self._read(value, position)
        return self._memo[key]

    def _read(self, value: Value, position: Position) -> Expr:
        if value in self.given:
            return self.given[value]
        node = self.storage.producers.get(value)
        if node is not None and isinstance(node.attrs, Constant):
            literal = _literal(node.attrs)
            if literal is not None:
                return literal
        place = self.storage.place(value)
        if place is not None and value not in self.local:
            pointer, at = self.element(place, value, position)
            pointer.is_read = True
            loaded: Expr = Load(pointer.name, at.expr(), stored_dtype(value.type.dtype))
            if value.type.dtype == dtypes.bool_:
                loaded = loaded.ne(0)
            return self.bind(loaded)
        if node is None:
            message = f"{value} has neither memory nor a producer"
            raise AssertionError(message)
        return self._compute(node, position)

    def _compute(self, node: Node, position: Position) -> Expr:
        record = records.get(node.op)
        if record.scalar is not None:
            args = [self.read(given, position) for given in node.inputs]
            return self.bind(record.scalar(node.attrs, *args))
        if record.element is None:
            message = f"{node.op} cannot be computed in place"
            raise AssertionError(message)

        def read(number: int, at: Position) -> Expr:
            return self.read(node.inputs[number], self._simple(at))

        types = tuple(given.type for given in node.inputs)
        result = record.element(node.attrs, types, position, read)
        return self.bind(folded(result, self.extents))

    def _simple(self, position: Position) -> Position:
        from constnet.lowering.affine import affine

        return tuple(affine(part, self.extents).expr() for part in position)

    def store(self, value: Value, position: Position, result: Expr) -> None:
        """Write one element of a value that has memory."""
        place = self.storage.place(value)
        assert place is not None
        pointer, at = self.element(place, value, position)
        pointer.is_written = True
        stored = cast(result, stored_dtype(value.type.dtype))
        self.body.append(Store(pointer.name, at.expr(), stored))


def stored_dtype(dtype: DType) -> DType:
    """How elements lie in memory: truth values take a byte."""
    return dtypes.uint8 if dtype == dtypes.bool_ else dtype


def _literal(attrs: Constant) -> Const | None:
    """The value of a constant whose elements are all equal bit for bit, else None."""
    array = attrs.array
    size = array.dtype.itemsize
    if attrs.data != attrs.data[:size] * array.size or array.size == 0:
        return None
    return Const(array.reshape(-1)[0].item(), dtypes.as_dtype(array.dtype))
