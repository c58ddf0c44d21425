"""Whole programs against the interpreter: outputs that share memory with inputs, above all."""

import numpy as np
import pytest

from constnet import dtypes, interpreter, ops
from constnet.ir.types import TensorType
from constnet.loopir.verify import verify
from constnet.lowering.lower import lower
from constnet.ops.tensor import constant
from constnet.testing import trace
from tests.lowered import arrays_for, assert_same_bits, interpreted, outputs_of, target_of

SQUARE = TensorType((5, 5), dtypes.float32)
VECTOR = TensorType((20,), dtypes.float32)
SCALAR = TensorType((), dtypes.float32)


def check(function, types, donations=None, vector_bytes=16):
    """The program gives the interpreter's bits; returns it."""
    graph = trace(function, *types)
    arrays = arrays_for(graph)
    program = lower(graph, target_of(vector_bytes), "exact", donations)
    verify(program)
    found = outputs_of(program, graph, arrays, interpreted, donations)
    assert_same_bits(found, interpreter.run(graph, arrays))
    return program


def kernels_that_copy(program):
    return [call.kernel for call in program.calls if call.kernel.startswith("copy")]


DONATING = {
    "in place": (lambda x, y: [x - 0.1 * y], {0: 0}),
    "in place, the old value read later at other places": (
        lambda x, y: [x - 0.1 * y, x.T @ y],
        {0: 0},
    ),
    "in place, the old value is an output too": (lambda x, y: [-x, x + 0.0 * y, x], {0: 0}),
    "in place, reads itself elsewhere": (lambda x, y: [x.T + y], {0: 0}),
    "moved onto itself": (lambda x, y: [ops.flip(x, 1), y], {0: 0}),
    "moved, then overwritten": (lambda x, y: [ops.flip(x, 0), x * y], {1: 0}),
    "moved output read again": (lambda x, y: [m := ops.flip(x, 0), m + x, m.T * y], {1: 0}),
    "swapped": (lambda x, y: [y, x], {0: 0, 1: 1}),
    "swapped and one transposed": (lambda x, y: [y.T, x], {0: 0, 1: 1}),
    "turned round and computed": (lambda x, y: [y * 2.0, x + 1.0], {0: 0, 1: 1}),
    "product onto its operand": (lambda x, y: [x @ y, ops.tanh(y)], {0: 0, 1: 1}),
    "epilogue onto what it reads": (lambda x, y: [x - 0.5 * (x.T @ y)], {0: 0}),
    "epilogue onto what it reads in place": (lambda x, y: [y - 0.5 * (x @ x)], {0: 1}),
    "sums onto their operand": (lambda x, y: [ops.broadcast_to(ops.sum(x, 0), (5, 5)), y], {0: 0}),
    "an input untouched": (lambda x, y: [x, x + y], {0: 0}),
    "an input as it was, elsewhere": (lambda x, y: [y, x * y], {0: 0}),
    "the same value twice": (lambda x, y: [p := x * y, p, p.T], {0: 0, 1: 1}),
    "a part of the new value": (lambda x, y: [p := x * y, ops.sum(p, 1), p[0], p[2:4]], {0: 0}),
}


@pytest.mark.parametrize(("function", "donations"), DONATING.values(), ids=DONATING)
@pytest.mark.parametrize("vector_bytes", [0, 16])
def test_outputs_that_take_the_memory_of_inputs(function, donations, vector_bytes):
    check(function, (SQUARE, SQUARE), donations, vector_bytes)


def test_update_in_place_copies_nothing():
    program = check(lambda x, y: [x - 0.1 * y], (SQUARE, SQUARE), {0: 0})
    assert [(b.name, b.space) for b in program.buffers] == [("x0", "state"), ("x1", "input")]
    assert len(program.calls) == 1


def test_movement_of_two_inputs_onto_each_other_keeps_both():
    def function(x, y):
        return [ops.flip(y, 0), ops.flip(x, 0), ops.sum(x * y)]

    check(function, (VECTOR, VECTOR), {0: 0, 1: 1})


