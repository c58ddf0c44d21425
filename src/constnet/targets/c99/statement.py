"""Statements, functions and kernels of the loop language as C text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constnet import dtypes
from constnet.errors import UnsupportedError
from constnet.loopir import types as ir
from constnet.loopir import walk
from constnet.targets.c99 import spelling
from constnet.targets.c99.expression import ExpressionPrinter, function_name, widen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from constnet.targets.c99.spelling import Dialect

_LOOP_MARKS: dict[ir.LoopMode, str] = {"unroll": "CN_UNROLL", "vectorize": "CN_VECTORIZE"}


class StatementPrinter:
    """Prints the bodies of kernels and functions with one shared expression printer."""

    def __init__(self, prefix: str, dialect: Dialect, numerics: str) -> None:
        self.prefix = prefix
        self.dialect: Dialect = dialect
        self.expressions = ExpressionPrinter(prefix, dialect, numerics)

    def kernel(self, kernel: ir.Kernel, name: str) -> str:
        """A static function over the kernel's params; `thread, threads` where it is parallel."""
        self.expressions.masks.clear()
        used = walk.used_names(kernel.body)
        lines = _unused_marks(kernel.params, used)
        for stmt in kernel.body:
            lines += self._statement(stmt, used, 1)
        if kernel.parallel and self.dialect == "host":
            lines.insert(0, "    (void)thread, (void)threads;")
        comment = [f"/* {_comment(', '.join(kernel.origin))} */"] if kernel.origin else []
        head = f"static void {name}({', '.join(self._params(kernel))})"
        return "\n".join([*comment, head, "{", *lines, "}"])

    def function(self, function: ir.Function, lanes: int) -> str:
        """A static inline function of scalars, or of vectors of `lanes` lanes."""
        printer = self.expressions
        printer.masks.clear()
        lets = [ir.Let(let.name, widen(let.value, lanes)) for let in function.lets]
        result = widen(function.result, lanes)
        used = walk.used_names([*lets, ir.Let("", result)])
        params = [
            f"{self._param_type(param, lanes)} {spelling.local_name(param.name)}"
            for param in function.params
        ]
        lines = _unused_marks(function.params, used)
        for let in lets:
            lines += self._statement(let, used, 1)
        is_mask = result.dtype == dtypes.bool_ and lanes > 1
        kind = spelling.vector_name(dtypes.int32, lanes) if is_mask else self._value_type(result)
        value = printer.mask_of(result, 4) if is_mask else printer.text(result)
        comment = [f"/* {_comment(function.doc)} */"] if function.doc else []
        name = function_name(self.prefix, function, lanes)
        head = f"CN_INLINE {kind} {name}({', '.join(params)})"
        return "\n".join([*comment, head, "{", *lines, f"    return {value};", "}"])

    def _value_type(self, value: ir.Expr) -> str:
        return self.expressions.local_type("", value)

    def _param_type(self, param: ir.Local, lanes: int) -> str:
        if param.dtype == dtypes.bool_ and lanes > 1:
            self.expressions.masks[param.name] = 4
            return spelling.vector_name(dtypes.int32, lanes)
        return self._value_type(ir.Local(param.name, param.dtype, lanes))

    def _params(self, kernel: ir.Kernel) -> Iterator[str]:
        for param in kernel.params:
            const = "const " if param.access == "read" else ""
            element = f"{const}{spelling.SCALAR_TYPES[param.dtype.name]}"
            name = spelling.local_name(param.name)
            if self.dialect == "host":
                yield f"{element} {name}[restrict static {max(1, param.extent)}]"
            else:
                yield f"{element} *CN_RESTRICT {name}"
        if kernel.parallel and self.dialect == "host":
            yield from ("int thread", "int threads")

    def _statement(self, stmt: ir.Stmt, used: set[str], depth: int) -> list[str]:
        pad = "    " * depth
        match stmt:
            case ir.Let(name=name) if name not in used:
                return []
            case ir.Let(name=name, value=value):
                kind = self.expressions.local_type(name, value)
                text = self.expressions.text(value)
                return [f"{pad}const {kind} {spelling.local_name(name)} = {text};"]
            case ir.Declare(name=name, value=value):
                kind = self.expressions.local_type(name, value)
                text = self.expressions.text(value)
                local = spelling.local_name(name)
                mark = [] if name in used else [f"{pad}(void){local};"]
                return [f"{pad}{kind} {local} = {text};", *mark]
            case ir.Assign(name=name, value=value):
                return [f"{pad}{spelling.local_name(name)} = {self._assigned(name, value)};"]
            case ir.Store():
                return [f"{pad}{self._store(stmt)};"]
            case ir.For():
                return self._loop(stmt, used, depth)
            case ir.Comment(text=text):
                return [f"{pad}/* {_comment(text)} */"]
            case _:
                message = f"[c99] unknown statement {type(stmt).__name__}"
                raise UnsupportedError(message)

    def _assigned(self, name: str, value: ir.Expr) -> str:
        if value.dtype == dtypes.bool_ and value.lanes > 1:
            return self.expressions.mask_of(value, self.expressions.masks[name])
        return self.expressions.text(value)

    def _store(self, stmt: ir.Store) -> str:
        param = spelling.local_name(stmt.param)
        value = self.expressions.memory_value(stmt.value)
        if stmt.value.lanes == 1:
            return f"{param}[{self.expressions.text(stmt.index)}] = {value}"
        vector = self.expressions.vector(stmt.value.dtype, stmt.value.lanes)
        return f"*({vector} *)({param} + {self.expressions.operand(stmt.index)}) = {value}"

    def _loop(self, loop: ir.For, used: set[str], depth: int) -> list[str]:
        pad = "    " * depth
        var = spelling.local_name(loop.var)
        start, stop = self.expressions.text(loop.start), self.expressions.operand(loop.stop)
        lines: list[str] = []
        if loop.mode == "parallel" and self.dialect == "host":
            lines += self._share(loop, var, pad)
            start, stop = f"{var}_first", f"{var}_last"
        elif loop.mode in _LOOP_MARKS and self.dialect == "host":
            lines.append(f"{pad}{_LOOP_MARKS[loop.mode]}")
        advance = f"++{var}" if loop.step == 1 else f"{var} += {loop.step}"
        lines.append(f"{pad}for (int32_t {var} = {start}; {var} < {stop}; {advance}) {{")
        for stmt in loop.body:
            lines += self._statement(stmt, used, depth + 1)
        return [*lines, f"{pad}}}"]

    def _share(self, loop: ir.For, var: str, pad: str) -> list[str]:
        """Bounds of this thread's contiguous share of the iterations."""
        start, stop = self.expressions.operand(loop.start), self.expressions.operand(loop.stop)
        trips = f"({stop} - {start} + {loop.step - 1}) / {loop.step}"
        if isinstance(loop.start, ir.Const) and isinstance(loop.stop, ir.Const):
            span = int(loop.stop.value) - int(loop.start.value)
            trips = f"{max(0, -(-span // loop.step))}"
        first, last = (
            f"(int32_t)((int64_t){trips if trips.isdigit() else f'({trips})'} * {who} / threads)"
            for who in ("thread", "(thread + 1)")
        )
        scale = "" if loop.step == 1 else f" * {loop.step}"
        base = "" if start == "0" else f"{start} + "
        return [
            f"{pad}const int32_t {var}_first = {base}{first}{scale};",
            f"{pad}const int32_t {var}_last = {base}{last}{scale};",
        ]


def _unused_marks(params: Iterable[ir.Param | ir.Local], used: set[str]) -> list[str]:
    """A statement for each param that nothing reads, so that compilers do not warn."""
    return [f"    (void){spelling.local_name(p.name)};" for p in params if p.name not in used]


def _comment(text: str) -> str:
    """Text that cannot end the comment it stands in, on one line."""
    return " ".join(text.split()).replace("*/", "* /").replace("/*", "/ *").replace("\\", "/")
