"""Loops of a contraction over several axes, and how its operands lie along them."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from constnet import dtypes, ops
from constnet.ir.types import TensorType
from constnet.loopir.types import Const, Local, constant, index
from constnet.lowering.affine import linear
from constnet.lowering.products import Axis, Trim, merged, plain_products, squeezed
from constnet.lowering.regions import find_regions
from constnet.lowering.scope import Scope
from constnet.lowering.storage import plan_storage
from constnet.lowering.vectors import NotVectorizableError
from constnet.ops import op as records
from constnet.ops.attributes import Convolution
from constnet.ops.convolution import WeightGradient
from constnet.ops.tensor import apply
from constnet.testing import trace


def products_of(function, *shapes):
    """The products of the last node of a traced function, along the original axes."""
    graph = trace(
        lambda *xs: [function(*xs)], *(TensorType(shape, dtypes.float32) for shape in shapes)
    )
    node = graph.nodes[-1]
    storage = plan_storage(graph, find_regions(graph), {}, set())
    root = {node.outputs[0]}
    scope = Scope(storage, local=root, written=root)
    nest = records.get(node.op).nest(node.attrs, tuple(value.type for value in node.inputs))
    return plain_products(scope, nest, *node.inputs, node.outputs[0]), scope


def convolution(strides, dilation=None, groups=1):
    attrs = Convolution(strides, dilation or (1,) * len(strides), groups)
    return lambda x, w: apply("convolution", attrs, x, w)


def extents(axes):
    return tuple(axis.extent for axis in axes)


def elements(access, outer_axes, depth_axes):
    """Element numbers that an access meets, outer loops before depth loops, row-major."""
    loops = [*zip(access.outer, extents(outer_axes), strict=True)]
    loops += zip(access.depth, extents(depth_axes), strict=True)
    places = itertools.product(*(range(extent) for _, extent in loops))
    steps = [step for step, _ in loops]
    return [
        access.constant + sum(n * step for n, step in zip(at, steps, strict=True)) for at in places
    ]


def test_accesses_along_the_original_axes():
    plain, _ = products_of(convolution((2, 1), (1, 2)), (2, 5, 6, 3), (3, 2, 3, 4))
    assert extents(plain.outer) == (2, 2, 4, 1, 4)
    assert extents(plain.depth) == (3, 2, 3)
    assert plain.lhs.outer == (90, 36, 3, 3, 0)  # a row is 18 elements, the stride 2
    assert plain.lhs.depth == (18, 6, 1)  # dilation 2 along the second axis
    assert plain.rhs.outer == (0, 0, 0, 4, 1)
    assert plain.rhs.depth == (24, 12, 4)
    assert plain.result.outer == (32, 16, 4, 4, 1)
    assert plain.result.depth == (0, 0, 0)
    assert (plain.lhs.lane, plain.rhs.lane, plain.result.lane) == (0, 1, 1)
    assert (plain.length, plain.multiply_adds) == (18, 18 * 64)


def test_columns_and_channels_of_a_window_are_one_run():
    plain, _ = products_of(convolution((1, 1)), (2, 6, 7, 3), (2, 4, 3, 5))
    joined = merged(squeezed(plain))
    assert [axis.members for axis in joined.outer] == [(0,), (1,), (2,), (4,)]
    assert [axis.members for axis in joined.depth] == [(0,), (1, 2)]
    assert extents(joined.depth) == (2, 12)
    assert joined.lhs.depth == (21, 1)
    assert joined.rhs.depth == (60, 5)


def test_a_window_of_one_place_is_a_product_of_matrices():
    plain, _ = products_of(convolution((1, 1)), (3, 4, 5, 7), (1, 1, 7, 6))
    joined = merged(squeezed(plain))
    assert joined.outer == (Axis((0, 1, 2), (3, 4, 5)), Axis((4,), (6,)))
    assert joined.depth == (Axis((2,), (7,)),)
    assert (joined.lhs.outer, joined.lhs.depth) == ((7, 0), (1,))
    assert (joined.rhs.outer, joined.rhs.depth) == ((0, 1), (6,))
    assert joined.result.outer == (6, 1)


def test_a_window_as_large_as_the_image_is_a_product_of_matrices():
    plain, _ = products_of(convolution((1, 1)), (3, 4, 5, 2), (4, 5, 2, 6))
    joined = merged(squeezed(plain))
    assert extents(joined.outer) == (3, 6)
    assert joined.depth == (Axis((0, 1, 2), (4, 5, 2)),)
    assert joined.lhs.outer == (40, 0)


def test_strides_that_leave_elements_out_stay_apart():
    plain, _ = products_of(convolution((2, 2)), (3, 8, 8, 7), (1, 1, 7, 6))
    assert extents(merged(squeezed(plain)).outer) == (3 * 4, 4, 6)  # two rows are 8 * 2 elements


def test_dilation_keeps_columns_and_channels_apart():
    plain, _ = products_of(convolution((1,), (2,)), (2, 9, 3), (3, 3, 5))
    assert extents(merged(squeezed(plain)).depth) == (3, 3)


def test_lanes_are_joined_with_nothing():
    plain, _ = products_of(convolution((1,), None, 8), (2, 9, 8), (3, 1, 8))
    joined = merged(squeezed(plain))  # a depthwise convolution: groups along the lanes
    assert extents(joined.outer) == (2, 7, 8)
    assert (joined.lhs.lane, joined.rhs.lane, joined.result.lane) == (1, 1, 1)
    plain, _ = products_of(convolution((1,), None, 4), (2, 9, 4), (3, 1, 8))
    assert extents(merged(squeezed(plain)).outer) == (2, 7, 4, 2)


def test_trimmed_loops_stay_by_themselves():
    plain, _ = products_of(convolution((1, 1)), (3, 4, 5, 2), (4, 5, 2, 6))
    trimmed = replace(plain, trims=(Trim(1, 0, 2, 4, 10), Trim(2, 1, 0, 5, 2)))
    joined = merged(squeezed(trimmed))  # loops of extent 1 stay where they are trimmed
    assert extents(joined.outer) == (3, 1, 1, 6)
    assert extents(joined.depth) == (4, 5, 2)
    trimmed = replace(plain, trims=(Trim(2, 1, 0, 5, 2),))
    joined = merged(squeezed(trimmed))  # the loops before are gone: 2 becomes 1
    assert extents(joined.outer) == (3, 1, 6)
    assert joined.trims == (Trim(1, 1, 0, 5, 2),)


def test_all_extents_of_one_leave_no_loop():
    plain, _ = products_of(convolution((1, 1)), (1, 1, 1, 1), (1, 1, 1, 1))
    bare = merged(squeezed(plain))
    assert (bare.outer, bare.depth, bare.lhs.outer, bare.lhs.lane) == ((), (), (), 0)
    assert (bare.length, bare.multiply_adds) == (1, 1)


def test_weight_gradient_sums_over_samples_and_places():
    attrs = WeightGradient((3, 3), (1, 1), (1, 1))
    plain, _ = products_of(
        lambda x, ct: apply("convolution_weight_gradient", attrs, x, ct),
        (4, 8, 8, 2), (4, 6, 6, 5),
    )  # fmt: skip
    joined = merged(squeezed(plain))
    assert [axis.members for axis in joined.outer] == [(0,), (1, 3), (4,)]  # a row of the window
    assert extents(joined.depth) == (4, 6, 6)
    assert joined.length == 144


CASES = [
    (convolution((2, 1), (1, 2)), (2, 5, 6, 3), (3, 2, 3, 4)),
    (convolution((1, 1)), (2, 4, 5, 3), (1, 1, 3, 4)),
    (convolution((1, 1), None, 2), (1, 4, 5, 4), (2, 2, 2, 6)),
    (convolution((1,), None, 3), (2, 4, 3), (2, 1, 3)),
    (lambda x, w: convolution((1, 1))(ops.flip(x, 2), w.transpose((0, 1, 3, 2))),
     (2, 4, 5, 3), (2, 2, 4, 3)),
]  # fmt: skip


@pytest.mark.parametrize(("function", "image", "weight"), CASES)
def test_squeezing_and_merging_meet_the_same_elements_in_the_same_order(function, image, weight):
    plain, _ = products_of(function, image, weight)
    for after in (squeezed(plain), merged(plain), merged(squeezed(plain))):
        assert after.multiply_adds == plain.multiply_adds
        for name in ("lhs", "rhs", "result"):
            assert elements(getattr(after, name), after.outer, after.depth) == elements(
                getattr(plain, name), plain.outer, plain.depth
            )


@pytest.mark.parametrize(("function", "image", "weight"), CASES)
def test_result_index_from_the_values_of_the_loops(function, image, weight):
    plain, scope = products_of(function, image, weight)
    joined = merged(squeezed(plain))
    shape = scope.written.copy().pop().type.shape
    for at in np.ndindex(extents(joined.outer)):
        values = {number: constant(int(n), index) for number, n in enumerate(at)}
        found = linear(plain.nest.result(joined.index(values, scope)), shape, scope.extents)
        steps = zip(at, joined.result.outer, strict=True)
        assert (found.constant, found.terms) == (sum(n * step for n, step in steps), ())


def test_index_splits_a_joined_loop():
    plain, scope = products_of(convolution((1, 1)), (3, 4, 5, 7), (1, 1, 7, 6))
    joined = merged(squeezed(plain))
    place = scope.loop_variable(60)
    sample, row, column, group, filter_ = joined.index({0: place}, scope)
    assert (sample, row) == (place / 5 / 4, place / 5 % 4)
    assert column == place % 5
    assert group == filter_ == Const(0, index)


def test_equal_elements_are_a_literal_and_no_memory():
    plain, _ = products_of(lambda x: convolution((1,))(x, ops.full((2, 3, 4), 0.25)), (2, 5, 3))
    assert plain.rhs.literal == Const(0.25, dtypes.float32)
    assert plain.rhs.outer == (0,) * 4
    assert plain.rhs.depth == (0, 0)
    assert merged(squeezed(plain)).rhs.literal == plain.rhs.literal


def test_other_names_of_loops_are_out_of_reach_afterwards():
    _, scope = products_of(convolution((1,)), (2, 5, 3), (2, 3, 4))
    assert Local("o0", index).name not in scope.extents


def direct(function, *shapes):
    """The products where an operand is not stored, as a scope that computes it would see it."""
    graph = trace(
        lambda *xs: [function(*xs)], *(TensorType(shape, dtypes.float32) for shape in shapes)
    )
    node = graph.nodes[-1]
    storage = plan_storage(graph, find_regions(graph), {}, set())
    made = {value for each in graph.nodes for value in each.outputs}
    scope = Scope(storage, local=made, written={node.outputs[0]})
    nest = records.get(node.op).nest(node.attrs, tuple(value.type for value in node.inputs))
    return plain_products(scope, nest, *node.inputs, node.outputs[0])


@pytest.mark.parametrize(
    "operand",
    [
        ops.tanh,  # computed
        lambda x: ops.pad(x, ((0, 0), (1, 1), (0, 0))),  # a choice
        lambda x: ops.reshape(ops.transpose(x, (2, 1, 0)), x.shape),  # divisions
    ],
)
def test_operands_not_at_constant_steps_are_refused(operand):
    with pytest.raises(NotVectorizableError):
        direct(lambda x, w: convolution((1,))(operand(x), w), (2, 5, 3), (2, 3, 4))
