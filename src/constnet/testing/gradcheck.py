"""Gradients against central differences, in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from constnet import dtypes, interpreter
from constnet.autodiff import gradients
from constnet.errors import UsageError
from constnet.ir.graph import Graph, GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops.samples import spread
from constnet.ops.tensor import Tensor, Trace, constant, tracing

if TYPE_CHECKING:
    from constnet.dtypes import DType

Array = np.ndarray
Traced = Callable[..., Any]
Run = Callable[[Graph, Sequence[Array]], list[Array]]


def gradcheck(
    function: Traced, *arrays: Array, epsilon: float = 1e-6, rtol: float = 1e-5, atol: float = 1e-7
) -> None:
    """Compare the gradients of `function` with central differences.

    Args:
        function: takes tensors, returns one tensor; built of operations.
        arrays: where to look; floats are taken as float64, others are not differentiated by.
        epsilon: half the distance of the two points of a difference.
        rtol: allowed error relative to the difference.
        atol: allowed error on top.

    Raises:
        AssertionError: a gradient is off; the message names the input and the element.

    Example:
        >>> from constnet import ops
        >>> gradcheck(lambda x: ops.tanh(x) * x, np.array([0.5, -1.0]))
    """
    points = [_wide(array) for array in arrays]
    wrt = [number for number, point in enumerate(points) if point.dtype == np.float64]
    if not wrt:
        message = f"gradcheck got {len(arrays)} arrays, none of floats. Give one of floats."
        raise UsageError(message)
    value, gradient = _graphs(function, points, wrt)
    found = interpreter.run(gradient, points)
    weight = _cotangent(value.outputs[0].type.shape)
    for number, array in zip(wrt, found, strict=True):
        expected = _differences(value, points, number, weight, epsilon)
        np.testing.assert_allclose(
            array, expected, rtol=rtol, atol=atol, err_msg=f"gradient by input {number}"
        )


def trace(
    function: Traced, *types: TensorType, name: str = "traced", dtype: DType | None = None
) -> Graph:
    """The graph of a function of tensors, with inputs `x0`, `x1`, ..."""
    opened = Trace(GraphBuilder(name), dtype=dtype)
    with tracing(opened):
        inputs = [opened.input(f"x{number}", type_) for number, type_ in enumerate(types)]
        result = function(*inputs)
    outputs = [result] if isinstance(result, Tensor) else list(result)
    return opened.builder.build(output.value for output in outputs)


def type_of(array: Array) -> TensorType:
    """The type of an array."""
    return TensorType(array.shape, dtypes.as_dtype(array.dtype))


def _wide(array: Array) -> Array:
    given = np.asarray(array)
    return given.astype(np.float64) if given.dtype.kind == "f" else given


def _cotangent(shape: tuple[int, ...]) -> Array:
    return spread(*shape, low=0.5, high=1.5, phase=0.4, dtype="float64")


def _graphs(function: Traced, points: Sequence[Array], wrt: Sequence[int]) -> tuple[Graph, Graph]:
    types = [type_of(point) for point in points]

    def differentiated(*inputs: Tensor) -> list[Tensor]:
        output = function(*inputs)
        seed = constant(_cotangent(output.shape), output.trace)
        return gradients(output, [inputs[number] for number in wrt], seed)

    wide = dtypes.float64
    return (
        trace(function, *types, dtype=wide),
        trace(differentiated, *types, dtype=wide),
    )


def _differences(
    graph: Graph, points: Sequence[Array], number: int, weight: Array, epsilon: float
) -> Array:
    """Central differences of the weighted sum of the output by every element of one input."""
    result = np.zeros(points[number].shape)
    for place in np.ndindex(result.shape):
        sides: list[float] = []
        for sign in (1.0, -1.0):
            moved = list(points)
            moved[number] = points[number].copy()
            moved[number][place] += sign * epsilon
            sides.append(float(np.sum(interpreter.run(graph, moved)[0] * weight)))
        result[place] = (sides[0] - sides[1]) / (2 * epsilon)
    return result
