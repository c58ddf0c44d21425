"""Ways over a program: operands, statements, functions in use, calls in repeats."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from constnet.loopir import types as ir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def operands(expr: ir.Expr) -> tuple[ir.Expr, ...]:
    """The operands of `expr`, in order; the index of a load is one."""
    match expr:
        case ir.Load(index=index):
            return (index,)
        case ir.Splat() | ir.Unary() | ir.Cast() | ir.Bitcast():
            return (expr.operand,)
        case ir.Binary(lhs=lhs, rhs=rhs) | ir.Interleave(lhs=lhs, rhs=rhs):
            return (lhs, rhs)
        case ir.Select():
            return (expr.condition, expr.if_true, expr.if_false)
        case ir.MulAdd(a=a, b=b, c=c):
            return (a, b, c)
        case ir.Apply(args=args):
            return args
        case _:
            return ()


def subexpressions(expr: ir.Expr) -> Iterator[ir.Expr]:
    """`expr` and everything inside it, outermost first."""
    yield expr
    for operand in operands(expr):
        yield from subexpressions(operand)


def statements(body: Iterable[ir.Stmt]) -> Iterator[ir.Stmt]:
    """Every statement of `body`, those of loops after the loop itself."""
    for stmt in body:
        yield stmt
        if isinstance(stmt, ir.For):
            yield from statements(stmt.body)


def expressions(body: Iterable[ir.Stmt]) -> Iterator[ir.Expr]:
    """Every expression of `body`, with those inside it."""
    for stmt in statements(body):
        match stmt:
            case ir.Let(value=value) | ir.Declare(value=value) | ir.Assign(value=value):
                yield from subexpressions(value)
            case ir.Store(index=index, value=value):
                yield from subexpressions(index)
                yield from subexpressions(value)
            case ir.For(start=start, stop=stop):
                yield from subexpressions(start)
                yield from subexpressions(stop)
            case _:
                pass


def used_names(body: Iterable[ir.Stmt]) -> set[str]:
    """Locals and params that some statement reads, and params that it stores to."""
    body = tuple(body)
    names = {stmt.param for stmt in statements(body) if isinstance(stmt, ir.Store)}
    for expr in expressions(body):
        if isinstance(expr, ir.Local):
            names.add(expr.name)
        elif isinstance(expr, ir.Load):
            names.add(expr.param)
    return names


def calls(program: ir.Program) -> Iterator[ir.Call]:
    """Every call of a program, those in repeats once."""
    for call, _ in placed_calls(program.calls):
        yield call


def placed_calls(
    body: Iterable[ir.Call | ir.Repeat], around: tuple[ir.Repeat, ...] = ()
) -> Iterator[tuple[ir.Call, tuple[ir.Repeat, ...]]]:
    """Every call with the repeats around it, outermost first."""
    for each in body:
        if isinstance(each, ir.Repeat):
            yield from placed_calls(each.calls, (*around, each))
        else:
            yield each, around


def reach(piece: ir.Slice, around: Iterable[ir.Repeat]) -> tuple[int, int]:
    """The first and the last element that a piece begins at, over all iterations and threads."""
    ends = dict(piece.steps)
    low = high = piece.start
    for repeat in around:
        moves = [ends.get(repeat.name, 0) * (repeat.count - 1)]
        moves.append(piece.thread_step * (repeat.workers - 1) if repeat.workers else 0)
        low += sum(min(0, move) for move in moves)
        high += sum(max(0, move) for move in moves)
    return low, high


def with_calls(
    body: Iterable[ir.Call | ir.Repeat], change: Callable[[ir.Call], ir.Call]
) -> tuple[ir.Call | ir.Repeat, ...]:
    """The same calls and repeats with every call changed."""
    return tuple(
        replace(each, calls=with_calls(each.calls, change))
        if isinstance(each, ir.Repeat)
        else change(each)
        for each in body
    )


def is_shared(program: ir.Program) -> bool:
    """Whether threads share any work of a program."""
    shared = any(repeat.workers for _, around in placed_calls(program.calls) for repeat in around)
    return shared or any(kernel.parallel for kernel in program.kernels)


def flops(program: ir.Program) -> int:
    """Floating-point operations of one run, repeats counted as often as they run."""
    each = {kernel.name: kernel.flops for kernel in program.kernels}
    return sum(
        each[call.kernel] * math.prod(repeat.count for repeat in around)
        for call, around in placed_calls(program.calls)
    )


def functions(program: ir.Program) -> tuple[ir.Function, ...]:
    """The functions a program uses, each once, callees before their callers."""
    found: dict[str, ir.Function] = {}
    for kernel in program.kernels:
        for function in functions_in(expressions(kernel.body)):
            found.setdefault(function.name, function)
    return tuple(found.values())


def functions_in(exprs: Iterable[ir.Expr]) -> tuple[ir.Function, ...]:
    """The functions that expressions apply, callees before their callers."""
    found: dict[str, ir.Function] = {}
    for expr in exprs:
        if isinstance(expr, ir.Apply) and expr.function.name not in found:
            function = expr.function
            inner = (*expressions(function.lets), *subexpressions(function.result))
            for callee in functions_in(inner):
                found.setdefault(callee.name, callee)
            found.setdefault(function.name, function)
    return tuple(found.values())