OUTPUTS = {
    "an input": lambda x: [x, x],
    "a view of a view": lambda x: [x[2:10][1:5].reshape(2, 2), x.reshape(4, 5)[1:]],
    "strided": lambda x: [x[::2], x[1::3]],
    "a constant": lambda x: [constant(np.arange(6, dtype=np.float32), x.trace), x + 1.0],
    "a number everywhere": lambda x: [ops.full((3, 4), 0.5, dtypes.float32), x * 2.0],
    "counted": lambda x: [ops.arange(7), x],
    "truth values": lambda x: [x > 0.0, ops.where(x > 0.0, x, 0.0)],
    "an operand of a sum": lambda x: [p := x * x, ops.sum(p)],
    "a reshaped product": lambda x: [(x.reshape(4, 5) @ x.reshape(5, 4)).reshape(16)],
    "a scalar": lambda x: [ops.max(x), ops.sum(x).reshape(1, 1)],
}


@pytest.mark.parametrize("function", OUTPUTS.values(), ids=OUTPUTS)
def test_outputs_of_every_origin(function):
    check(function, (VECTOR,))


def test_reshaped_result_is_written_where_the_caller_reads_it():
    program = check(lambda x: [(x * 2.0).reshape(4, 5)], (VECTOR,))
    assert len(program.calls) == 1
    assert program.arena_bytes == 0


PARTS = {
    "computed parts": lambda x, y: [ops.concatenate([x * y, x + y])],
    "one part read elsewhere": lambda x, y: [ops.concatenate([p := x * y, y]), ops.sum(p)],
    "one part twice": lambda x, y: [ops.concatenate([p := x * y, p])],
    "parts that are no run": lambda x, y: [ops.concatenate([x.T, y * 2.0], axis=1)],
    "parts of parts": lambda x, y: [ops.concatenate([ops.concatenate([x * y, x]), -y])],
    "read before it leaves": lambda x, y: [ops.sum(ops.concatenate([x, -y]), 1)],
    "onto an operand": lambda x, y: [ops.concatenate([y[1:] * 2.0, x[:1]])],
}


@pytest.mark.parametrize("function", PARTS.values(), ids=PARTS)
@pytest.mark.parametrize("donations", [{}, {0: 0}])
def test_concatenations(function, donations):
    graph = trace(function, SQUARE, SQUARE)
    fits = {o: i for o, i in donations.items() if graph.outputs[o].type == graph.inputs[i].type}
    check(function, (SQUARE, SQUARE), fits)


def test_parts_are_written_straight_into_the_whole():
    program = check(lambda x, y: [ops.concatenate([x * y, x + y])], (SQUARE, SQUARE))
    assert program.arena_bytes == 0
    assert all("concatenate" not in call.kernel for call in program.calls)


def test_equal_kernels_are_one():
    def function(x, y):
        return [ops.sum(x, 0), ops.sum(y, 0)]

    program = check(function, (SQUARE, SQUARE))
    assert len(program.calls) == 2
    assert len(program.kernels) == 1


def test_buffers_are_inputs_then_outputs_that_were_not_donated():
    graph = trace(lambda x, y, z: [x + y, y * z, z * 1.5], SQUARE, SQUARE, SQUARE)
    program = lower(graph, target_of(0), "fma", {1: 2}, "step")
    assert program.name == "step"
    assert program.numerics == "fma"
    outer = [(b.name, b.space) for b in program.buffers if b.space != "arena"]
    assert outer == [
        ("x0", "input"),
        ("x1", "input"),
        ("x2", "state"),
        ("out.0", "output"),
        ("out.2", "output"),
    ]


def test_memory_is_shared_by_what_is_not_alive_together():
    def function(x):
        for _ in range(6):
            x = ops.tanh(x @ x.T)
        return [x]

    program = check(function, (SQUARE,), vector_bytes=0)
    assert program.arena_bytes == 2 * 128  # 100 bytes at multiples of 64, one read, one written


def test_a_state_that_nothing_touches_stays():
    program = check(lambda x, y: [x, y + 1.0], (SCALAR, SCALAR), {0: 0, 1: 1})
    assert len(program.calls) == 1
