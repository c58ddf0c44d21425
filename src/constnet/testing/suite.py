"""The checks that every operation's record must pass; whoever adds one runs them on it.

    for op in registry().values():
        check_operation(op)

They compare the fields of a record with each other: types with the reference's arrays, the scalar
or element expression with the reference, the gradient with differences, and what must be refused
with the message it must give. Compiled code joins in `tests/conformance`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from constnet import interpreter
from constnet.errors import ConstnetError
from constnet.ir import text
from constnet.ir.graph import Graph, GraphBuilder
from constnet.ir.location import Location
from constnet.ir.verify import verify
from constnet.loopir.evaluate import evaluate
from constnet.loopir.types import Expr, Load, Local, index
from constnet.ops.attributes import Axes, Axis
from constnet.ops.indexing import linearize
from constnet.ops.op import NoGradient, Op, Sample
from constnet.ops.tensor import Constant, apply, apply_many
from constnet.testing.gradcheck import gradcheck, trace, type_of

if TYPE_CHECKING:
    from constnet.ir.types import TensorType
    from constnet.ops.tensor import Tensor

Array = np.ndarray
_STEPS = 3
_ULP_OF_FUNCTIONS = 4  # ours is within 2 of the truth, so is NumPy


def check_operation(op: Op[Any]) -> None:
    """All checks of one record.

    Raises:
        AssertionError: a field contradicts another; the message says which.
    """
    check_rejects(op)
    for sample in op.samples:
        check_types(op, sample)
        check_expression(op, sample)
        check_graph(op, sample)
        check_gradient(op, sample)
        check_summed(op, sample)


def sample_graph(op: Op[Any], sample: Sample[Any]) -> Graph:
    """A graph of one node: the operation on inputs of the sample's types."""
    builder = GraphBuilder(op.name)
    types = tuple(type_of(array) for array in sample.inputs)
    values = [builder.input(f"x{number}", type_) for number, type_ in enumerate(types)]
    outputs = builder.add(op.name, sample.attrs, values, op.infer(sample.attrs, types), Location())
    return builder.build(outputs)


def check_types(op: Op[Any], sample: Sample[Any]) -> None:
    """`infer` gives the shape and dtype of the reference's result, which is the same twice."""
    types = tuple(type_of(array) for array in sample.inputs)
    expected = op.infer(sample.attrs, types)
    arrays = results_of(op, sample)
    found = tuple(type_of(array) for array in arrays)
    assert found == expected, f"[{op.name}] infer says {expected}, not {found}"
    for array, again in zip(arrays, results_of(op, sample), strict=True):
        assert array.tobytes() == again.tobytes(), (
            f"[{op.name}] the reference gave {array}, then {again}"
        )


def results_of(op: Op[Any], sample: Sample[Any]) -> tuple[Array, ...]:
    """The outputs that the reference makes of the sample's arrays."""
    found = op.reference(sample.attrs, *sample.inputs)
    return found if isinstance(found, tuple) else (np.asarray(found),)


def check_rejects(op: Op[Any]) -> None:
    """Each input to refuse is refused, with its message."""
    for reject in op.rejects:
        given = ", ".join(map(str, reject.inputs))
        try:
            result = op.infer(reject.attrs, reject.inputs)
        except ConstnetError as error:
            found = str(error)
            assert found.startswith(f"[{op.name}]"), f"message does not begin [{op.name}]: {found}"
            assert re.search(reject.match, found), f"{reject.match!r} is not in: {found}"
        else:
            message = f"[{op.name}] accepted {reject.attrs} on {given} as {result}"
            raise AssertionError(message)


def check_expression(op: Op[Any], sample: Sample[Any]) -> None:
    """The expression of an element, run on arrays, gives the reference's elements."""
    if op.scalar is not None:
        found = run_scalar(op, sample)
    elif op.element is not None:
        found = run_element(op, sample)
    else:
        return
    (expected,) = results_of(op, sample)
    assert found.dtype == expected.dtype, f"[{op.name}] is {found.dtype}, not {expected.dtype}"
    if expected.dtype.kind == "f" and op.scalar is not None:
        np.testing.assert_array_max_ulp(found, expected, _ULP_OF_FUNCTIONS)
    else:
        np.testing.assert_array_equal(found, expected, err_msg=op.name)


def run_scalar(op: Op[Any], sample: Sample[Any]) -> Array:
    """Evaluate `scalar` on the sample's arrays."""
    assert op.scalar is not None, f"[{op.name}] has no scalar"
    values = {f"x{number}": array for number, array in enumerate(sample.inputs)}
    operands = [Local(name, type_of(array).dtype) for name, array in values.items()]
    return evaluate(op.scalar(sample.attrs, *operands), values)


