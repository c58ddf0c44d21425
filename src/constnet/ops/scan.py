"""A loop over steps: one graph, the body, run as often as a sequence is long.

    carry = initial
    for t in range(length):
        carry, outputs[t] = body(carry, sequences[t], invariants)

Inputs of the node are the initial carries, the sequences, then the invariants: what the body reads
from outside. Outputs are the final carries, then the outputs of all steps, stacked. The body is a
graph in the attributes, its inputs and outputs in the same orders. The gradient is in
`scan_gradient.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from constnet import dtypes
from constnet.errors import ShapeError, UsageError
from constnet.ir.body import Body
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.ops import nest
from constnet.ops.eager import has_tensor, run_at_once
from constnet.ops.execute import execute_graph
from constnet.ops.op import Op, Reject, Sample, register
from constnet.ops.samples import spread
from constnet.ops.scan_attributes import Scan
from constnet.ops.scan_gradient import scan_vjp
from constnet.ops.tensor import (
    Tensor,
    TensorLike,
    Trace,
    apply_many,
    as_tensor,
    current_trace,
    find_trace,
    is_tracing,
    tracing,
)
from constnet.ops.transcendental import tanh
from constnet.ops.typing_rules import Types, listed

if TYPE_CHECKING:
    from constnet.ir.graph import Graph

Tensors = tuple[Tensor, ...]
Step = Callable[[Tensors, Tensors], "tuple[Sequence[TensorLike], Sequence[TensorLike]]"]


def _infer(attrs: Scan, types: Types) -> Types:
    graph = attrs.body.graph
    if attrs.length < 1:
        message = f"[scan] runs {attrs.length} steps. It needs at least 1."
        raise ShapeError(message)
    if len(types) != len(graph.inputs) or len(types) < attrs.carries + attrs.sequences:
        message = (
            f"[scan] got {len(types)} inputs ({listed(types)}); its body takes "
            f"{len(graph.inputs)}, {attrs.carries} of them carries and {attrs.sequences} items."
        )
        raise ShapeError(message)
    _need_inputs(attrs, types)
    made = tuple(value.type for value in graph.outputs)
    for number, (given, new) in enumerate(zip(types[: attrs.carries], made, strict=False)):
        need_same_carry(number, given, new)
    stacked = (type_.with_shape((attrs.length, *type_.shape)) for type_ in made[attrs.carries :])
    return (*types[: attrs.carries], *stacked)


def need_same_carry(number: int, given: TensorType, made: TensorType) -> None:
    """Refuse a body that changes the type of a carry."""
    if given != made:
        message = (
            f"[scan] carry {number} is {given} before a step and {made} after it. Return a carry "
            "of the type it came with: reshape or cast it in the body, or start from another."
        )
        raise ShapeError(message)


def _need_inputs(attrs: Scan, types: Types) -> None:
    """Refuse inputs that are not what the body takes."""
    items = range(attrs.carries, attrs.carries + attrs.sequences)
    for number, (type_, value) in enumerate(zip(types, attrs.body.graph.inputs, strict=True)):
        given = type_
        if number in items:
            if type_.rank == 0 or type_.shape[0] != attrs.length:
                message = (
                    f"[scan] sequence {number - attrs.carries} is {type_}; a scan of "
                    f"{attrs.length} steps takes sequences with {attrs.length} on axis 0."
                )
                raise ShapeError(message)
            given = type_.with_shape(type_.shape[1:])
        if given != value.type:
            message = (
                f"[scan] input {number} gives {given} to a step, and the body takes {value.type} "
                f"as {value}. Give the type that the body was made for."
            )
            raise ShapeError(message)


def _reference(attrs: Scan, *arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """Step by step, each on the interpreter's arrays."""
    first, last = attrs.carries, attrs.carries + attrs.sequences
    carries, sequences, invariants = arrays[:first], arrays[first:last], arrays[last:]
    made = attrs.body.graph.outputs[first:]
    stacks = [np.empty((attrs.length, *v.type.shape), v.type.dtype.numpy) for v in made]
    steps = range(attrs.length)
    for step in reversed(steps) if attrs.reverse else steps:
        items = [np.asarray(sequence[step]) for sequence in sequences]
        results = execute_graph(attrs.body.graph, [*carries, *items, *invariants])
        carries = tuple(results[:first])
        for stack, result in zip(stacks, results[first:], strict=True):
            stack[step] = result
    return (*carries, *stacks)


