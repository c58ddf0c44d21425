"""Contractions over several axes in place: the interpreter's bits on every width and any threads.

The interpreter adds tap by tap in the order that the nest states; the schedule cuts, tiles and
shares, and must not change a bit of it.
"""

import numpy as np
import pytest

from constnet import dtypes, interpreter, ops
from constnet.ir.graph import GraphBuilder
from constnet.ir.types import TensorType
from constnet.loopir.types import For, Load
from constnet.loopir.verify import verify
from constnet.loopir.walk import statements
from constnet.lowering.lower import lower
from constnet.ops.attributes import Convolution
from constnet.ops.convolution import WeightGradient
from constnet.ops.input_gradient import input_gradient
from constnet.ops.tensor import Trace, apply, tracing
from tests.lowered import arrays_for, assert_same_bits, interpreted, outputs_of, target_of

SLOW_WIDTHS = [pytest.param(width, marks=pytest.mark.slow) for width in (0, 16, 32, 64)]
WIDTHS = [*SLOW_WIDTHS[:3], 64]


def graph_of(cases, dtype=dtypes.float32):
    """One graph that computes every case, each from operands of its own."""
    trace = Trace(GraphBuilder("windows"), dtype=dtype)
    outputs = []
    with tracing(trace):
        for function, *shapes in cases:
            given = [trace.input("x", TensorType(shape, dtype)) for shape in shapes]
            result = function(*given)
            results = result if isinstance(result, (list, tuple)) else [result]
            outputs += [tensor.value for tensor in results]
    return trace.builder.build(outputs)


def check(graph, vector_bytes, threads=(2,)):
    """The compiled program has the interpreter's bits, whatever the number of threads."""
    arrays = arrays_for(graph)
    program = lower(graph, target_of(vector_bytes, cores=3), "exact")
    verify(program)
    expected = interpreter.run(graph, arrays)
    for count in threads:
        found = outputs_of(program, graph, arrays, threads=count)
        assert_same_bits(found, expected, f"{count} threads,")
    return program


def convolution(**options):
    return lambda x, w: ops.convolution(x, w, **options)


def by_weight(*kernel, strides=None, dilation=None, groups=1):
    ones = (1,) * len(kernel)
    attrs = WeightGradient(kernel, strides or ones, dilation or ones, groups)
    return lambda x, ct: apply("convolution_weight_gradient", attrs, x, ct)


def by_image(*extents, strides=None, dilation=None, groups=1):
    ones = (1,) * len(extents)
    return lambda ct, w: input_gradient(ct, w, extents, strides or ones, dilation or ones, groups)


CHANNELS = [
    (convolution(), (2, 5, 6, taken), (3, 2, taken, made))
    for taken, made in [
        (1, 1), (1, 17), (3, 1), (3, 5), (5, 3), (17, 50), (50, 17), (1, 50), (16, 64),
    ]
]  # fmt: skip
SHAPES = [
    (convolution(strides=2), (3, 9, 3), (4, 3, 5)),
    (convolution(padding="causal", dilation=2), (3, 9, 5), (3, 5, 17)),
    (convolution(strides=(2, 1), dilation=(1, 2)), (2, 7, 8, 3), (3, 3, 3, 17)),
    (convolution(groups=3), (2, 5, 5, 9), (3, 3, 3, 6)),
    (convolution(groups=17), (2, 5, 5, 17), (3, 3, 1, 17)),  # depthwise: groups along the lanes
    (convolution(groups=5), (2, 5, 5, 5), (3, 3, 1, 15)),  # each channel three times
    (convolution(), (2, 3, 4, 5, 3), (2, 2, 3, 3, 5)),
    (convolution(), (4, 3, 3, 17), (1, 1, 17, 33)),  # a product of matrices
    (convolution(), (5, 4, 4, 3), (4, 4, 3, 7)),  # one place
    (convolution(padding="same"), (5, 4, 4, 3), (3, 3, 3, 7)),  # padding left out
    (convolution(padding=((9, 2), (0, 8))), (5, 3, 4, 2), (3, 3, 2, 5)),  # places that see nothing
]
ONES = [
    (convolution(), (1, 1, 1, 1), (1, 1, 1, 1)),
    (convolution(), (1, 1, 1, 1), (1, 1, 1, 19)),
    (convolution(), (1, 1, 1, 19), (1, 1, 19, 1)),
    (convolution(), (1, 4, 1), (4, 1, 1)),  # a single sum
    (convolution(padding="same"), (1, 1, 1, 1), (3, 3, 1, 1)),
    (convolution(), (4, 1, 7, 1), (1, 3, 1, 1)),
    (by_weight(1, 1), (1, 1, 1, 1), (1, 1, 1, 1)),
    (by_image(1, 1), (1, 1, 1, 1), (1, 1, 1, 1)),
]
GRADIENTS = [
    (by_weight(3, 2), (3, 5, 6, 5), (3, 3, 5, 17)),
    (by_weight(3, 2), (3, 5, 6, 1), (3, 3, 5, 50)),
    (by_weight(3, 3, strides=(2, 1), groups=3), (2, 7, 5, 9), (2, 3, 3, 6)),
    (by_weight(3, 3, groups=17), (2, 5, 5, 17), (2, 3, 3, 17)),
    (by_weight(2, dilation=(3,)), (4, 9, 3), (4, 6, 1)),
    (by_image(5, 6), (2, 3, 5, 17), (3, 2, 5, 17)),  # the turned weight lies across the lanes
    (by_image(5, 6), (2, 3, 5, 16), (3, 2, 50, 16)),
    (by_image(7, 8, strides=(2, 3)), (2, 3, 3, 5), (3, 2, 3, 5)),
    (by_image(8, 7), (6, 4, 3, 5), (5, 5, 3, 5)),
    (by_image(5, 5, groups=3), (2, 3, 3, 6), (3, 3, 3, 6)),
    (by_image(5, 5, groups=17), (2, 3, 3, 17), (3, 3, 1, 17)),
]


