"""Ways over a program: operands of an expression, statements of a body, functions in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet.loopir import types as ir

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


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
