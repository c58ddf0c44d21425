"""Loops of pointwise regions: flat, collapsed, cut, in vectors; always the same bits."""

import numpy as np
import pytest

from constnet import dtypes, interpreter, ops
from constnet.ir.types import TensorType
from constnet.loopir.evaluate import evaluate
from constnet.loopir.types import Binary, For, Load, Local, Select, Store, index
from constnet.loopir.verify import verify
from constnet.loopir.walk import expressions, statements
from constnet.lowering.loops import (
    MOST_PIECES,
    PARALLEL_ELEMENTS,
    WRITTEN_OUT,
    accesses,
    delinearized,
)
from constnet.lowering.lower import lower
from constnet.testing import trace
from tests.lowered import (
    COMPILERS,
    arrays_for,
    assert_same_bits,
    interpreted,
    outputs_of,
    target_of,
)


def kernel_of(function, *shapes, vector_bytes=16):
    graph = trace(function, *(TensorType(shape, dtypes.float32) for shape in shapes))
    (kernel,) = lower(graph, target_of(vector_bytes), "exact").kernels
    return kernel


def loops(body):
    """Modes and extents of nested loops, outermost first; the first of neighbours."""
    for statement in body:
        if isinstance(statement, For):
            return [(statement.mode, int(statement.stop.value)), *loops(statement.body)]
    return []


def stored_lanes(body):
    return [s.value.lanes for s in statements(body) if isinstance(s, Store)]


def test_position_of_an_element_number():
    at = np.arange(24, dtype=np.int32)
    parts = delinearized(Local("n", index), (2, 3, 4))
    found = [evaluate(part, {"n": at}) for part in parts]
    np.testing.assert_array_equal(found, np.unravel_index(at, (2, 3, 4)))
    assert delinearized(Local("n", index), ()) == ()