@pytest.mark.parametrize("vector_bytes", SLOW_WIDTHS)
def test_every_shape(vector_bytes):
    check(graph_of(CHANNELS + SHAPES + ONES), vector_bytes)


@pytest.mark.parametrize("vector_bytes", WIDTHS)
def test_gradients(vector_bytes):
    check(graph_of(GRADIENTS), vector_bytes)


@pytest.mark.slow
@pytest.mark.parametrize("vector_bytes", [0, 16, 32, 64])
def test_double_precision(vector_bytes):
    check(graph_of(CHANNELS + SHAPES + ONES + GRADIENTS, dtypes.float64), vector_bytes)


@pytest.mark.parametrize("vector_bytes", [0, 64])
def test_statement_by_statement(vector_bytes):
    cases = [
        (convolution(), (1, 3, 4, 2), (2, 2, 2, 3)),
        (by_weight(2, 2), (2, 3, 3, 2), (2, 2, 2, 3)),
        (by_image(3, 4), (1, 2, 3, 3), (2, 2, 2, 3)),
    ]
    graph = graph_of(cases)
    arrays = arrays_for(graph)
    program = lower(graph, target_of(vector_bytes), "exact")
    found = outputs_of(program, graph, arrays, interpreted)
    assert_same_bits(found, interpreter.run(graph, arrays))


# More terms than UNCUT_DEPTH: sums of many samples, weights too large for the first cache.
LONG = [
    (by_weight(3, 3), (9, 17, 17, 3), (9, 15, 15, 17)),  # 2025 terms, 459 outputs
    (by_weight(1, 1), (40, 9, 9, 5), (40, 9, 9, 16)),  # two sums of one matrix product
    (by_weight(2, strides=(2,)), (33, 40, 1), (33, 20, 50)),
    (convolution(), (2, 6, 6, 64), (3, 3, 64, 48)),  # 576 terms, 110 KiB of weight
    (convolution(), (1, 4, 5, 130), (2, 2, 130, 50)),
    (convolution(), (3, 2, 2, 300), (1, 1, 300, 33)),
    (convolution(), (1, 31, 31, 1), (31, 31, 1, 1)),  # one sum of 961 terms
    (convolution(groups=2), (2, 5, 5, 140), (3, 3, 70, 34)),
    (by_image(6, 6), (2, 4, 4, 64), (3, 3, 17, 64)),
    (convolution(padding="same"), (5, 4, 4, 64), (5, 5, 64, 17)),  # trimmed, 1600 terms
]


@pytest.mark.parametrize("vector_bytes", WIDTHS)
def test_long_sums_are_cut_and_keep_their_order(vector_bytes):
    check(graph_of(LONG), vector_bytes, threads=(1, 2, 3))