def scan(
    body: Step,
    initial: Sequence[TensorLike],
    sequences: Sequence[TensorLike] = (),
    *,
    length: int | None = None,
    reverse: bool = False,
    recompute: bool = False,
) -> tuple[Tensors, Tensors]:
    """Run `body` once for each element along axis 0 of `sequences`, handing on a carry.

    The body may use any tensor or parameter from outside. It is traced once, so a random mask drawn
    inside it is the same at every step, unless the numbers drawn are made from an item; `if` on
    values is not possible, `ops.where` is. A scan without carries is a map: its steps are
    independent.

    Args:
        body: from a tuple of carries and a tuple of items (the sequences' elements of this step) to
            a tuple of new carries, of the same types, and a tuple of outputs of this step.
        initial: the carries before the first step.
        sequences: tensors stacked along axis 0.
        length: the number of steps; needed only where there are no sequences.
        reverse: go from the last step to the first. Outputs stay at the index of their step.
        recompute: keep only the carries for the gradient, and compute the body again in it: less
            memory, more time.

    Returns:
        The carries after the last step, and the outputs of all steps, stacked along axis 0.

    Raises:
        ShapeError: sequences differ in length, or the body changes the type of a carry.
        UsageError: the body returns something else than two tuples, or assigns a state.

    Example:
        >>> final, sums = scan(
        ...     lambda carry, items: ((carry[0] + items[0],), (carry[0],)),
        ...     (np.float32([0.0]),), (np.float32([[1], [2], [3]]),),
        ... )
        >>> final[0], sums[0].ravel()
        (array([6.], dtype=float32), array([0., 1., 3.], dtype=float32))
    """
    given = (body, tuple(initial), tuple(sequences), length, reverse, recompute)
    if is_tracing() or has_tensor([*initial, *sequences]):
        return _scan(*given)
    arrays: tuple[Tensors, Tensors] = run_at_once(_scan, given, {})
    return arrays


def _scan(
    body: Step,
    initial: Sequence[TensorLike],
    sequences: Sequence[TensorLike],
    length: int | None,
    reverse: bool,
    recompute: bool,
) -> tuple[Tensors, Tensors]:
    trace = current_trace() if is_tracing() else find_trace(*initial, *sequences)
    carries = [as_tensor(given, trace) for given in initial]
    stacks = [as_tensor(given, trace) for given in sequences]
    steps = _length([stack.type for stack in stacks], length)
    inside = trace.child("body")
    graph = _traced(body, inside, carries, stacks)
    attrs = Scan(Body(graph), len(carries), len(stacks), steps, reverse, recompute)
    outer = [Tensor(value, trace) for value in inside.captured]
    results = apply_many("scan", attrs, *carries, *stacks, *outer, trace=trace)
    return results[: len(carries)], results[len(carries) :]


def _traced(body: Step, inside: Trace, carries: list[Tensor], stacks: list[Tensor]) -> Graph:
    """The graph of one step."""
    with tracing(inside):
        before = tuple(inside.input(f"carry{n}", x.type) for n, x in enumerate(carries))
        items = tuple(
            inside.input(f"item{n}", x.type.with_shape(x.shape[1:])) for n, x in enumerate(stacks)
        )
        new, outputs = _pair(body(before, items))
        made = [as_tensor(x, inside) for x in new]
        given = [as_tensor(x, inside) for x in outputs]
    inside.is_over = True
    if not made and not given:
        message = (
            "[scan] the body returned no carry and no output, so the scan makes nothing. Return "
            "what a step computes as an output."
        )
        raise UsageError(message)
    if len(made) != len(carries):
        message = (
            f"[scan] {len(carries)} carries go into the body and {len(made)} come out "
            f"({listed(tuple(x.type for x in made))}). Return one new value for each."
        )
        raise ShapeError(message)
    for number, (old, tensor) in enumerate(zip(carries, made, strict=True)):
        need_same_carry(number, old.type, tensor.type)
    _need_no_updates(inside)
    return inside.builder.build(tensor.value for tensor in (*made, *given))


