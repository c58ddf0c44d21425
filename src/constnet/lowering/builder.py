"""A program while it is put together: kernels once each, calls in order, what memory they touch.

The body of a scan is put together in a builder of its own, whose kernels have the names of the
program's; `lowering/scan.py` then takes its calls and its arena over as one block of memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from constnet.ir.graph import Value
from constnet.loopir import walk
from constnet.loopir.types import Buffer, Call, For, Kernel, Load, Program, Repeat, Slice, Store
from constnet.lowering.barriers import place_barriers
from constnet.lowering.cost import count_bytes, count_flops
from constnet.lowering.memory_plan import Life, plan_memory
from constnet.lowering.pointwise import copy_kernel
from constnet.lowering.schedule import kernels_of
from constnet.lowering.scope import Scope, Scratch, stored_dtype
from constnet.lowering.storage import Place, Storage
from constnet.ops.tensor import Constant

if TYPE_CHECKING:
    from constnet.dtypes import DType
    from constnet.loopir.types import Param, Space, Stmt, Tag
    from constnet.lowering.regions import Region
    from constnet.lowering.target import Target

Numerics = Literal["fma", "exact"]


@dataclass
class Used:
    """Memory that calls touch: what lives there, and the first and the last call to do so."""

    root: Value | Scratch
    dtype: DType
    extent: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Block:
    """Several buffers at fixed places of one piece of the arena: the arena of a body."""

    bytes: int
    buffers: tuple[Buffer, ...]
    first: int
    last: int


@dataclass
class Kernels:
    """The kernels of a program and of all bodies in it, by what they do."""

    names: dict[Kernel, str] = field(default_factory=dict["Kernel", "str"])
    named: dict[str, Kernel] = field(default_factory=dict["str", "Kernel"])

    def add(self, kernel: Kernel, op: str, layers: tuple[str, ...]) -> str:
        """The name of a kernel, which may be there already."""
        if kernel not in self.names:
            name = self.names[kernel] = f"{op}_{len(self.names)}"
            self.named[name] = replace(kernel, name=name, origin=layers)
        return self.names[kernel]


@dataclass
class ProgramBuilder:
    """Collects kernels and calls, and the lifetimes of what they touch."""

    storage: Storage
    target: Target
    kernels: Kernels = field(default_factory=Kernels)
    repeats: str = "r"
    """What the names of repeats begin with; those inside go on from the name of the outer."""
    calls: list[Call | Repeat] = field(default_factory=list["Call | Repeat"])
    used: dict[str, Used] = field(default_factory=dict["str", "Used"])
    blocks: dict[str, Block] = field(default_factory=dict["str", "Block"])
    constants: list[Buffer] = field(default_factory=list["Buffer"])
    """Constants of bodies."""
    _names: dict[int, str] = field(default_factory=dict["int", "str"])
    _count: int = 0

    def new_repeat(self) -> str:
        """A name for the next repeat."""
        self._count += 1
        return f"{self.repeats}{self._count - 1}"

    def add_region(self, region: Region) -> None:
        """Schedule a region and append its calls."""
        tag, scopes = kernels_of(self.storage, region, self.target)
        for scope in scopes:
            self.add(scope, tag, layers_of(region), region.nodes[-1].op)

    def add_copies(self) -> None:
        """Move outputs that live elsewhere into place, through a spare where copies cross."""
        storage = self.storage
        targets = {target for _, target in storage.copies}
        moves: list[tuple[Value, Value]] = []
        for value, target in storage.copies:
            place = storage.place(value)
            if place is not None and place.root in targets and place.root is not target:
                moves.append((self.add_spare(value, f"{target.name}.spare"), target))
            else:
                moves.append((value, target))
        for value, target in moves:
            self.add(copy_kernel(storage, value, target), "pointwise", (), "copy")

    def add_spare(self, value: Value, name: str) -> Value:
        """Copy a value into memory of its own; returns what lives there."""
        spare = Value(name, value.type)
        self.storage.places[spare] = Place(spare)
        self.add(copy_kernel(self.storage, value, spare), "pointwise", (), "copy")
        return spare

    def add(self, scope: Scope, tag: Tag, layers: tuple[str, ...], op: str) -> None:
        """Append a call of the kernel in `scope`, which may be one that is there already."""
        body = tuple(scope.body)
        params = _exact(tuple(pointer.param() for pointer in scope.pointers.values()), body)
        kernel = Kernel(
            "", params, body, tag, _is_parallel(body), (), count_flops(body), count_bytes(params)
        )
        name = self.kernels.add(kernel, op, layers)
        args: list[Slice] = []
        for pointer, param in zip(scope.pointers.values(), params, strict=True):
            extent = pointer.start + param.extent
            args.append(Slice(self.touch(pointer.root, param.dtype, extent), pointer.start))
        self.calls.append(Call(name, tuple(args)))

    def touch(self, root: Value | Scratch, dtype: DType, extent: int = 0) -> str:
        """Note that the next call uses `root`; returns the name of its buffer."""
        key = id(root) if isinstance(root, Value) else hash(root)
        if key not in self._names:
            known = isinstance(root, Value) and root in self._outside()
            inner = f"t.{root.name}".replace(" ", ".")  # a name is one word of the text form
            self._names[key] = root.name if known else inner
        name, now = self._names[key], len(self.calls)
        size = root.type.size if isinstance(root, Value) else extent
        entry = self.used.setdefault(name, Used(root, dtype, size, now, now))
        entry.extent, entry.last = max(entry.extent, size), now
        return name

    def _outside(self) -> set[Value]:
        return {*self.storage.graph.inputs, *self.storage.results}

    def outer_names(self) -> set[str]:
        """Buffers that the caller, or the scan around, has memory for."""
        return {value.name for value in self._outside()}

    def inner_buffer(self, name: str) -> Buffer:
        """One buffer of the arena, before it has a place there."""
        if name in self.blocks:
            return self.blocks[name].buffers[0]
        used = self.used[name]
        return Buffer(name, used.dtype, used.extent, "arena")

    def inner_buffers(self, apart: set[str]) -> tuple[list[Buffer], int]:
        """Constants and what is in the arena, and the bytes of that; without those `apart`."""
        inside = {n: u for n, u in self.used.items() if n not in self.outer_names() | apart}
        constants = {n: array for n, u in inside.items() if (array := self._constant(u.root))}
        buffers = [*self.constants]
        for name, found in constants.items():
            data = found.array.reshape(-1)
            buffers.append(Buffer(name, inside[name].dtype, data.size, "constant", 0, data))
        lives = [
            Life(name, each.extent * each.dtype.bytes, each.first, each.last)
            for name, each in inside.items()
            if name not in constants
        ]
        blocks = {n: block for n, block in self.blocks.items() if n not in apart}
        lives += [Life(n, block.bytes, block.first, block.last) for n, block in blocks.items()]
        offsets, total = plan_memory(lives)
        for name, each in inside.items():
            if name not in constants:
                buffers.append(Buffer(name, each.dtype, each.extent, "arena", offsets[name]))
        for name, block in blocks.items():
            buffers += [replace(b, offset=b.offset + offsets[name]) for b in block.buffers]
        return buffers, total

    def program(self, name: str, numerics: Numerics) -> Program:
        """The finished program."""
        outside = [*self.storage.graph.inputs]
        outside += [value for value in self.storage.results if value not in outside]
        written = {self.storage.graph.inputs[d] for d in self.storage.donations.values()}
        inner, total = self.inner_buffers(set())
        buffers = [*(self._outer_buffer(value, written) for value in outside), *inner]
        table = {buffer.name: buffer for buffer in buffers}
        calls = place_barriers(self.calls, self.kernels.named, table)
        kernels = tuple(self.kernels.named.values())
        return Program(name, tuple(buffers), kernels, tuple(calls), total, numerics)

    def _outer_buffer(self, value: Value, written: set[Value]) -> Buffer:
        is_input = value in self.storage.graph.inputs
        space: Space = "output" if not is_input else "state" if value in written else "input"
        return Buffer(value.name, stored_dtype(value.type.dtype), value.type.size, space)

    def _constant(self, root: Value | Scratch) -> Constant | None:
        node = self.storage.producers.get(root) if isinstance(root, Value) else None
        attrs = node.attrs if node is not None else None
        return attrs if isinstance(attrs, Constant) else None


def layers_of(region: Region) -> tuple[str, ...]:
    """The layers that a region's nodes came from, each once."""
    return tuple(dict.fromkeys(n.location.layer for n in region.nodes if n.location.layer))


def _exact(params: tuple[Param, ...], body: tuple[Stmt, ...]) -> tuple[Param, ...]:
    """Params with what the kernel does to them, which may be less than what was asked for."""
    loaded = {expr.param for expr in walk.expressions(body) if isinstance(expr, Load)}
    stored = {stmt.param for stmt in walk.statements(body) if isinstance(stmt, Store)}
    return tuple(
        replace(param, access="read")
        if param.name not in stored
        else replace(param, access="update" if param.name in loaded else "write")
        for param in params
    )


def _is_parallel(body: tuple[Stmt, ...]) -> bool:
    return any(
        isinstance(each, For) and (each.mode == "parallel" or _is_parallel(each.body))
        for each in body
    )
