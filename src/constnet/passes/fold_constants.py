"""Computes what depends on constants alone, where that cannot change a bit of the result.

    before                              after
    %1 = constant {2.0}                 %4 = constant {6.0}
    %2 = constant {3.0}                 %3 = mul(%0, %4)
    %4 = mul(%1, %2)
    %3 = mul(%0, %4)

Folded: pointwise operations that round once, and movement of small constants. Not folded: sums,
products of matrices and transcendental functions, whose bits depend on the numerics mode, and
anything that would turn a splat or a count into an array.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from constnet.loopir.types import Apply, Expr, MulAdd
from constnet.ops import op as records
from constnet.ops.execute import execute, scalar_expression
from constnet.passes.rewriting import Rewriting
from constnet.passes.splat import add_constant, constant_of, splat_of

if TYPE_CHECKING:
    from constnet.dtypes import DType
    from constnet.ir.graph import Attrs, Graph, Node, Value

_MOVED_SPLATS = frozenset({"reshape", "transpose", "slice", "flip"})


def fold_constants(graph: Graph) -> Graph:
    """`graph` with foldable nodes replaced; the same object if there are none."""
    rewriting = Rewriting(graph)
    for node in graph.nodes:
        inputs = rewriting.renamed(node.inputs)
        folded = _fold(rewriting, node, inputs)
        if folded is None:
            rewriting.keep(node, inputs)
        else:
            rewriting.replace(node.outputs[0], folded)
    return rewriting.finish()


def _fold(rewriting: Rewriting, node: Node, inputs: tuple[Value, ...]) -> Value | None:
    if node.op == "constant":
        return _fold_uniform(rewriting, node)
    if not inputs or node.op == "broadcast_to":
        return None
    output = node.outputs[0]
    splats = [splat_of(value, rewriting.producers) for value in inputs]
    known = [splat for splat in splats if splat is not None]
    if node.op in _MOVED_SPLATS and known:
        return add_constant(rewriting, known[0], output, node.location)
    dtypes = tuple(value.type.dtype for value in inputs)
    if not is_foldable(node.op, node.attrs, dtypes, output.type.dtype):
        return None
    is_pointwise = records.get(node.op).scalar is not None
    if is_pointwise and len(known) == len(inputs):
        (result,) = execute(node.op, node.attrs, dtypes, known)
        return add_constant(rewriting, result, output, node.location)
    return _fold_arrays(rewriting, node, inputs, dtypes)


def _fold_uniform(rewriting: Rewriting, node: Node) -> Value | None:
    """A constant array whose elements all have the same bits becomes a splat."""
    output = node.outputs[0]
    if output.type.size <= 1:
        return None
    array = constant_of(output, {output: node})
    if array is None or array.tobytes() != array.reshape(-1)[:1].tobytes() * array.size:
        return None
    return add_constant(rewriting, array.reshape(-1)[0].reshape(()), output, node.location)


def _fold_arrays(
    rewriting: Rewriting, node: Node, inputs: tuple[Value, ...], dtypes: tuple[DType, ...]
) -> Value | None:
    arrays: list[np.ndarray] = []
    for value in inputs:
        array = constant_of(value, rewriting.producers)
        splat = splat_of(value, rewriting.producers) if array is None else None
        if splat is not None:
            array = np.broadcast_to(splat, value.type.shape)
        if array is None:
            return None
        arrays.append(array)
    if all(constant_of(value, rewriting.producers) is None for value in inputs):
        return None
    output = node.outputs[0]
    if output.type.bytes > sum(array.nbytes for array in arrays):
        return None
    (result,) = execute(node.op, node.attrs, dtypes, arrays)
    return add_constant(rewriting, result, output, node.location)


@lru_cache(maxsize=4096)
def is_foldable(op: str, attrs: Attrs, dtypes: tuple[DType, ...], result: DType) -> bool:
    """Whether one execution on constants has the bits of every mode and machine."""
    record = records.get(op)
    if record.element is not None:
        return True
    expression = scalar_expression(op, attrs, dtypes)
    if expression is None or (op == "cast" and dtypes[0].is_float and not result.is_float):
        return False  # sums have an order; floats out of an integer's range have no defined value
    return not _has_mode(expression)


def _has_mode(expression: Any) -> bool:
    """Whether a value depends on the numerics mode: multiply-add, or a function made of them."""
    if isinstance(expression, (Apply, MulAdd)):
        return True
    if isinstance(expression, Expr) and is_dataclass(expression):
        return any(_has_mode(getattr(expression, each.name)) for each in fields(expression))
    return False