@pytest.mark.parametrize("shape", [(72,), (8, 9), (2, 4, 9), (2, 2, 2, 9)])
def test_elements_in_order_are_one_loop(shape):
    kernel = kernel_of(lambda x, y: [x * y + x], shape, shape)  # vectors of four floats
    assert loops(kernel.body) == [("serial", 72 // 4)]


def test_elements_beyond_whole_vectors_take_shorter_ones():
    body = kernel_of(lambda x: [x * 2.0], (5, 3)).body  # 15 = 3 * 4 + 2 + 1
    assert [statement.body[-1].value.lanes for statement in body] == [4, 2, 1]


def test_factor_of_each_channel_is_read_beside_the_loop_over_pixels():
    kernel = kernel_of(lambda x, c: [ops.relu(x * c)], (2, 3, 5, 14), (14,))
    assert loops(kernel.body) == [("serial", 2 * 3 * 5)]
    assert stored_lanes(kernel.body) == [4, 4, 4, 2]
    channel_loads = [e for e in expressions(kernel.body) if isinstance(e, Load) and e.param == "p1"]
    assert [int(e.index.value) for e in channel_loads] == [0, 4, 8, 12]


def test_many_channels_are_a_loop():
    channels = 4 * (WRITTEN_OUT + 1)
    kernel = kernel_of(lambda x, c: [x * c], (3, 5, channels), (channels,))
    assert loops(kernel.body) == [("serial", 15), ("serial", WRITTEN_OUT + 1)]


def test_factor_of_each_sample_leaves_one_loop_inside():
    kernel = kernel_of(lambda x, f: [x * f.reshape(6, 1, 1)], (6, 5, 8), (6,))
    assert loops(kernel.body) == [("serial", 6), ("serial", 5 * 8 // 4)]


def test_what_lies_apart_is_left_to_the_compiler():
    kernel = kernel_of(lambda x, y: [x.T * y], (9, 8), (8, 9))
    assert loops(kernel.body) == [("serial", 8), ("vectorize", 9)]


def test_large_work_is_shared():
    kernel = kernel_of(lambda x: [x * 2.0], (PARALLEL_ELEMENTS,))
    assert kernel.parallel
    assert not kernel_of(lambda x: [x * 2.0], (PARALLEL_ELEMENTS - 1,)).parallel
    pixels = PARALLEL_ELEMENTS // 8
    channels = kernel_of(lambda x, c: [x * c], (1, 2, pixels // 2, 8), (8,))
    assert loops(channels.body) == [("parallel", pixels)]


def test_one_element_needs_no_loop():
    assert loops(kernel_of(lambda x: [x * 2.0], (1, 1)).body) == []


def test_padding_has_no_choice_inside():
    kernel = kernel_of(lambda x: [ops.pad(x, ((0, 0), (1, 2), (1, 1), (0, 0)), 0.5)], (3, 6, 8, 4))
    parts = list(expressions(kernel.body))
    assert not [e for e in parts if isinstance(e, (Select, Binary)) and e.dtype != index]
    assert not [e for e in parts if isinstance(e, Binary) and e.op not in ("add", "mul")]
    (images,) = kernel.body
    assert int(images.stop.value) == 3
    first, rows, last = images.body  # a row of 40 floats, 6 rows with a row of pixels each, two
    assert loops([first]) == [("serial", 10 * 4 // 4)]
    assert loops([rows]) == [("serial", 6), ("serial", 8 * 4 // 4)]
    assert loops([last]) == [("serial", 2 * 10 * 4 // 4)]


def test_pieces_of_a_large_shared_region_are_all_shared():
    kernel = kernel_of(lambda x: [ops.pad(x, ((1, 1), (0, 0)))], (PARALLEL_ELEMENTS, 3))
    assert {s.mode for s in kernel.body} == {"parallel"}
    assert all(isinstance(s, For) for s in kernel.body)


def test_loop_with_many_turns_is_not_cut():
    def rings(x):
        widths = range(1, MOST_PIECES // 2 + 2)
        parts = [ops.pad(x[2 * width :], ((width, width), (0, 0))) for width in widths]
        return [sum(parts[1:], parts[0])]

    graph = trace(rings, TensorType((20, 4), dtypes.float32))
    program = lower(graph, target_of(16), "exact")
    assert [e for e in expressions(program.kernels[0].body) if isinstance(e, Select)]
    arrays = arrays_for(graph)
    found = outputs_of(program, graph, arrays, interpreted)
    assert_same_bits(found, interpreter.run(graph, arrays))


def padded(x, c):
    y = ops.relu(x * c)
    return [
        ops.pad(y, ((0, 0), (1, 1), (2, 0), (0, 0))),
        ops.pad(y, ((1, 0), (0, 0), (0, 0), (3, 1)), -1.0),
        ops.pad(y, ((0, 0), (0, 0), (0, 3), (0, 0))) + 1.0,
        ops.concatenate([y[:, 1:], x * 2.0, y], axis=1) * 3.0,
        ops.pad(ops.pad(y, ((0, 0), (1, 0), (0, 0), (0, 0)), 2.0), 1) * c[0],
    ]


@pytest.mark.skipif(not COMPILERS, reason="no C compiler: see `constnet doctor`")
@pytest.mark.parametrize("vector_bytes", [0, 16, 64])
@pytest.mark.parametrize("shape", [(2, 4, 5, 6), (1, 3, 1, 1), (3, 2, 40, 20)])
def test_cut_loops_have_the_bits_of_the_interpreter(shape, vector_bytes):
    types = [TensorType(shape, dtypes.float32), TensorType(shape[-1:], dtypes.float32)]
    graph = trace(padded, *types)
    program = lower(graph, target_of(vector_bytes), "exact")
    verify(program)
    arrays = arrays_for(graph)
    found = outputs_of(program, graph, arrays, threads=2)
    assert_same_bits(found, interpreter.run(graph, arrays))


def test_accesses_are_those_of_loads_and_stores():
    kernel = kernel_of(lambda x: [x.T + 1.0], (2, 3), vector_bytes=0)
    load = next(e for e in expressions(kernel.body) if isinstance(e, Load))
    store = next(s for s in statements(kernel.body) if isinstance(s, Store))
    assert accesses(kernel.body) == [load.index, store.index]
