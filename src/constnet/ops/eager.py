"""Operations on arrays: traced into a graph of their own and run at once."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import numpy as np

from constnet.dtypes import as_dtype
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.execute import execute_node
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
        if has_tensor(given):
            return function(*args, **kwargs)
        has_arrays = _has_array(given)
        if is_tracing() and not has_arrays:
            return function(*args, **kwargs)
        if not has_arrays and args:
            args = (np.asarray(args[0]), *args[1:])  # type: ignore[assignment]
        return run_at_once(function, args, kwargs)

    return call


def has_tensor(given: Sequence[Any]) -> bool:
    """Whether a tensor, or what stands for one, is among arguments, in lists and tuples too."""
    for arg in given:
        if isinstance(arg, Tensor) or hasattr(arg, "as_tensor"):
            return True
        if isinstance(arg, (list, tuple)) and has_tensor(cast("Sequence[Any]", arg)):
            return True
    return False


def _has_array(given: Sequence[Any]) -> bool:
    for arg in given:
        if isinstance(arg, np.ndarray):
            return True
        if isinstance(arg, (list, tuple)) and _has_array(cast("Sequence[Any]", arg)):
            return True
    return False


def run_at_once(function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Trace `function` of tensors on arrays, run the graph, and return arrays."""
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

    def array_of(result: Any) -> Any:
        if isinstance(result, Tensor):
            return known[result.value]
        parts = [array_of(each) for each in result]
        return tuple(parts) if isinstance(result, tuple) else parts

    with tracing(trace):
        result = function(*map(lift, args), **{name: lift(arg) for name, arg in kwargs.items()})
    for node in trace.builder.nodes:
        execute_node(node, known)
    return array_of(result)