@pytest.mark.parametrize("case", [LONG[0], LONG[3]], ids=["samples", "weight"])
def test_a_cut_sum_is_taken_up_again(case):
    (kernel,) = lower(graph_of([case]), target_of(64), "exact").kernels
    assert sorted(param.access for param in kernel.params) == ["read", "read", "update"]


SHARED = [  # at least PARALLEL_PRODUCTS multiply-adds: threads share the work
    (convolution(), (1, 20, 30, 16), (3, 3, 16, 17)),  # one sample: places are shared
    (convolution(), (5, 12, 12, 8), (3, 3, 8, 24)),
    (convolution(), (1, 2, 2, 300), (2, 2, 300, 400)),  # blocks of columns are shared
    (by_weight(3, 3), (3, 20, 20, 8), (3, 18, 18, 16)),
    (by_image(20, 20), (2, 18, 18, 16), (3, 3, 8, 16)),
    (convolution(groups=40), (3, 20, 20, 40), (5, 5, 1, 40)),
]


@pytest.mark.parametrize("vector_bytes", WIDTHS)
def test_threads_do_not_change_a_bit(vector_bytes):
    program = check(graph_of(SHARED), vector_bytes, threads=(1, 2, 3))
    modes = [
        {each.mode for each in statements(kernel.body) if isinstance(each, For)}
        for kernel in program.kernels
        if kernel.tag == "contraction" and any(p.access != "read" for p in kernel.params)
    ]
    assert sum("parallel" in found for found in modes) >= len(SHARED)


EPILOGUES = {
    "bias and relu": lambda y, b, _z: ops.relu(y + b),
    "product stored too": lambda y, b, _z: [y, ops.tanh(y + b)],
    "two results": lambda y, _b, z: [r := ops.relu(y), ops.where(r > 0.5, z, 0.0)],
    "a flipped operand": lambda y, _b, z: y * ops.flip(z, 1),
    "a sum of itself": lambda y, _b, _z: y - ops.sum(y, (1, 2), keepdims=True),
    "truth values": lambda y, _b, z: y > z,
}
SIZES = [
    ((2, 5, 5, 3), (3, 3, 3, 17), {}),
    ((2, 5, 5, 3), (3, 3, 3, 5), {"padding": "same"}),
    ((1, 4, 4, 40), (3, 3, 40, 20), {}),  # too long to take the work along
    ((2, 4, 5, 6), (2, 2, 1, 6), {"groups": 6}),
    ((1, 4, 4, 1), (4, 4, 1, 1), {}),
    ((6, 5, 5, 3), (5, 5, 3, 7), {"padding": "same"}),  # places at the edge see few taps
]


@pytest.mark.parametrize("vector_bytes", SLOW_WIDTHS)
def test_work_on_the_result(vector_bytes):
    check(graph_of(with_work(SIZES, EPILOGUES)), vector_bytes)


def with_work(sizes, names):
    """The cases of convolutions of these sizes followed by these epilogues."""
    cases = []
    for image, weight, options in sizes:
        shape = np.shape(ops.convolution(np.zeros(image), np.zeros(weight), **options))
        cases += [
            (lambda x, w, b, z, options=options, work=work:
                work(ops.convolution(x, w, **options), b, z),
             image, weight, weight[-1:], shape)
            for work in map(EPILOGUES.__getitem__, names)
        ]  # fmt: skip
    return cases


def test_bias_and_relu_need_no_kernel_of_their_own():
    graph = graph_of([
        (lambda x, w, b: ops.relu(ops.convolution(x, w) + b), (2, 5, 5, 3), (3, 3, 3, 17), (17,)),
    ])  # fmt: skip
    assert len(lower(graph, target_of(64), "exact").kernels) == 1


def plain(x, w):
    return apply("convolution", Convolution((1, 1), (1, 1)), x, w)