def _pair(result: object) -> tuple[Sequence[TensorLike], Sequence[TensorLike]]:
    """What a body returned, checked to be two tuples."""
    parts = cast("Sequence[Any]", result) if isinstance(result, (tuple, list)) else ()
    if len(parts) == 2 and all(isinstance(part, (tuple, list)) for part in parts):
        return parts[0], parts[1]
    found = ", ".join(type(part).__name__ for part in parts)
    if not found:
        found = type(cast("object", result)).__name__
    message = (
        f"[scan] the body returned ({found}); expected two tuples, the new carries and the outputs "
        "of this step. Write `return (carry,), (output,)`; an empty tuple is `()`."
    )
    raise UsageError(message)


def _need_no_updates(inside: Trace) -> None:
    """Refuse a body that assigns a state: there is no one new value of it after many steps."""
    if not inside.updates:
        return
    bindings = inside.root.bindings
    names = ", ".join(
        str(bindings[key].value) if key in bindings else "?" for key in inside.updates
    )
    message = (
        f"[scan] the body assigns state {names}, of which each step would have a value of its own. "
        "Pass it along as a carry and assign it after the scan, or keep such layers outside."
    )
    raise UsageError(message)


def _length(types: Sequence[TensorType], length: int | None) -> int:
    """The number of steps, from the sequences or as given."""
    for number, type_ in enumerate(types):
        if type_.rank == 0:
            message = (
                f"[scan] sequence {number} is {type_}, which has no axis to step along. Stack the "
                "steps along axis 0, or use it in the body as it is."
            )
            raise ShapeError(message)
        if type_.shape[0] != types[0].shape[0]:
            message = (
                f"[scan] sequence 0 is {types[0]} and sequence {number} is {type_}: "
                f"{types[0].shape[0]} and {type_.shape[0]} steps. Give sequences of one length."
            )
            raise ShapeError(message)
    found = types[0].shape[0] if types else length
    if found is None:
        message = "[scan] got no sequences and length=None. Say how many steps: `length=10`."
        raise UsageError(message)
    if length is not None and length != found:
        message = (
            f"[scan] length={length}, and sequence 0 is {types[0]} of {found} steps. Leave out "
            "`length`, or cut the sequences."
        )
        raise ShapeError(message)
    if found < 1:
        first = f"sequence 0 is {types[0]}" if types else f"length={found}"
        message = f"[scan] {first}: no steps. A scan has at least one."
        raise ShapeError(message)
    return found


def sample_body(step: Step, *inputs: Types) -> Body:
    """The body of a sample, from the types of carries, of items and of invariants.

    `step` gets the invariants after the items.
    """
    trace = Trace(GraphBuilder("body"))
    with tracing(trace):
        carries = tuple(trace.input(f"carry{n}", x) for n, x in enumerate(inputs[0]))
        rest = [x for types in inputs[1:] for x in types]
        given = tuple(trace.input(f"given{n}", x) for n, x in enumerate(rest))
        new, outputs = step(carries, given)
        results = [as_tensor(x, trace) for x in (*new, *outputs)]
    return Body(trace.builder.build(x.value for x in results))


def _types(dtype: str, *shapes: tuple[int, ...]) -> Types:
    return tuple(TensorType(shape, dtypes.as_dtype(dtype)) for shape in shapes)


