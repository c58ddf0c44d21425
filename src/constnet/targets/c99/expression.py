"""Expressions of the loop language as C text.

A vector of bools has no C type of its own: it is a *mask*, a vector of signed integers that are 0
or -1, as wide as whatever was compared. `masks` remembers the width of each local that is one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from constnet import dtypes
from constnet.errors import UnsupportedError
from constnet.loopir import types as ir
from constnet.loopir.softmath.soft_fma import soft_fma_f32
from constnet.targets.c99 import spelling
from constnet.targets.c99.prelude import Helper, HelperKind

if TYPE_CHECKING:
    from constnet.dtypes import DType
    from constnet.targets.c99.spelling import Dialect

_SIGNS: dict[ir.BinaryOp, str] = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "rem": "%", "and": "&", "or": "|", "xor": "^",
    "shl": "<<", "shr": ">>", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip
_LOGICAL: dict[ir.BinaryOp, str] = {"and": "&&", "or": "||", "xor": "!="}
_MASKS = {1: dtypes.int8, 2: dtypes.int16, 4: dtypes.int32, 8: dtypes.int64}
_NARROW = frozenset((dtypes.int8, dtypes.int16, dtypes.uint8, dtypes.uint16))


SOFT_FMA = "soft_fma_f32"
"""The function that a portable artefact uses on machines without a multiply-add."""


@dataclass
class ExpressionPrinter:
    """Prints expressions and collects the helpers and functions that the text uses."""

    prefix: str
    dialect: Dialect
    numerics: str
    helpers: set[Helper] = field(default_factory=set[Helper])
    functions: dict[tuple[str, int], ir.Function] = field(
        default_factory=dict[tuple[str, int], ir.Function]
    )
    masks: dict[str, int] = field(default_factory=dict[str, int])

    def text(self, expr: ir.Expr) -> str:
        """`expr` as C, without outer parentheses."""
        if expr.lanes > 1 and self.dialect == "portable":
            message = f"[c99] the portable dialect has no vectors; got {expr.lanes} lanes"
            raise UnsupportedError(message)
        if isinstance(expr, ir.Local):
            return spelling.local_name(expr.name)
        return self._computed(expr)

    def _computed(self, expr: ir.Expr) -> str:
        match expr:
            case ir.Const():
                return self._const(expr)
            case ir.Load():
                return self._load(expr)
            case ir.Splat():
                return self._splat(expr)
            case ir.Interleave():
                return self._interleave(expr)
            case ir.Unary():
                return self._unary(expr)
            case ir.Binary():
                return self._binary(expr)
            case ir.Select():
                return self._select(expr)
            case ir.MulAdd():
                return self._mul_add(expr)
            case ir.Cast():
                return self._cast(expr)
            case ir.Bitcast():
                return self._bitcast(expr)
            case ir.Apply():
                return self._apply(expr)
            case _:
                message = f"[c99] unknown expression {type(expr).__name__}"
                raise UnsupportedError(message)

    def operand(self, expr: ir.Expr) -> str:
        """`expr` as an operand: in parentheses unless it binds tighter than any operator."""
        text = self.text(expr)
        atom = isinstance(expr, (ir.Local, ir.Apply, ir.Splat)) or _is_call(text)
        atom = atom or (isinstance(expr, ir.Load) and not text.startswith("*"))
        atom = atom or (isinstance(expr, ir.Const) and not text.startswith("-"))
        return text if atom else f"({text})"

    def local_type(self, name: str, value: ir.Expr) -> str:
        """The C type of a local that holds `value`; notes the width of a mask."""
        if value.dtype == dtypes.bool_ and value.lanes > 1:
            self.masks[name] = self.mask_bytes(value)
            return self.vector(_MASKS[self.masks[name]], value.lanes)
        if value.lanes > 1:
            return self.vector(value.dtype, value.lanes)
        return spelling.local_type(value.dtype, 1)

    def mask_bytes(self, expr: ir.Expr) -> int:
        """Bytes of one lane of the mask that a bool vector prints as."""
        match expr:
            case ir.Local(name=name):
                return self.masks.get(name, 4)
            case ir.Binary(op=op, lhs=lhs, rhs=rhs):
                if op in ir.COMPARISONS and lhs.dtype != dtypes.bool_:
                    return lhs.dtype.bytes
                return max(self.mask_bytes(lhs), self.mask_bytes(rhs))
            case ir.Unary(operand=operand) | ir.Cast(operand=operand):
                narrow = operand.dtype == dtypes.bool_
                return self.mask_bytes(operand) if narrow else operand.dtype.bytes
            case ir.Select(if_true=if_true, if_false=if_false):
                return max(self.mask_bytes(if_true), self.mask_bytes(if_false))
            case ir.Const() | ir.Load():
                return 1
            case _:
                return 4

    def memory_value(self, expr: ir.Expr) -> str:
        """`expr` as it is stored: a bool becomes bytes that are 0 or 1."""
        if expr.dtype != dtypes.bool_:
            return self.text(expr)
        if expr.lanes == 1:
            return f"(uint8_t)({self.text(expr)})"
        bytes_ = self.vector(dtypes.uint8, expr.lanes)
        return f"({bytes_})({self.mask_of(expr, 1)} & 1)"

    def vector(self, dtype: DType, lanes: int) -> str:
        """The vector type, whose typedef is then printed."""
        self.helpers.add(Helper("vector", dtype, lanes))
        return spelling.vector_name(dtype, lanes)

    def _helper(
        self, kind: HelperKind, dtype: DType, lanes: int, source: DType | None = None
    ) -> str:
        helper = Helper(kind, dtype, lanes, source)
        self.helpers.add(helper)
        return helper.name(self.prefix)

    def mask_of(self, expr: ir.Expr, lane_bytes: int) -> str:
        """A bool vector as a mask whose lanes have `lane_bytes` bytes."""
        text = self.operand(expr)
        if self.mask_bytes(expr) == lane_bytes:
            return text
        vector = self.vector(_MASKS[lane_bytes], expr.lanes)
        return f"__builtin_convertvector({text}, {vector})"

    def _const(self, expr: ir.Const) -> str:
        if expr.lanes > 1:
            if expr.dtype == dtypes.bool_:
                value = ir.Const(-int(expr.value), dtypes.int8)
            else:
                value = ir.Const(expr.value, expr.dtype)
            return self._splat(ir.Splat(value, expr.lanes))
        return spelling.literal(expr.value, expr.dtype, self.dialect)

    def _load(self, expr: ir.Load) -> str:
        param = spelling.local_name(expr.param)
        if expr.lanes == 1:
            element = f"{param}[{self.text(expr.index)}]"
            return f"({element} != 0)" if expr.dtype == dtypes.bool_ else element
        vector = self.vector(expr.dtype, expr.lanes)
        loaded = f"*(const {vector} *)({param} + {self.operand(expr.index)})"
        return f"({loaded} != 0)" if expr.dtype == dtypes.bool_ else loaded

    def _splat(self, expr: ir.Splat) -> str:
        if expr.width == 1:
            return self.text(expr.operand)
        if expr.dtype == dtypes.bool_ and not isinstance(expr.operand, ir.Const):
            name = self._helper("splat", dtypes.int32, expr.lanes)
            return f"{name}(-{self.operand(expr.operand)})"
        return f"{self._helper('splat', expr.dtype, expr.lanes)}({self.text(expr.operand)})"

    def _interleave(self, expr: ir.Interleave) -> str:
        first = 0 if expr.half == "low" else expr.lanes // 2
        pairs = [(first + i, expr.lanes + first + i) for i in range(expr.lanes // 2)]
        numbers = ", ".join(f"{low}, {high}" for low, high in pairs)
        return f"__builtin_shufflevector({self.text(expr.lhs)}, {self.text(expr.rhs)}, {numbers})"

    def _unary(self, expr: ir.Unary) -> str:
        inner = expr.operand
        if expr.op == "not":
            is_bool = inner.dtype == dtypes.bool_ and inner.lanes == 1
            return self._narrow(f"{'!' if is_bool else '~'}{self.operand(inner)}", expr)
        if expr.op == "neg":
            zero = "0" if inner.dtype.kind == "uint" else ""
            minus = " - " if zero else "-"
            return self._narrow(f"{zero}{minus}{self.operand(inner)}", expr)
        name = self._helper(expr.op, inner.dtype, inner.lanes)
        return f"{name}({self.text(inner)})"

    def _binary(self, expr: ir.Binary) -> str:
        lhs, rhs = expr.lhs, expr.rhs
        if lhs.dtype == dtypes.bool_:
            return self._bool_binary(expr)
        if expr.op in ("min", "max"):
            name = self._helper(expr.op, lhs.dtype, lhs.lanes)
            return f"{name}({self.text(lhs)}, {self.text(rhs)})"
        if expr.op == "shl" and lhs.dtype.kind == "int" and lhs.lanes == 1:
            wide = "uint64_t" if lhs.dtype == dtypes.int64 else "uint32_t"
            kind = spelling.SCALAR_TYPES[lhs.dtype.name]
            return f"({kind})(({wide}){self.operand(lhs)} << {self.operand(rhs)})"
        left = self._side(lhs, expr.op, first=True)
        right = self._side(rhs, expr.op, first=False)
        if expr.op == "mul" and lhs.dtype == dtypes.uint16 and lhs.lanes == 1:
            left = f"(uint32_t){left}"
        return self._narrow(f"{left} {_SIGNS[expr.op]} {right}", expr)

    def _side(self, expr: ir.Expr, op: ir.BinaryOp, *, first: bool) -> str:
        """An operand of `op`, without parentheses where any reader knows the precedence."""
        if isinstance(expr, ir.Binary) and expr.dtype not in _NARROW:
            chain = first and op in ("add", "mul") and expr.op == op
            product = op in ("add", "sub") and expr.op == "mul"
            if chain or product:
                return self.text(expr)
        return self.operand(expr)

    def _bool_binary(self, expr: ir.Binary) -> str:
        if expr.lanes > 1:
            lanes = self.mask_bytes(expr)
            lhs, rhs = self.mask_of(expr.lhs, lanes), self.mask_of(expr.rhs, lanes)
            sign = {"eq": "==", "ne": "!="}.get(expr.op) or _SIGNS[expr.op]
            return f"{lhs} {sign} {rhs}"
        sign = _LOGICAL.get(expr.op) or _SIGNS[expr.op]
        return f"{self.operand(expr.lhs)} {sign} {self.operand(expr.rhs)}"

    def _narrow(self, text: str, expr: ir.Expr) -> str:
        """C computes small integers as int; the cast gives the wrapped value back."""
        if expr.lanes > 1 or expr.dtype not in _NARROW:
            return text
        return f"({spelling.SCALAR_TYPES[expr.dtype.name]})({text})"

    def _select(self, expr: ir.Select) -> str:
        if expr.lanes == 1:
            sides = (expr.condition, expr.if_true, expr.if_false)
            condition, if_true, if_false = (self.operand(side) for side in sides)
            return self._narrow(f"{condition} ? {if_true} : {if_false}", expr)
        if expr.dtype == dtypes.bool_:
            size = self.mask_bytes(expr)
            sides = (expr.condition, expr.if_true, expr.if_false)
            condition, if_true, if_false = (self.mask_of(side, size) for side in sides)
            return f"({condition} & {if_true}) | (~{condition} & {if_false})"
        name = self._helper("select", expr.dtype, expr.lanes)
        condition = self.mask_of(expr.condition, expr.dtype.bytes)
        return f"{name}({condition}, {self.text(expr.if_true)}, {self.text(expr.if_false)})"

    def _mul_add(self, expr: ir.MulAdd) -> str:
        if self.numerics == "fma" and expr.dtype.is_float:
            name = self._helper("fma", expr.dtype, expr.lanes)
            if self.dialect == "portable" and expr.dtype == dtypes.float32:
                software = soft_fma_f32(expr.a, expr.b, expr.c)
                self.functions[SOFT_FMA, 1] = software.function
            args = ", ".join(self.text(arg) for arg in (expr.a, expr.b, expr.c))
            return f"{name}({args})"
        plain = ir.Binary("add", ir.Binary("mul", expr.a, expr.b), expr.c)
        return self.text(plain)

    def _cast(self, expr: ir.Cast) -> str:
        inner = expr.operand
        if expr.lanes > 1:
            return self._vector_cast(expr)
        if expr.dtype == inner.dtype:
            return self.text(inner)
        if expr.dtype == dtypes.bool_:
            return f"{self.operand(inner)} != 0"
        return f"({spelling.SCALAR_TYPES[expr.dtype.name]}){self.operand(inner)}"

    def _vector_cast(self, expr: ir.Cast) -> str:
        inner = expr.operand
        if expr.dtype == dtypes.bool_:
            return (
                self.text(inner) if inner.dtype == dtypes.bool_ else f"{self.operand(inner)} != 0"
            )
        vector = self.vector(expr.dtype, expr.lanes)
        if inner.dtype == dtypes.bool_:
            return f"__builtin_convertvector({self.operand(inner)} & 1, {vector})"
        return f"__builtin_convertvector({self.text(inner)}, {vector})"

    def _bitcast(self, expr: ir.Bitcast) -> str:
        inner = expr.operand
        if expr.dtype == inner.dtype:
            return self.text(inner)
        if expr.lanes > 1:
            return f"({self.vector(expr.dtype, expr.lanes)}){self.operand(inner)}"
        if not (expr.dtype.is_float or inner.dtype.is_float):
            return f"({spelling.SCALAR_TYPES[expr.dtype.name]}){self.operand(inner)}"
        return f"{self._helper('bits', expr.dtype, 1, inner.dtype)}({self.text(inner)})"

    def _apply(self, expr: ir.Apply) -> str:
        self.functions[expr.function.name, expr.lanes] = expr.function
        args = ", ".join(self.text(arg) for arg in expr.args)
        return f"{function_name(self.prefix, expr.function, expr.lanes)}({args})"


def function_name(prefix: str, function: ir.Function, lanes: int) -> str:
    """The C name of a function, one for each number of lanes it is used with."""
    end = "" if lanes == 1 else f"_x{lanes}"
    return f"{prefix}_{spelling.identifier(function.name)}{end}"


def widen(expr: ir.Expr, lanes: int) -> ir.Expr:
    """A scalar expression of a function's body with every value in `lanes` lanes."""
    match expr:
        case ir.Const() | ir.Local():
            return replace(expr, width=lanes)
        case ir.Unary() | ir.Cast() | ir.Bitcast():
            return replace(expr, operand=widen(expr.operand, lanes))
        case ir.Binary():
            return replace(expr, lhs=widen(expr.lhs, lanes), rhs=widen(expr.rhs, lanes))
        case ir.Select():
            sides = (widen(s, lanes) for s in (expr.condition, expr.if_true, expr.if_false))
            return ir.Select(*sides)
        case ir.MulAdd():
            return ir.MulAdd(*(widen(arg, lanes) for arg in (expr.a, expr.b, expr.c)))
        case ir.Apply():
            return replace(expr, args=tuple(widen(arg, lanes) for arg in expr.args))
        case _:
            message = f"[c99] a function's body holds no {type(expr).__name__}"
            raise UnsupportedError(message)


def _is_call(text: str) -> bool:
    """Whether the text is one call `name(...)`, so that it needs no parentheses."""
    name, _, rest = text.partition("(")
    if not name.replace("_", "a").isalnum() or not rest.endswith(")"):
        return False
    depth = 1
    for position, character in enumerate(rest):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return position == len(rest) - 1
    return False