MOVED = [
    (lambda x, w: plain(ops.flip(x, (1, 2)), w), (2, 5, 6, 3), (3, 2, 3, 17)),
    (lambda x, w: plain(ops.transpose(x, (3, 1, 2, 0)), w), (3, 5, 6, 2), (3, 2, 3, 17)),
    (lambda x, w: plain(x[:, ::2, 1:], w), (2, 9, 6, 3), (3, 2, 3, 17)),
    (lambda x, w: plain(x, ops.transpose(w, (3, 2, 1, 0))), (2, 5, 6, 3), (17, 3, 2, 3)),
    (lambda x, w: plain(ops.broadcast_to(x, (2, 5, 6, 3)), w), (1, 1, 6, 3), (3, 2, 3, 17)),
    (lambda x, w: plain(ops.reshape(x, (2, 5, 6, 3)), w), (5, 36), (3, 2, 3, 17)),
    (lambda x, w: plain(ops.pad(x, ((0, 0), (1, 2), (3, 0), (0, 0)), 1.5), w),
     (2, 4, 5, 3), (3, 2, 3, 17)),
    (lambda x, w: plain(ops.pad(x, ((1, 1), (1, 1), (0, 0), (0, 1))), w),
     (3, 4, 5, 2), (3, 2, 3, 17)),  # samples and channels padded
    (lambda x, w: plain(ops.concatenate([x, ops.tanh(x)], -1), w), (2, 5, 6, 3), (3, 2, 6, 17)),
    (lambda x, w: plain(ops.concatenate([x, x], 1), w), (2, 4, 6, 3), (3, 2, 3, 17)),
    (lambda x, w: plain(ops.tanh(x), w * 0.5), (2, 5, 6, 3), (3, 2, 3, 17)),
    (lambda x, w: plain(ops.take(x, np.array([2, 0, 2], np.int32)), w),
     (3, 5, 6, 3), (3, 2, 3, 17)),
    (lambda x, _w: plain(x, ops.full((3, 2, 3, 17), 0.25)), (2, 5, 6, 3), (1,)),  # a literal
    (lambda x, w: plain(ops.convolution(x, w), w), (2, 7, 7, 3), (3, 3, 3, 3)),
    (lambda x, _w: plain(x, ops.reshape(x, (6, 5, 3, 2))[:3, :2]), (2, 5, 6, 3), (1,)),
]  # fmt: skip


@pytest.mark.parametrize("vector_bytes", SLOW_WIDTHS)
def test_operands_read_through_movement(vector_bytes):
    check(graph_of(MOVED), vector_bytes)


def test_some_of_everything():
    cases = [CHANNELS[3], CHANNELS[7], SHAPES[3], SHAPES[4], SHAPES[9], SHAPES[10], ONES[3]]
    moved = [MOVED[0], MOVED[3], MOVED[6], MOVED[7], MOVED[12]]
    work = with_work(SIZES[:1] + SIZES[-1:], ["bias and relu", "two results"])
    check(graph_of(cases + moved + work), 64)


def test_an_image_at_constant_steps_is_not_copied():
    graph = graph_of([(lambda x, w: plain(x[:, ::2, 1:], w), (2, 9, 6, 3), (3, 2, 3, 17))])
    (kernel,) = lower(graph, target_of(64), "exact").kernels
    assert len(kernel.params) == 3


def test_a_padded_image_is_stored_once():
    graph = graph_of([
        (lambda x, w: ops.convolution(x, w, padding="same"), (1, 9, 9, 3), (3, 3, 3, 17)),
    ])  # fmt: skip
    kernels = lower(graph, target_of(64), "exact").kernels
    assert [kernel.tag for kernel in kernels] == ["pointwise", "contraction"]


def test_vectors_come_from_the_weight():
    graph = graph_of([(convolution(), (2, 5, 6, 3), (3, 2, 3, 32))])
    (kernel,) = lower(graph, target_of(64), "exact").kernels
    lets = [each.value for each in statements(kernel.body) if hasattr(each, "value")]
    assert {load.lanes for load in lets if isinstance(load, Load)} == {1, 16}


@pytest.mark.parametrize("vector_bytes", SLOW_WIDTHS)
def test_fma_stays_near_the_true_sum(vector_bytes):
    cases = CHANNELS + GRADIENTS + LONG
    graph, wide = graph_of(cases), graph_of(cases, dtypes.float64)
    arrays = arrays_for(graph)
    program = lower(graph, target_of(vector_bytes, fma=True), "fma")
    found = outputs_of(program, graph, arrays, threads=2)
    truth = interpreter.run(wide, [array.astype(np.float64) for array in arrays])
    most = 3240  # terms of the longest sum; |a b| <= 4, one rounding a step
    for case, (result, wanted) in enumerate(zip(found, truth, strict=True)):
        worst = np.max(np.abs(result - wanted))
        assert worst <= 4.0 * most * 2.0**-24 * np.sqrt(most), f"case {case}: {worst}"
