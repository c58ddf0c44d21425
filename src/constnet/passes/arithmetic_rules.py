"""Rules for pointwise operations. Each keeps every bit; where a sign of zero could change, none is.

x * 1, x / 1, x - 0, x + (-0.0)  ->  x            (x + 0.0 stays: it turns -0.0 into 0.0)
x / 2^k                          ->  x * 2^-k
-(-x)                            ->  x
-(x * constant)                  ->  x * -constant
x + (-y), (-y) + x               ->  x - y
x - (-y)                         ->  x + y
cast to the same dtype, or there and back through a wider one  ->  x
where(True, x, y), where(c, x, x)  ->  x
stop_gradient(x)                 ->  x            (gradients are taken before passes run)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from constnet.ops.lifting import NO_ATTRS
from constnet.passes.splat import add_constant, splat_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from constnet.ir.graph import Node, Value
    from constnet.passes.rewriting import Rewriting

    Inputs = tuple[Value, ...]
    Rule = Callable[[Rewriting, Node, Inputs], Value | None]


def _is_splat(rewriting: Rewriting, value: Value, wanted: float) -> bool:
    """Whether every element is `wanted`, with its sign."""
    splat = splat_of(value, rewriting.producers)
    if splat is None or splat.dtype.kind == "b":
        return False
    found = splat.item()
    return found == wanted and math.copysign(1, found) == math.copysign(1, wanted)


def _operand_of(rewriting: Rewriting, value: Value, op: str) -> Value | None:
    """The input of `value`'s producer, if that is the unary operation `op`."""
    producer = rewriting.producers.get(value)
    return producer.inputs[0] if producer is not None and producer.op == op else None


def _mul_one(rewriting: Rewriting, _node: Node, inputs: Inputs) -> Value | None:
    lhs, rhs = inputs
    if _is_splat(rewriting, rhs, 1):
        return lhs
    return rhs if _is_splat(rewriting, lhs, 1) else None


def _div_one(rewriting: Rewriting, _node: Node, inputs: Inputs) -> Value | None:
    return inputs[0] if _is_splat(rewriting, inputs[1], 1) else None


def _div_power_of_two(rewriting: Rewriting, node: Node, inputs: Inputs) -> Value | None:
    """Both round the same real number, if the reciprocal is itself a normal float."""
    splat = splat_of(inputs[1], rewriting.producers)
    if splat is None or not np.isfinite(splat) or splat == 0:
        return None
    fraction, exponent = math.frexp(splat.item())
    limits = np.finfo(splat.dtype)
    if abs(fraction) != 0.5 or not limits.minexp < 1 - exponent < limits.maxexp:
        return None
    reciprocal = np.asarray(1.0 / splat.item(), splat.dtype)
    factor = add_constant(rewriting, reciprocal, inputs[1], node.location)
    return rewriting.add("mul", NO_ATTRS, (inputs[0], factor), node.outputs[0].type, node.location)


def _add_zero(rewriting: Rewriting, _node: Node, inputs: Inputs) -> Value | None:
    lhs, rhs = inputs
    zero = -0.0 if lhs.type.dtype.is_float else 0
    if _is_splat(rewriting, rhs, zero):
        return lhs
    return rhs if _is_splat(rewriting, lhs, zero) else None


def _sub_zero(rewriting: Rewriting, _node: Node, inputs: Inputs) -> Value | None:
    return inputs[0] if _is_splat(rewriting, inputs[1], 0) else None


def _add_negative(rewriting: Rewriting, node: Node, inputs: Inputs) -> Value | None:
    for kept, other in (inputs, inputs[::-1]):
        operand = _operand_of(rewriting, other, "neg")
        if operand is not None:
            type_ = node.outputs[0].type
            return rewriting.add("sub", NO_ATTRS, (kept, operand), type_, node.location)
    return None


def _sub_negative(rewriting: Rewriting, node: Node, inputs: Inputs) -> Value | None:
    operand = _operand_of(rewriting, inputs[1], "neg")
    if operand is None:
        return None
    type_ = node.outputs[0].type
    return rewriting.add("add", NO_ATTRS, (inputs[0], operand), type_, node.location)


def _double_negative(rewriting: Rewriting, _node: Node, inputs: Inputs) -> Value | None:
    return _operand_of(rewriting, inputs[0], "neg")


def _negative_product(rewriting: Rewriting, node: Node, inputs: Inputs) -> Value | None:
    product = rewriting.producers.get(inputs[0])
    if product is None or product.op != "mul":
        return None
    for kept, other in (product.inputs, product.inputs[::-1]):
        splat = splat_of(other, rewriting.producers)
        if splat is not None and splat.dtype.kind == "f":
            factor = add_constant(rewriting, np.negative(splat), other, node.location)
            type_ = node.outputs[0].type
            return rewriting.add("mul", NO_ATTRS, (kept, factor), type_, node.location)
    return None


def _same_dtype(rewriting: Rewriting, node: Node, inputs: Inputs) -> Value | None:
    wanted = node.outputs[0].type.dtype
    given = inputs[0].type.dtype
    if given == wanted:
        return inputs[0]
    source = _operand_of(rewriting, inputs[0], "cast")
    if source is None or source.type.dtype != wanted:
        return None
    is_wider = given.kind == wanted.kind and given.bytes > wanted.bytes
    return source if is_wider else None


def _chosen(rewriting: Rewriting, _node: Node, inputs: Inputs) -> Value | None:
    condition, if_true, if_false = inputs
    if if_true is if_false:
        return if_true
    known = splat_of(condition, rewriting.producers)
    if known is None:
        return None
    return if_true if known else if_false


def _first(_rewriting: Rewriting, _node: Node, inputs: Inputs) -> Value | None:
    return inputs[0]


ARITHMETIC_RULES: dict[str, tuple[Rule, ...]] = {
    "mul": (_mul_one,),
    "div": (_div_one, _div_power_of_two),
    "add": (_add_zero, _add_negative),
    "sub": (_sub_zero, _sub_negative),
    "neg": (_double_negative, _negative_product),
    "cast": (_same_dtype,),
    "where": (_chosen,),
    "stop_gradient": (_first,),
}
