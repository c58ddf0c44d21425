"""Scalar expressions of the loop language as Rust text that is legal in `const fn`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from constnet import dtypes
from constnet.errors import UnsupportedError
from constnet.loopir import types as ir
from constnet.loopir.softmath.soft_fma import soft_fma_f32
from constnet.targets.rust import spelling

if TYPE_CHECKING:
    from constnet.dtypes import DType

_SIGNS: dict[ir.BinaryOp, str] = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "rem": "%", "and": "&", "or": "|", "xor": "^",
    "shl": "<<", "shr": ">>", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip
_WRAPPING: dict[ir.BinaryOp, str] = {
    "add": "wrapping_add",
    "sub": "wrapping_sub",
    "mul": "wrapping_mul",
}


@dataclass
class ExpressionPrinter:
    """Prints expressions and collects the helpers and functions that the text uses."""

    numerics: str
    helpers: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    functions: dict[str, ir.Function] = field(default_factory=dict[str, ir.Function])

    def text(self, expr: ir.Expr) -> str:
        """`expr` as Rust, without outer parentheses."""
        if expr.lanes > 1:
            message = f"[rust] const fn has no vectors; got {expr.lanes} lanes"
            raise UnsupportedError(message)
        if isinstance(expr, ir.Local):
            return spelling.local_name(expr.name)
        return self._computed(expr)

    def operand(self, expr: ir.Expr) -> str:
        """`expr` as an operand or receiver: in parentheses unless nothing binds tighter."""
        text = self.text(expr)
        atom = isinstance(expr, (ir.Local, ir.Load, ir.Apply))
        atom = atom or (isinstance(expr, ir.Const) and not text.startswith("-"))
        return text if atom else f"({text})"

    def index(self, expr: ir.Expr) -> str:
        """An index as Rust wants it."""
        if isinstance(expr, ir.Const):
            return str(int(expr.value))
        return f"{self.operand(expr)} as usize"

    def _computed(self, expr: ir.Expr) -> str:
        match expr:
            case ir.Const(value=value):
                return spelling.literal(value, expr.dtype)
            case ir.Load(param=param, index=index):
                return f"{spelling.local_name(param)}[{self.index(index)}]"
            case ir.Splat(operand=operand):
                return self.text(operand)
            case ir.Unary():
                return self._unary(expr)
            case ir.Binary():
                return self._binary(expr)
            case ir.Select(condition=condition, if_true=if_true, if_false=if_false):
                sides = f"{{ {self.text(if_true)} }} else {{ {self.text(if_false)} }}"
                return f"if {self.text(condition)} {sides}"
            case ir.MulAdd():
                return self._mul_add(expr)
            case ir.Cast():
                return self._cast(expr)
            case ir.Bitcast():
                return self._bitcast(expr)
            case ir.Apply(function=function, args=args):
                return self._apply(function, args)
            case _:
                message = f"[rust] unknown expression {type(expr).__name__}"
                raise UnsupportedError(message)

    def _helper(self, kind: str, dtype: DType) -> str:
        self.helpers.add((kind, dtype.name))
        return spelling.helper_name(kind, dtype)

    def _unary(self, expr: ir.Unary) -> str:
        inner = expr.operand
        if expr.op == "not":
            return f"!{self.operand(inner)}"
        if expr.op == "neg":
            if inner.dtype.kind == "uint":
                return f"{self.operand(inner)}.wrapping_neg()"
            return f"-{self.operand(inner)}"
        if expr.op == "abs" and not inner.dtype.is_float:
            return f"{self.operand(inner)}.wrapping_abs()"
        return f"{self._helper(expr.op, inner.dtype)}({self.text(inner)})"

    def _binary(self, expr: ir.Binary) -> str:
        lhs, rhs = self.operand(expr.lhs), self.operand(expr.rhs)
        dtype = expr.lhs.dtype
        if expr.op in ("min", "max"):
            helper = self._helper(expr.op, dtype)
            return f"{helper}({self.text(expr.lhs)}, {self.text(expr.rhs)})"
        if dtype.kind == "uint" and expr.op in _WRAPPING:
            return f"{lhs}.{_WRAPPING[expr.op]}({self.text(expr.rhs)})"
        return f"{lhs} {_SIGNS[expr.op]} {rhs}"

    def _mul_add(self, expr: ir.MulAdd) -> str:
        if self.numerics == "exact" or not expr.dtype.is_float:
            return self.text(ir.Binary("add", ir.Binary("mul", expr.a, expr.b), expr.c))
        if expr.dtype != dtypes.float32:
            message = f"[rust] const fn has no {expr.dtype} multiply-add: export in exact mode"
            raise UnsupportedError(message)
        return self.text(soft_fma_f32(expr.a, expr.b, expr.c))

    def _cast(self, expr: ir.Cast) -> str:
        inner = expr.operand
        if expr.dtype == inner.dtype:
            return self.text(inner)
        if expr.dtype == dtypes.bool_:
            return f"{self.operand(inner)} != {spelling.zero(inner.dtype)}"
        kind = spelling.type_name(expr.dtype)
        if inner.dtype == dtypes.bool_ and expr.dtype.is_float:
            return f"{self.operand(inner)} as u8 as {kind}"
        return f"{self.operand(inner)} as {kind}"

    def _bitcast(self, expr: ir.Bitcast) -> str:
        inner = expr.operand
        if expr.dtype == inner.dtype:
            return self.text(inner)
        kind = spelling.type_name(expr.dtype)
        bits = "u32" if expr.dtype.bytes == 4 else "u64"
        if inner.dtype.is_float:
            text = f"{self.operand(inner)}.to_bits()"
            return text if kind == bits else f"{text} as {kind}"
        if expr.dtype.is_float:
            same = spelling.type_name(inner.dtype) == bits
            text = self.text(inner) if same else f"{self.operand(inner)} as {bits}"
            return f"{kind}::from_bits({text})"
        return f"{self.operand(inner)} as {kind}"

    def _apply(self, function: ir.Function, args: tuple[ir.Expr, ...]) -> str:
        self.functions[function.name] = function
        texts = ", ".join(self.text(arg) for arg in args)
        return f"{spelling.identifier(function.name)}({texts})"