def _cell(carry: Tensors, given: Tensors) -> tuple[Tensors, Tensors]:
    """A recurrent cell with two outputs: h' = tanh(x W + h U + b)."""
    x, weight, recurrent, bias = given
    total = x @ weight + carry[0] @ recurrent + bias
    new = tanh(total)
    return (new,), (new, total)


def _cell_sample(
    dtype: str, length: int, *, reverse: bool = False, recompute: bool = False
) -> Sample[Scan]:
    weights = ((4, 3), (3, 3), (3,))
    types = (_types(dtype, (2, 3)), _types(dtype, (2, 4)), _types(dtype, *weights))
    arrays = [spread(2, 3, dtype=dtype), spread(length, 2, 4, phase=0.1, dtype=dtype)]
    arrays += [spread(*s, low=-0.7, high=0.7, phase=0.4, dtype=dtype) for s in weights]
    attrs = Scan(sample_body(_cell, *types), 1, 1, length, reverse, recompute)
    return Sample(attrs, tuple(arrays), differentiable=dtype == "float64")


def _map_sample() -> Sample[Scan]:
    """No carries: rows of a table times a matrix from outside."""
    types = (_types("float64", (3, 4)), _types("float64", (4, 2)))
    body = sample_body(lambda _, given: ((), (given[0] @ given[1],)), (), *types)
    arrays = (spread(5, 3, 4, dtype="float64"), spread(4, 2, phase=0.6, dtype="float64"))
    return Sample(Scan(body, 0, 1, 5), arrays)


def _counter_sample() -> Sample[Scan]:
    """No sequences; an integer carry, and one that only passes by."""
    carries = (*_types("float64", (3,)), *_types("int32", ()), *_types("float64", (2,)))
    body = sample_body(
        lambda carry, _: (
            (carry[0] * 0.5 + carry[1].astype("float64"), carry[1] + 1, carry[2]),
            (carry[0] * carry[0],),
        ),
        carries,
    )
    arrays = (spread(3, dtype="float64"), np.array(2, "int32"), spread(2, dtype="float64"))
    return Sample(Scan(body, 3, 0, 4), arrays)


def _choice_sample() -> Sample[Scan]:
    """Integer items that choose rows."""
    body = sample_body(
        lambda carry, given: (
            (carry[0] + given[0],),
            (carry[0] * 2, given[1] * given[0].astype("float32")),
        ),
        _types("int32", ()), _types("int32", ()), _types("float32", (17,)),
    )  # fmt: skip
    items = np.array([3, -1, 2, 0], "int32")
    return Sample(Scan(body, 1, 1, 4), (np.array(5, "int32"), items, spread(17)), False)


_BODY = _cell_sample("float32", 5).attrs

SCAN = register(
    Op(
        "scan",
        Scan,
        _infer,
        _reference,
        scan_vjp,
        (
            _cell_sample("float64", 3),
            _cell_sample("float64", 3, reverse=True, recompute=True),
            _cell_sample("float32", 5),
            _cell_sample("float32", 1, reverse=True),
            _map_sample(),
            _counter_sample(),
            _choice_sample(),
        ),
        (
            Reject(replace(_BODY, length=0), (), r"\[scan\] runs 0 steps"),
            Reject(_BODY, _types("float32", (2, 3)), r"\[scan\] got 1 inputs .* takes 5, 1 of"),
            Reject(
                _BODY,
                _types("float32", (2, 3), (4, 2, 4), (4, 3), (3, 3), (3,)),
                r"\[scan\] sequence 0 is float32\[4, 2, 4\]; a scan of 5 steps",
            ),
            Reject(
                _BODY,
                _types("float32", (2, 3), (5, 2, 4), (4, 3), (3, 3), (4,)),
                r"\[scan\] input 4 gives float32\[4\] .* takes float32\[3\]",
            ),
        ),
        nest=lambda attrs, _types: nest.Scan(attrs.length, attrs.reverse),
        doc="A loop over steps with a graph as its body; the function is `ops.scan`.",
    )
)
