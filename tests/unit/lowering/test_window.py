"""Window kernels on machines of every width, and the loops that they are made of."""

import pytest

from constnet import dtypes, interpreter, ops
from constnet.autodiff import gradients
from constnet.ir.types import TensorType
from constnet.loopir.types import Binary, For, Load, Store
from constnet.loopir.verify import verify
from constnet.loopir.walk import expressions
from constnet.lowering.loops import PARALLEL_ELEMENTS
from constnet.lowering.lower import lower
from constnet.lowering.window import UNROLLED_PAIRS
from constnet.passes import run as run_passes
from constnet.testing import trace
from tests.lowered import (
    COMPILERS,
    arrays_for,
    assert_same_bits,
    interpreted,
    outputs_of,
    target_of,
)

FORMS = [
    ((2, 6, 6, 20), 2, None, "valid"),
    ((1, 7, 5, 37), 3, 2, "same"),
    ((2, 9, 4), 3, 1, "same"),
    ((1, 5, 5, 3), 2, 3, "valid"),
    ((1, 12, 10, 1), (7, 5), 1, "same"),
    ((1, 4, 5, 4, 2), (2, 3, 2), (1, 2, 2), "same"),
    ((1, 12, 1), 6, 6, "valid"),
]


def pooled(x, window, strides, padding):
    y, mean = (pool(x, window, strides, padding) for pool in (ops.max_pool, ops.average_pool))
    return [y, mean, *gradients(ops.sum(y * y + mean * mean), [x])]


def every_form(*images):
    made = [pooled(x, *form[1:]) for x, form in zip(images, FORMS, strict=True)]
    return [y for ys in made for y in ys]


def kernels_of(function, *shapes, vector_bytes=16):
    graph = run_passes(trace(function, *(TensorType(s, dtypes.float32) for s in shapes)))
    return lower(graph, target_of(vector_bytes), "exact").kernels


def loops(body):
    """Modes and extents of nested loops, outermost first."""
    for statement in body:
        if isinstance(statement, For):
            return [(statement.mode, int(statement.stop.value)), *loops(statement.body)]
    return []


@pytest.mark.skipif(not COMPILERS, reason="no C compiler: see `constnet doctor`")
@pytest.mark.parametrize("vector_bytes", [0, 16, 64])
def test_every_form(vector_bytes):
    graph = run_passes(trace(every_form, *(TensorType(f[0], dtypes.float32) for f in FORMS)))
    program = lower(graph, target_of(vector_bytes), "exact")
    verify(program)
    arrays = arrays_for(graph)
    found = outputs_of(program, graph, arrays, threads=2)
    assert_same_bits(found, interpreter.run(graph, arrays))


def test_loops_alone_give_the_same():
    shape, *form = FORMS[1]
    graph = run_passes(trace(lambda x: pooled(x, *form), TensorType(shape, dtypes.float32)))
    arrays = arrays_for(graph)
    found = outputs_of(lower(graph, target_of(16), "exact"), graph, arrays, interpreted)
    assert_same_bits(found, interpreter.run(graph, arrays))


def test_channels_are_vectors_and_indices_have_no_division():
    for kernel in kernels_of(lambda x: pooled(x, 3, 2, "same"), (2, 8, 8, 16)):
        if kernel.tag == "window":
            parts = list(expressions(kernel.body))
            assert {e.lanes for e in parts if isinstance(e, Load)} == {4}
            assert not [e for e in parts if isinstance(e, Binary) and e.op in ("div", "rem")]


def test_few_pairs_are_written_out_and_many_are_loops():
    (few,) = kernels_of(lambda x: [ops.max_pool(x, 2)], (1, 4, 4, 4))
    assert loops(few.body) == [("serial", 2), ("serial", 2)]
    assert UNROLLED_PAIRS < 6 * 6
    (many,) = kernels_of(lambda x: [ops.max_pool(x, 6)], (2, 12, 12, 4))
    assert [count for _, count in loops(many.body)] == [2, 2, 2, 6]


def test_images_are_shared_by_threads():
    (kernel,) = kernels_of(lambda x: [ops.max_pool(x, 2)], (16, 16, 16, 4))
    assert PARALLEL_ELEMENTS <= 16**3 * 4
    assert loops(kernel.body)[0] == ("parallel", 16)


def test_rows_of_one_image_are_shared_by_threads():
    (kernel,) = kernels_of(lambda x: [ops.max_pool(x, 3, 1, "same")], (1, 64, 64, 8))
    top = [s for s in kernel.body if isinstance(s, For)]
    assert [s.mode for s in top] == ["parallel"] * 3
    assert not [s for s in kernel.body if isinstance(s, Store)]


def test_input_that_is_no_run_of_channels_is_read_one_by_one():
    graph = trace(
        lambda x: [ops.max_pool(ops.flip(x, -1), 2)], TensorType((1, 4, 4, 5), dtypes.float32)
    )
    arrays = arrays_for(graph)
    found = outputs_of(lower(graph, target_of(16), "exact"), graph, arrays, interpreted)
    assert_same_bits(found, interpreter.run(graph, arrays))
