"""Runs expressions and Functions of the loop language on NumPy arrays, in exact mode.

What enters: an expression and an array for each local it names. What leaves: an array with the bits
that compiled code gives in `exact` mode (`MulAdd` rounds twice). Every lane count is taken for one:
an element of an array is a lane. NumPy's warnings stay inside; C gives none either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from constnet.errors import UnsupportedError, UsageError
from constnet.loopir.types import (
    Apply,
    Binary,
    Bitcast,
    Cast,
    Const,
    Expr,
    Function,
    Interleave,
    Load,
    Local,
    MulAdd,
    Select,
    Splat,
    Unary,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Array = NDArray[Any]


def evaluate(
    expr: Expr, values: Mapping[str, Array], memory: Mapping[str, Array] | None = None
) -> Array:
    """Return the value of `expr` where the local `name` is `values[name]`.

    Args:
        expr: Any expression; shared subexpressions are evaluated once.
        values: An array (or a scalar) for each local; they broadcast against each other.
        memory: A flat array for each kernel parameter that a `Load` of one lane reads.

    Raises:
        UsageError: a local or a parameter has no value.
    """
    with np.errstate(all="ignore"):
        return _Evaluation(values, memory or {}).value(expr)


def evaluate_function(function: Function, *arrays: Array) -> Array:
    """Return `function` of the arrays, element by element.

    Raises:
        UsageError: the number of arrays is not that of the function's parameters.
    """
    if len(arrays) != len(function.params):
        expected = ", ".join(param.name for param in function.params)
        message = f"{function.name} takes ({expected}); {len(arrays)} arrays were given."
        raise UsageError(message)
    with np.errstate(all="ignore"):
        return _apply(function, arrays)


def _apply(function: Function, arrays: tuple[Array, ...]) -> Array:
    values: dict[str, Array] = {
        param.name: np.asarray(array, param.dtype.numpy)
        for param, array in zip(function.params, arrays, strict=True)
    }
    evaluation = _Evaluation(values, {})
    for let in function.lets:
        values[let.name] = evaluation.value(let.value)
    return evaluation.value(function.result)


class _Evaluation:
    """One walk over expressions; results are kept by the identity of the node."""

    def __init__(self, values: Mapping[str, Array], memory: Mapping[str, Array]) -> None:
        self._values = values
        self._memory = memory
        self._known: dict[int, Array] = {}

    def value(self, expr: Expr) -> Array:
        """Return the value of `expr`, computed once for each node."""
        known = self._known.get(id(expr))
        if known is None:
            known = np.asarray(self._compute(expr), expr.dtype.numpy)
            self._known[id(expr)] = known
        return known

    def _compute(self, expr: Expr) -> Array:
        match expr:
            case Const():
                return np.asarray(expr.value, expr.dtype.numpy)
            case Local():
                return _lookup(self._values, expr.name, "local")
            case Load():
                return self._load(expr)
            case Splat():
                return self.value(expr.operand)
            case Unary():
                return _UNARY[expr.op](self.value(expr.operand))
            case Binary() | Interleave():
                return _pair(expr, self.value(expr.lhs), self.value(expr.rhs))
            case Select():
                sides = self.value(expr.if_true), self.value(expr.if_false)
                return np.where(self.value(expr.condition), *sides)
            case MulAdd():
                return np.add(
                    np.multiply(self.value(expr.a), self.value(expr.b)), self.value(expr.c)
                )
            case Cast():
                return self.value(expr.operand).astype(expr.dtype.numpy)
            case Bitcast():
                return self.value(expr.operand).view(expr.dtype.numpy)
            case Apply():
                return _apply(expr.function, tuple(self.value(arg) for arg in expr.args))
            case _:
                message = (
                    f"[evaluate] {type(expr).__name__} is not an expression that runs on arrays."
                )
                raise UnsupportedError(message)

    def _load(self, load: Load) -> Array:
        if load.lanes != 1:
            message = (
                f"[evaluate] a load of {load.lanes} lanes of {load.param}; only 1 runs on arrays."
            )
            raise UnsupportedError(message)
        return _lookup(self._memory, load.param, "parameter")[self.value(load.index)]


def _pair(expr: Binary | Interleave, lhs: Array, rhs: Array) -> Array:
    if isinstance(expr, Binary):
        return _BINARY[expr.op](lhs, rhs)
    lanes = np.stack([lhs, rhs], axis=-1).reshape(-1)
    low, high = np.split(lanes, 2)
    return low if expr.half == "low" else high


def _lookup(values: Mapping[str, Array], name: str, what: str) -> Array:
    if name not in values:
        names = ", ".join(values) or "none"
        message = f"[evaluate] the {what} {name} has no value; given are: {names}."
        raise UsageError(message)
    return np.asarray(values[name])


def _not(operand: Array) -> Array:
    return np.logical_not(operand) if operand.dtype == np.bool_ else np.invert(operand)


def _divide(lhs: Array, rhs: Array) -> Array:
    """Divide; integers truncate towards zero, as in C."""
    if lhs.dtype.kind == "f":
        return np.divide(lhs, rhs)
    return np.floor_divide(lhs - np.fmod(lhs, rhs), rhs)


def _minimum(lhs: Array, rhs: Array) -> Array:
    return np.where(np.less(lhs, rhs), lhs, rhs)


def _maximum(lhs: Array, rhs: Array) -> Array:
    return np.where(np.greater(lhs, rhs), lhs, rhs)


_UNARY: dict[str, Callable[[Array], Array]] = {
    "neg": np.negative,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "floor": np.floor,
    "not": _not,
}
_BINARY: dict[str, Callable[[Array, Array], Array]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": _divide,
    "rem": np.fmod,
    "min": _minimum,
    "max": _maximum,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "shl": np.left_shift,
    "shr": np.right_shift,
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
