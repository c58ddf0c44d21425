"""The checks that every operation's record must pass; whoever adds one runs them on it.

    for op in registry().values():
        check_operation(op)

They compare the fields of a record with each other: types with the reference's arrays, the scalar
or element expression with the reference, the gradient with differences, and what must be refused
with the message it must give. Compiled code joins in `tests/conformance`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from constnet.errors import ConstnetError
from constnet.ir import text
from constnet.ir.graph import Graph, GraphBuilder
from constnet.ir.location import Location
from constnet.ir.verify import verify
from constnet.loopir.evaluate import evaluate
from constnet.loopir.types import Expr, Load, Local, index
from constnet.ops.indexing import linearize
from constnet.ops.op import NoGradient, Op, Sample
from constnet.ops.tensor import Constant, apply
from constnet.testing.gradcheck import gradcheck, type_of

if TYPE_CHECKING:
    from constnet.ir.types import TensorType
    from constnet.ops.tensor import Tensor

Array = np.ndarray
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
    (expected,) = op.infer(sample.attrs, types)
    found = np.asarray(op.reference(sample.attrs, *sample.inputs))
    assert type_of(found) == expected, f"[{op.name}] infer says {expected}, not {type_of(found)}"
    again = np.asarray(op.reference(sample.attrs, *sample.inputs))
    assert found.tobytes() == again.tobytes(), (
        f"[{op.name}] the reference gave {found}, then {again}"
    )


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
    expected = np.asarray(op.reference(sample.attrs, *sample.inputs))
    if op.scalar is not None:
        found = run_scalar(op, sample)
    elif op.element is not None:
        found = run_element(op, sample)
    else:
        return
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
        return apply(op.name, sample.attrs, *tensors)

    gradcheck(run, *wide)
