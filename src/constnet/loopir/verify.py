"""What a legal loop program is.

Names are bound before use and once per scope, dtypes and lanes of operands agree, kernels and
buffers that calls name exist, and every load and store stays inside its param. The last is shown by
interval analysis: an index is the interval of its possible values, from the constant loop bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet import dtypes
from constnet.errors import VerifyError
from constnet.loopir import types as ir
from constnet.loopir import walk
from constnet.loopir.interval import Interval, interval_of
from constnet.loopir.text import expr_text, kernel_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_INTEGER_ONLY = frozenset(("rem", "shl", "shr"))


def verify(program: ir.Program) -> None:
    """Check the whole program.

    Raises:
        VerifyError: the rule that is broken, and the kernel's text.
    """
    kernels = {kernel.name: kernel for kernel in program.kernels}
    buffers = {buffer.name: buffer for buffer in program.buffers}
    _expect(len(kernels) == len(program.kernels), f"{program.name}: two kernels share a name")
    _expect(len(buffers) == len(program.buffers), f"{program.name}: two buffers share a name")
    for function in walk.functions(program):
        verify_function(function)
    for kernel in program.kernels:
        verify_kernel(kernel)
    for buffer in program.buffers:
        _verify_buffer(buffer, program)
    for call, around in walk.placed_calls(program.calls):
        _verify_repeats(program, around)
        _verify_call(call, around, kernels, buffers)


def verify_kernel(kernel: ir.Kernel) -> None:
    """Check one kernel."""
    try:
        _KernelCheck(kernel).run()
    except VerifyError as error:
        message = f"[loopir] {kernel.name}: {error}\n{kernel_text(kernel)}"
        raise VerifyError(message) from None


def verify_function(function: ir.Function) -> None:
    """Check one function: scalars only, no memory, every name bound before use."""
    scope: dict[str, tuple[dtypes.DType, int]] = {}
    for param in function.params:
        _expect(param.lanes == 1, f"{function.name}: param {param.name} has {param.lanes} lanes")
        scope[param.name] = (param.dtype, 1)
    bodies = [*((let.name, let.value) for let in function.lets), ("", function.result)]
    for name, value in bodies:
        for expr in walk.subexpressions(value):
            memory = isinstance(expr, (ir.Load, ir.Splat, ir.Interleave))
            _expect(not memory, f"{function.name}: {expr_text(expr)} is not a scalar expression")
        _check_expr(value, scope)
        _expect(name not in scope, f"{function.name}: {name} is bound twice")
        scope[name] = (value.dtype, value.lanes)


def _expect(holds: object, message: str) -> None:
    if not holds:
        raise VerifyError(message)


def _verify_buffer(buffer: ir.Buffer, program: ir.Program) -> None:
    if buffer.space == "arena":
        end = buffer.offset + buffer.bytes
        inside = buffer.offset >= 0 and end <= program.arena_bytes
        _expect(inside, f"{buffer.name} ends at {end} of an arena of {program.arena_bytes} bytes")
        aligned = buffer.offset % buffer.dtype.bytes == 0
        _expect(aligned, f"{buffer.name} ({buffer.dtype}) is at unaligned offset {buffer.offset}")
    if buffer.space == "constant":
        size = -1 if buffer.data is None else buffer.data.size
        _expect(size == buffer.extent, f"{buffer.name} has {size} of {buffer.extent} values")


def _verify_repeats(program: ir.Program, around: tuple[ir.Repeat, ...]) -> None:
    names = [repeat.name for repeat in around]
    unique = len(set(names)) == len(names) and "thread" not in names
    _expect(unique, f"{program.name}: repeats inside one another are called {', '.join(names)}")
    for depth, repeat in enumerate(around):
        _expect(repeat.count > 0, f"repeat {repeat.name} runs {repeat.count} times")
        alone = not any(outer.workers for outer in around[:depth]) or not repeat.workers
        _expect(alone, f"repeat {repeat.name} is shared inside one that is shared")


def _verify_call(
    call: ir.Call,
    around: tuple[ir.Repeat, ...],
    kernels: Mapping[str, ir.Kernel],
    buffers: Mapping[str, ir.Buffer],
) -> None:
    _expect(call.kernel in kernels, f"a call names the kernel {call.kernel}, which is not there")
    params = kernels[call.kernel].params
    counts = f"{call.kernel} takes {len(params)} arguments, a call gives {len(call.args)}"
    _expect(len(params) == len(call.args), counts)
    silent = not call.barrier or not any(repeat.workers for repeat in around)
    _expect(silent, f"{call.kernel}: a barrier inside a repeat whose iterations threads share")
    for param, piece in zip(params, call.args, strict=True):
        _expect(piece.buffer in buffers, f"{call.kernel}: no buffer is called {piece.buffer}")
        buffer = buffers[piece.buffer]
        where = f"{call.kernel}: {param.name} = {piece.buffer}[{piece.start}]"
        _expect(param.dtype == buffer.dtype, f"{where} is {buffer.dtype}, not {param.dtype}")
        known = {repeat.name for repeat in around}
        for name, _ in piece.steps:
            _expect(name in known, f"{where} moves with {name}, which is no repeat around it")
        first, last = walk.reach(piece, around)
        end = last + param.extent
        inside = first >= 0 and end <= buffer.extent
        _expect(inside, f"{where} spans elements {first} to {end} of {buffer.extent}")
        fixed = buffer.space in ("constant", "input") and param.access != "read"
        _expect(not fixed, f"{where} is written, but its space is {buffer.space}")


class _KernelCheck:
    """Walks one kernel with what each name is bound to, and the interval of each index."""

    def __init__(self, kernel: ir.Kernel) -> None:
        self.kernel = kernel
        self.params = {param.name: param for param in kernel.params}
        self.scope: dict[str, tuple[dtypes.DType, int]] = {}
        self.mutable: set[str] = set()
        self.intervals: dict[str, Interval] = {}

    def run(self) -> None:
        _expect(len(self.params) == len(self.kernel.params), "two params share a name")
        self._body(self.kernel.body)

    def _body(self, body: tuple[ir.Stmt, ...]) -> None:
        outer, outer_intervals = dict(self.scope), dict(self.intervals)
        for stmt in body:
            self._statement(stmt)
        self.scope, self.intervals = outer, outer_intervals

    def _statement(self, stmt: ir.Stmt) -> None:
        match stmt:
            case ir.Let(name=name, value=value):
                self._value(value)
                self._bind(name, value)
                self.mutable.discard(name)
                self.intervals[name] = interval_of(value, self.intervals)
            case ir.Declare(name=name, value=value):
                self._value(value)
                self._bind(name, value)
                self.mutable.add(name)
            case ir.Assign(name=name, value=value):
                self._value(value)
                known = name in self.scope and name in self.mutable
                _expect(known, f"{name} is assigned but not declared")
                same = self.scope[name] == (value.dtype, value.lanes)
                _expect(same, f"{name} is given another type by {expr_text(value)}")
            case ir.Store():
                self._store(stmt)
            case ir.For():
                self._loop(stmt)
            case _:
                pass

    def _bind(self, name: str, value: ir.Expr) -> None:
        free = name not in self.scope and name not in self.params
        _expect(free, f"{name} is bound twice")
        self.scope[name] = (value.dtype, value.lanes)

    def _loop(self, loop: ir.For) -> None:
        _expect(loop.step > 0, f"loop {loop.var} has step {loop.step}")
        nested = loop.mode == "parallel" and not self.kernel.parallel
        _expect(not nested, f"loop {loop.var} is parallel in a kernel that is not")
        start, stop = self._index(loop.start), self._index(loop.stop)
        outer, outer_intervals = dict(self.scope), dict(self.intervals)
        self._bind(loop.var, ir.Local(loop.var, ir.index))
        last = _last_value(loop, start, stop)
        self.intervals[loop.var] = Interval(start.low, last)
        ran = start.low is None or last is None or start.low <= last
        if ran:
            self._body(loop.body)
        self.scope, self.intervals = outer, outer_intervals

    def _store(self, store: ir.Store) -> None:
        self._value(store.value)
        _expect(store.param in self.params, f"a store names {store.param}, which is no param")
        param = self.params[store.param]
        _expect(param.access != "read", f"{store.param} is stored to but its access is read")
        same = param.dtype == store.value.dtype
        _expect(same, f"{store.param} holds {param.dtype}, not {store.value.dtype}")
        self._bounds(store.param, store.index, store.value.lanes)

    def _value(self, value: ir.Expr) -> None:
        _check_expr(value, self.scope)
        for expr in walk.subexpressions(value):
            if isinstance(expr, ir.Load):
                _expect(expr.param in self.params, f"a load names {expr.param}, which is no param")
                dtype = self.params[expr.param].dtype
                _expect(dtype == expr.dtype, f"{expr.param} holds {dtype}, not {expr.dtype}")
                self._bounds(expr.param, expr.index, expr.lanes)

    def _index(self, index: ir.Expr) -> Interval:
        self._value(index)
        right = index.dtype == ir.index and index.lanes == 1
        _expect(right, f"{expr_text(index)} is not a scalar int32 index")
        return interval_of(index, self.intervals)

    def _bounds(self, name: str, index: ir.Expr, lanes: int) -> None:
        """A bound that analysis cannot see (data-dependent indices) is the program's promise."""
        span, extent = self._index(index), self.params[name].extent
        text = f"{name}[{expr_text(index)}]"
        below = span.low is not None and span.low < 0
        _expect(not below, f"{text} can begin at element {span.low}")
        above = span.high is not None and span.high + lanes > extent
        _expect(not above, f"{text} can reach past element {span.high} of {extent}, {lanes} lanes")


