"""Operations on arrays: traced into a graph of their own and run at once."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import numpy as np

from constnet.dtypes import as_dtype
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.execute import execute
from constnet.ops.tensor import Tensor, Trace, is_tracing, tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from constnet.ir.graph import Value

P = ParamSpec("P")
R = TypeVar("R")


def eager(function: Callable[P, R]) -> Callable[P, R]:
    """Let `function`, written for tensors, also take arrays alone and then return an array.

    While a trace is open, a call without any array (a number, a shape) makes a tensor.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        given = [*args, *kwargs.values()]
        if _has_tensor(given):
            return function(*args, **kwargs)
        has_arrays = _has_array(given)
        if is_tracing() and not has_arrays:
            return function(*args, **kwargs)
        return _run(function, args, kwargs, has_arrays=has_arrays)

    return call


def _has_tensor(given: Sequence[Any]) -> bool:
    for arg in given:
        if isinstance(arg, Tensor) or hasattr(arg, "as_tensor"):
            return True
        if isinstance(arg, (list, tuple)) and _has_tensor(cast("Sequence[Any]", arg)):
            return True
    return False


def _has_array(given: Sequence[Any]) -> bool:
    for arg in given:
        if isinstance(arg, np.ndarray):
            return True
        if isinstance(arg, (list, tuple)) and _has_array(cast("Sequence[Any]", arg)):
            return True
    return False


def _run(function: Callable[..., Any], args: Any, kwargs: Any, *, has_arrays: bool) -> Any:
    trace = Trace(GraphBuilder("eager"))
    known: dict[Value, np.ndarray] = {}

    def lift(arg: Any) -> Any:
        if isinstance(arg, np.ndarray):
            array = cast("np.ndarray", arg)
            tensor = trace.input("x", TensorType(array.shape, as_dtype(array.dtype)))
            known[tensor.value] = array
            return tensor
        if isinstance(arg, (list, tuple)):
            return [lift(each) for each in cast("Sequence[Any]", arg)]
        return arg

    if not has_arrays and args:
        args = (np.asarray(args[0]), *args[1:])
    with tracing(trace):
        result = function(*map(lift, args), **{name: lift(arg) for name, arg in kwargs.items()})
    for node in trace.builder.nodes:
        dtypes = tuple(value.type.dtype for value in node.inputs)
        arrays = [known[value] for value in node.inputs]
        known[node.outputs[0]] = execute(node.op, node.attrs, dtypes, arrays)
    if isinstance(result, Tensor):
        return known[result.value]
    return [known[tensor.value] for tensor in result]
