"""Runs a whole loop program on arrays, statement by statement: slow, and the oracle of printers.

A vector is an array of its lanes. In `fma` mode a float32 multiply-add is `softmath.soft_fma_f32`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from constnet import dtypes
from constnet.errors import UnsupportedError, UsageError
from constnet.loopir import types as ir
from constnet.loopir.evaluate import evaluate
from constnet.loopir.softmath.soft_fma import soft_fma_f32

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Array = NDArray[Any]
Memory = dict[str, Array]


def run(program: ir.Program, given: Mapping[str, Array]) -> dict[str, Array]:
    """Every buffer after one run; `given` holds flat arrays of inputs and states, by name.

    Raises:
        UsageError: an input or state is missing, or has the wrong number of elements.
        UnsupportedError: a float64 multiply-add in fma mode, which Python has no exact form of.
    """
    arena = np.zeros(program.arena_bytes, np.uint8)
    memory = {buffer.name: _memory_of(buffer, arena, given) for buffer in program.buffers}
    kernels = {kernel.name: kernel for kernel in program.kernels}
    _Calls(program, kernels, memory).run(program.calls, {})
    return memory


@dataclass(frozen=True)
class _Calls:
    """Runs calls and repeats in order, every one on thread 0."""

    program: ir.Program
    kernels: Mapping[str, ir.Kernel]
    memory: Memory

    def run(self, calls: Iterable[ir.Call | ir.Repeat], iteration: dict[str, int]) -> None:
        """Run `calls`; `iteration` says which one it is of each repeat around."""
        for call in calls:
            if isinstance(call, ir.Repeat):
                for number in range(call.count):
                    self.run(call.calls, {**iteration, call.name: number})
            else:
                self._call(call, iteration)

    def _call(self, call: ir.Call, iteration: dict[str, int]) -> None:
        kernel = self.kernels[call.kernel]
        params: Memory = {}
        for param, piece in zip(kernel.params, call.args, strict=True):
            start = piece.start + sum(iteration[name] * step for name, step in piece.steps)
            params[param.name] = self.memory[piece.buffer][start : start + param.extent]
        _KernelRun(params, self.program.numerics).body(kernel.body)


def _memory_of(buffer: ir.Buffer, arena: Array, given: Mapping[str, Array]) -> Array:
    if buffer.space == "arena":
        return arena[buffer.offset : buffer.offset + buffer.bytes].view(buffer.dtype.numpy)
    if buffer.space == "constant" and buffer.data is not None:
        return np.array(buffer.data, buffer.dtype.numpy).reshape(-1)
    if buffer.space == "output":
        return np.zeros(buffer.extent, buffer.dtype.numpy)
    size = given[buffer.name].size if buffer.name in given else 0
    if size != buffer.extent:
        message = f"[run] {buffer.space} {buffer.name} has {buffer.extent} elements, {size} given"
        raise UsageError(message)
    return np.array(given[buffer.name], buffer.dtype.numpy).reshape(-1)


class _KernelRun:
    """One run of one kernel: the values of locals, and the memory of params."""

    def __init__(self, memory: Memory, numerics: str) -> None:
        self.memory = memory
        self.numerics = numerics
        self.values: dict[str, Array] = {}

    def body(self, body: tuple[ir.Stmt, ...]) -> None:
        """Run statements in order."""
        for stmt in body:
            self._statement(stmt)

    def _statement(self, stmt: ir.Stmt) -> None:
        match stmt:
            case ir.Let(name=name, value=value):
                self.values[name] = self._value(value)
            case ir.Declare(name=name, value=value) | ir.Assign(name=name, value=value):
                self.values[name] = self._value(value)
            case ir.Store(param=param, index=index, value=value):
                start = int(self._value(index))
                self.memory[param][start : start + value.lanes] = self._value(value)
            case ir.For():
                start, stop = int(self._value(stmt.start)), int(self._value(stmt.stop))
                for number in range(start, stop, stmt.step):
                    self.values[stmt.var] = np.asarray(number, np.int32)
                    self.body(stmt.body)
            case _:
                pass

    def _value(self, expr: ir.Expr) -> Array:
        return evaluate(self._plain(expr), self.values, self.memory)

    def _plain(self, expr: ir.Expr) -> ir.Expr:
        """The same expression with loads of one lane and multiply-adds spelled out."""
        match expr:
            case ir.Load(index=index, width=lanes):
                at = self._plain(index)
                if lanes > 1:
                    name = f"lanes {lanes}"
                    self.values[name] = np.arange(lanes, dtype=np.int32)
                    at = ir.Binary("add", at, ir.Local(name, ir.index))
                return replace(expr, index=at, width=1)
            case ir.MulAdd():
                parts = [self._plain(part) for part in (expr.a, expr.b, expr.c)]
                return self._mul_add(*parts)
            case ir.Splat() | ir.Unary() | ir.Cast() | ir.Bitcast():
                return replace(expr, operand=self._plain(expr.operand))
            case ir.Interleave():
                return replace(expr, lhs=self._plain(expr.lhs), rhs=self._plain(expr.rhs))
            case ir.Binary():
                return ir.Binary(expr.op, self._plain(expr.lhs), self._plain(expr.rhs))
            case ir.Select():
                sides = (expr.condition, expr.if_true, expr.if_false)
                return ir.Select(*(self._plain(side) for side in sides))
            case ir.Apply():
                function = self._function(expr.function)
                return ir.Apply(function, tuple(self._plain(arg) for arg in expr.args))
            case _:
                return expr

    def _function(self, function: ir.Function) -> ir.Function:
        lets = tuple(ir.Let(let.name, self._plain(let.value)) for let in function.lets)
        return replace(function, lets=lets, result=self._plain(function.result))

    def _mul_add(self, a: ir.Expr, b: ir.Expr, c: ir.Expr) -> ir.Expr:
        if self.numerics == "exact" or not a.dtype.is_float:
            return ir.MulAdd(a, b, c)
        if a.dtype != dtypes.float32:
            message = f"[run] a {a.dtype} multiply-add in fma mode has no exact form here"
            raise UnsupportedError(message)
        return soft_fma_f32(a, b, c)