def run_element(op: Op[Any], sample: Sample[Any]) -> Array:
    """Evaluate `element` at every index; refuse a read out of bounds."""
    inputs = sample.inputs
    if isinstance(sample.attrs, Constant):
        inputs = (sample.attrs.array,)
    types = tuple(type_of(array) for array in inputs)
    (result,) = op.infer(sample.attrs, tuple(type_of(array) for array in sample.inputs))
    reads: list[tuple[int, tuple[Expr, ...]]] = []

    def read(number: int, at: tuple[Expr, ...]) -> Expr:
        type_ = types[number]
        assert len(at) == type_.rank, f"[{op.name}] reads {type_} at {len(at)} indices"
        reads.append((number, at))
        position = linearize(at, types[number].shape)
        return Load(f"x{number}", position, types[number].dtype)

    at = tuple(Local(f"i{axis}", index) for axis in range(result.rank))
    assert op.element is not None, f"[{op.name}] has no element"
    expression = op.element(sample.attrs, types, at, read)
    grid = np.indices(result.shape, dtype="int32")
    values = {f"i{axis}": grid[axis] for axis in range(result.rank)}
    memory = {f"x{number}": array.reshape(-1) for number, array in enumerate(inputs)}
    for number, coordinates in reads:
        _check_bounds(op.name, coordinates, types[number], values, memory)
    return np.broadcast_to(evaluate(expression, values, memory), result.shape)


def _check_bounds(
    name: str,
    coordinates: tuple[Expr, ...],
    type_: TensorType,
    values: dict[str, Array],
    memory: dict[str, Array],
) -> None:
    for axis, coordinate in enumerate(coordinates):
        found = evaluate(coordinate, values, memory)
        low, high = int(np.min(found)), int(np.max(found))
        is_inside = low >= 0 and high < type_.shape[axis]
        assert is_inside, f"[{name}] reads axis {axis} of {type_} at {low} to {high}"


def check_graph(op: Op[Any], sample: Sample[Any]) -> None:
    """A graph of the operation is legal, and its text reads back to the same text."""
    graph = verify(sample_graph(op, sample))
    printed = text.to_text(graph)
    read = verify(text.from_text(printed))
    assert text.to_text(read) == printed, f"[{op.name}] reads back as {text.to_text(read)}"
    assert read.nodes[0].attrs == graph.nodes[0].attrs, f"[{op.name}] {read.nodes[0].attrs}"


def check_gradient(op: Op[Any], sample: Sample[Any]) -> None:
    """The gradient rule agrees with central differences, where the sample has no kink."""
    if isinstance(op.vjp, NoGradient):
        assert op.vjp.reason, f"[{op.name}] says {op.vjp} without a reason"
        return
    if not sample.differentiable:
        return
    wide = tuple(
        array.astype("float64") if array.dtype.kind == "f" else array for array in sample.inputs
    )

    def run(*tensors: Tensor) -> Tensor:
        made = apply_many(op.name, sample.attrs, *tensors)
        floats = [tensor for tensor in made if tensor.dtype.is_float]
        if len(floats) == 1:
            return floats[0]
        flat = [tensor.reshape(tensor.type.size) for tensor in floats]
        return apply("concatenate", Axis(0), *flat)

    gradcheck(run, *wide)


def check_summed(op: Op[Any], sample: Sample[Any]) -> None:
    """`summed` of a few steps is the sum of the operation's results at each."""
    if op.summed is None or not sample.differentiable:
        return
    wide = [np.asarray(array, _wide(array)) for array in sample.inputs]
    stacks = [_steps(array) for array in wide]
    graph = trace(lambda *given: _summed(op, sample, given), *(type_of(s) for s in stacks))
    if graph.outputs == graph.inputs:
        return
    (found,) = interpreter.run(graph, stacks)
    steps = [tuple(stack[step] for stack in stacks) for step in range(_STEPS)]
    results = [np.asarray(op.reference(sample.attrs, *given)) for given in steps]
    expected = np.sum(results, axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12, err_msg=op.name)


def _wide(array: Array) -> np.dtype[Any]:
    return np.dtype("float64") if array.dtype.kind == "f" else array.dtype


def _steps(array: Array) -> Array:
    """The array at a few steps, different at each if it is of floats."""
    factors = np.arange(1, _STEPS + 1) if array.dtype.kind == "f" else np.ones(_STEPS)
    return np.stack([(array * factor).astype(array.dtype) for factor in factors])


def _summed(op: Op[Any], sample: Sample[Any], stacks: tuple[Tensor, ...]) -> Tensor | list[Tensor]:
    """The sum by the record; all stacks as they are where the record declines."""
    assert op.summed is not None, f"[{op.name}] has no summed"
    found = op.summed(sample.attrs, tuple(_Stacked(stack) for stack in stacks))
    return list(stacks) if found is None else found


@dataclass(frozen=True, slots=True)
class _Stacked:
    """`ops.op.Steps` of a tensor whose axis 0 is the step."""

    tensor: Tensor

    @property
    def is_stacked(self) -> bool:
        return True

    def stack(self) -> Tensor:
        return self.tensor

    def total(self) -> Tensor:
        return apply("reduce_sum", Axes((0,)), self.tensor)
