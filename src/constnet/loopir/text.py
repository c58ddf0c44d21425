"""The stable text form of a loop program; `parse.py` reads it back.

The grammar is `docs/loop-language.md`. Values of constants are not part of the text: a checksum is.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

import numpy as np

from constnet import dtypes
from constnet.errors import VerifyError
from constnet.loopir import types as ir
from constnet.loopir import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SHORT_DTYPES = {
    "f32": dtypes.float32,
    "f64": dtypes.float64,
    "i8": dtypes.int8,
    "i16": dtypes.int16,
    "i32": dtypes.int32,
    "i64": dtypes.int64,
    "u8": dtypes.uint8,
    "u16": dtypes.uint16,
    "u32": dtypes.uint32,
    "u64": dtypes.uint64,
    "b8": dtypes.bool_,
}
"""Element types as the text writes them."""

_SHORT = {dtype: short for short, dtype in SHORT_DTYPES.items()}


def to_text(program: ir.Program) -> str:
    """The whole program: functions, buffers, kernels, calls."""
    head = f"program {program.name} numerics={program.numerics} arena={program.arena_bytes}"
    lines = [head]
    for function in walk.functions(program):
        lines += _function_lines(function)
    lines += [_buffer_line(buffer) for buffer in program.buffers]
    for kernel in program.kernels:
        lines += _kernel_lines(kernel)
    lines += _call_lines(program.calls, "")
    return "\n".join(lines) + "\n"


def kernel_text(kernel: ir.Kernel) -> str:
    """One kernel."""
    return "\n".join(_kernel_lines(kernel)) + "\n"


def expr_text(expr: ir.Expr) -> str:
    """One expression."""
    match expr:
        case ir.Const(value=value):
            shown = repr(float(value)) if expr.dtype.is_float else str(int(value))
            return shown + _type_suffix(expr)
        case ir.Local(name=name):
            return name + _type_suffix(expr)
        case ir.Load(param=param, index=index):
            width = f"x{expr.lanes}" if expr.lanes > 1 else ""
            return f"{param}[{expr_text(index)}]:{_SHORT[expr.dtype]}{width}"
        case ir.Splat(operand=operand, width=width):
            return f"splat.{width}({expr_text(operand)})"
        case ir.Interleave(half=half):
            return f"interleave.{half}({_args(walk.operands(expr))})"
        case ir.Unary(op=op) | ir.Binary(op=op):
            return f"{op}({_args(walk.operands(expr))})"
        case ir.Select():
            return f"select({_args(walk.operands(expr))})"
        case ir.MulAdd():
            return f"mul_add({_args(walk.operands(expr))})"
        case ir.Cast(operand=operand, type_=dtype):
            return f"cast.{_SHORT[dtype]}({expr_text(operand)})"
        case ir.Bitcast(operand=operand, type_=dtype):
            return f"bitcast.{_SHORT[dtype]}({expr_text(operand)})"
        case ir.Apply(function=function, args=args):
            return f"@{function.name}({_args(args)})"
        case _:
            message = f"unknown expression {type(expr).__name__}"
            raise VerifyError(message)


def _args(exprs: Iterable[ir.Expr]) -> str:
    return ", ".join(expr_text(expr) for expr in exprs)


def _type_suffix(expr: ir.Expr) -> str:
    """`:f32x16`; nothing for an index, which is what most are."""
    if expr.dtype == ir.index and expr.lanes == 1:
        return ""
    return f":{_SHORT[expr.dtype]}" + (f"x{expr.lanes}" if expr.lanes > 1 else "")


def _function_lines(function: ir.Function) -> Iterator[str]:
    doc = f" {json.dumps(function.doc)}" if function.doc else ""
    yield f"function {function.name}({_args(function.params)}){doc}"
    for let in function.lets:
        yield f"  let {let.name} = {expr_text(let.value)}"
    yield f"  return {expr_text(function.result)}"


def _buffer_line(buffer: ir.Buffer) -> str:
    place = f" offset={buffer.offset}" if buffer.space == "arena" else ""
    checksum = ""
    if buffer.data is not None:
        data = np.ascontiguousarray(buffer.data, dtype=buffer.dtype.numpy)
        checksum = f" crc32={zlib.crc32(data.tobytes()):08x}"
    kind = _SHORT[buffer.dtype]
    return f"buffer {buffer.name} {kind}[{buffer.extent}] {buffer.space}{place}{checksum}"


def _call_lines(calls: Iterable[ir.Call | ir.Repeat], pad: str) -> Iterator[str]:
    for call in calls:
        barrier = " barrier" if call.barrier else ""
        if isinstance(call, ir.Repeat):
            workers = f" workers={call.workers}" if call.workers else ""
            yield f"{pad}repeat {call.name} {call.count}{workers}{barrier}"
            yield from _call_lines(call.calls, pad + "  ")
        else:
            args = " ".join(_piece(piece) for piece in call.args)
            yield f"{pad}call {call.kernel} {args}{barrier}"


def _piece(piece: ir.Slice) -> str:
    """`x[4]`, or `x[4+r0*8-r1*2+thread*64]`."""
    steps = (*piece.steps, *([("thread", piece.thread_step)] if piece.thread_step else []))
    moves = "".join(f"{'-' if step < 0 else '+'}{name}*{abs(step)}" for name, step in steps)
    return f"{piece.buffer}[{piece.start}{moves}]"


def _kernel_lines(kernel: ir.Kernel) -> Iterator[str]:
    parallel = " parallel" if kernel.parallel else ""
    origin = f" origin={json.dumps(kernel.origin)}" if kernel.origin else ""
    work = f" flops={kernel.flops} bytes={kernel.bytes}" if kernel.flops or kernel.bytes else ""
    yield f"kernel {kernel.name} {kernel.tag}{parallel}{work}{origin}"
    for param in kernel.params:
        yield f"  param {param.name} {_SHORT[param.dtype]}[{param.extent}] {param.access}"
    yield from _body_lines(kernel.body, "  ")


def _body_lines(body: Iterable[ir.Stmt], pad: str) -> Iterator[str]:
    for stmt in body:
        match stmt:
            case ir.Let(name=name, value=value):
                yield f"{pad}let {name} = {expr_text(value)}"
            case ir.Declare(name=name, value=value):
                yield f"{pad}declare {name} = {expr_text(value)}"
            case ir.Assign(name=name, value=value):
                yield f"{pad}assign {name} = {expr_text(value)}"
            case ir.Store(param=param, index=index, value=value):
                yield f"{pad}store {param}[{expr_text(index)}] = {expr_text(value)}"
            case ir.For():
                span = f"{expr_text(stmt.start)}, {expr_text(stmt.stop)}, {stmt.step}"
                yield f"{pad}for {stmt.var} in range({span}) {stmt.mode}"
                yield from _body_lines(stmt.body, pad + "  ")
            case ir.Comment(text=text):
                yield f"{pad}# {' '.join(text.split())}"
            case _:
                message = f"unknown statement {type(stmt).__name__}"
                raise VerifyError(message)