def _last_value(loop: ir.For, start: Interval, stop: Interval) -> int | None:
    """The largest value the loop variable takes, None where it cannot be told."""
    match loop.stop:
        case ir.Binary("add", lhs, ir.Const(value=span)) if lhs == loop.start:
            steps = (int(span) - 1) // loop.step
            return None if start.high is None else start.high + steps * loop.step
        case _:
            pass
    if stop.high is None or loop.step == 1:
        return None if stop.high is None else stop.high - 1
    if start.low is None or start.low != start.high:
        return None
    return start.low + (stop.high - 1 - start.low) // loop.step * loop.step


def _check_expr(value: ir.Expr, scope: Mapping[str, tuple[dtypes.DType, int]]) -> None:
    for expr in walk.subexpressions(value):
        if isinstance(expr, ir.Local):
            _expect(expr.name in scope, f"{expr.name} is used before it is bound")
            dtype, lanes = scope[expr.name]
            same = (dtype, lanes) == (expr.dtype, expr.lanes)
            _expect(same, f"{expr_text(expr)} was bound as {dtype} with {lanes} lanes")
        else:
            _check_operands(expr)


def _check_operands(expr: ir.Expr) -> None:
    text = expr_text(expr)
    match expr:
        case ir.Binary(op=op, lhs=lhs, rhs=rhs):
            same = (lhs.dtype, lhs.lanes) == (rhs.dtype, rhs.lanes)
            _expect(same, f"operands of {text} differ in dtype or lanes")
            floats = lhs.dtype.is_float and op in _INTEGER_ONLY | {"and", "or", "xor"}
            _expect(not floats, f"{text} is for integers, its operands are {lhs.dtype}")
        case ir.Select(condition=condition, if_true=if_true, if_false=if_false):
            same = (if_true.dtype, if_true.lanes) == (if_false.dtype, if_false.lanes)
            right = condition.dtype == dtypes.bool_ and condition.lanes == if_true.lanes
            _expect(same and right, f"sides or condition of {text} do not fit")
        case ir.MulAdd(a=a, b=b, c=c):
            kinds = {(part.dtype, part.lanes) for part in (a, b, c)}
            _expect(len(kinds) == 1, f"operands of {text} differ in dtype or lanes")
        case ir.Interleave(lhs=lhs, rhs=rhs):
            same = (lhs.dtype, lhs.lanes) == (rhs.dtype, rhs.lanes) and lhs.lanes % 2 == 0
            _expect(same, f"operands of {text} are not two equal vectors")
        case ir.Splat(operand=operand):
            _expect(operand.lanes == 1, f"{text} splats {operand.lanes} lanes")
        case ir.Unary(op=op, operand=operand):
            right = operand.dtype.is_float or op not in ("sqrt", "floor")
            _expect(right, f"{text} is for floats, its operand is {operand.dtype}")
        case ir.Bitcast(operand=operand, type_=dtype):
            _expect(operand.dtype.bytes == dtype.bytes, f"{text} changes the size")
        case ir.Apply(function=function, args=args):
            expected = [param.dtype for param in function.params]
            right = [arg.dtype for arg in args] == expected and len({a.lanes for a in args}) == 1
            _expect(right, f"arguments of {text} do not fit {function.name}")
        case _:
            pass
