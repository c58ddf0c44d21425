"""One register tile, its statements run one by one against NumPy."""

import numpy as np
import pytest

from constnet import dtypes, ops
from constnet.ir.types import TensorType
from constnet.loopir.run import run
from constnet.loopir.types import (
    Buffer,
    Call,
    Declare,
    For,
    Let,
    Load,
    Program,
    Slice,
    Store,
    constant,
    index,
)
from constnet.loopir.types import Kernel as LoopKernel
from constnet.loopir.verify import verify
from constnet.loopir.walk import statements
from constnet.lowering.direct_tile import UNROLLED_STEPS, Tile, TileBuilder
from constnet.lowering.products import merged, plain_products, squeezed
from constnet.lowering.regions import find_regions
from constnet.lowering.scope import Scope
from constnet.lowering.storage import plan_storage
from constnet.lowering.trimming import trimmed_products
from constnet.ops import op as records
from constnet.ops.samples import spread
from constnet.testing import trace
from tests.convolved import convolved

F = dtypes.float32
IMAGE, WEIGHT = (2, 3, 5, 2), (2, 2, 2, 7)  # 2 x 2 x 4 places, 7 filters, 8 terms
WHOLE = {0: (0, 2), 1: (0, 2), 2: (0, 4)}


def opened(function, *shapes):
    """A builder for the tiles of the one contraction of a function, and what it needs."""
    graph = trace(lambda *xs: [function(*xs)], *(TensorType(shape, F) for shape in shapes))
    regions = find_regions(graph)
    (region,) = [each for each in regions if each.nest is not None]
    storage = plan_storage(graph, regions, {}, set())
    made = [value for node in region.nodes for value in node.outputs]
    stored = [value for value in made if storage.place(value) is not None]
    scope = Scope(storage, local=set(made), written={storage.place(each).root for each in stored})
    root = region.root
    nest = records.get(root.op).nest(root.attrs, tuple(value.type for value in root.inputs))
    out = root.outputs[0]
    result = out if out in stored else stored[0]
    products = trimmed_products(scope, nest, *root.inputs, result)
    products = products or plain_products(scope, nest, *root.inputs, result)
    return TileBuilder(scope, merged(squeezed(products)), out, stored, F), graph


def tile_of(outer, widths, column=0, depth=None, *, is_first=True):
    """A tile at constant places."""

    def at(loops):
        return {n: (constant(first, index), count) for n, (first, count) in loops.items()}

    return Tile(at(outer), at(depth or {}), widths, constant(column, index), is_first)


def program_of(builder, body):
    """The statements as a program: inputs by the position of their value, one result `y`."""
    pointers = list(builder.scope.pointers.values())
    params = tuple(pointer.param() for pointer in pointers)
    names = {id(value): f"x{n}" for n, value in enumerate(builder.scope.storage.graph.inputs)}
    used = [names.get(id(pointer.root), "y") for pointer in pointers]
    buffers = tuple(
        Buffer(name, F, pointer.extent, "output" if name == "y" else "input")
        for name, pointer in zip(used, pointers, strict=True)
    )
    call = Call("tile", tuple(Slice(name) for name in used))
    kernel = LoopKernel("tile", params, tuple(body), "contraction")
    program = Program("p", buffers, (kernel,), (call,), 0, "exact")
    verify(program)
    return program


def computed(builder, body, shape, *arrays):
    given = {f"x{n}": array.reshape(-1) for n, array in enumerate(arrays)}
    program = program_of(builder, body)
    wanted = {each.name for each in program.buffers}
    return run(program, {n: a for n, a in given.items() if n in wanted})["y"].reshape(shape)


def operands():
    """Integers, so that every order of a sum gives the same number."""
    return np.round(spread(*IMAGE, low=-9.0)), np.round(spread(*WEIGHT, low=-9.0, phase=0.3))


def test_one_tile_computes_its_places_and_columns_alone():
    builder, _ = opened(ops.convolution, IMAGE, WEIGHT)
    x, w = operands()
    body = builder.statements(tile_of({0: (1, 1), 1: (0, 2), 2: (1, 3)}, (4, 2), column=1))
    found = computed(builder, body, (2, 2, 4, 7), x, w)
    expected = np.zeros((2, 2, 4, 7), np.float32)
    expected[1, :, 1:, 1:7] = convolved(x, w)[1, :, 1:, 1:7]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("widths", [(4, 2, 1), (1, 2, 4), (1,) * 7])
def test_widths_cover_the_columns(widths):
    builder, _ = opened(ops.convolution, IMAGE, WEIGHT)
    x, w = operands()
    found = computed(builder, builder.statements(tile_of(WHOLE, widths)), (2, 2, 4, 7), x, w)
    np.testing.assert_array_equal(found, convolved(x, w))


def test_blocks_of_depth_add_up():
    builder, _ = opened(ops.convolution, IMAGE, WEIGHT)
    x, w = operands()
    assert [axis.extent for axis in builder.products.depth] == [2, 4]
    first = tile_of(WHOLE, (4, 2, 1), depth={0: (0, 1)})
    last = tile_of(WHOLE, (4, 2, 1), depth={0: (1, 1)}, is_first=False)
    body = [*builder.statements(first), *builder.statements(last)]
    found = computed(builder, body, (2, 2, 4, 7), x, w)
    np.testing.assert_array_equal(found, convolved(x, w))
    access = {pointer.param().access for pointer in builder.scope.pointers.values()}
    assert access == {"read", "update"}


def test_the_first_block_alone_is_a_part_of_the_sum():
    builder, _ = opened(ops.convolution, IMAGE, WEIGHT)
    x, w = operands()
    body = builder.statements(tile_of(WHOLE, (4, 2, 1), depth={1: (2, 2)}))
    found = computed(builder, body, (2, 2, 4, 7), x, w)
    w[:, 0] = 0.0  # columns and channels of the window are one run of 4
    np.testing.assert_array_equal(found, convolved(x, w))


def test_a_matrix_product_of_several_rows():
    builder, _ = opened(ops.convolution, (1, 2, 3, 5), (1, 1, 5, 4))
    x, w = spread(1, 2, 3, 5), spread(1, 1, 5, 4, phase=0.3)
    assert len(builder.products.outer) == 2
    body = [
        *builder.statements(tile_of({0: (0, 4)}, (4,))),
        *builder.statements(tile_of({0: (4, 2)}, (4,))),
    ]
    found = computed(builder, body, (6, 4), x, w)
    np.testing.assert_allclose(found, x.reshape(6, 5) @ w.reshape(5, 4), rtol=1e-5, atol=1e-6)


def test_groups_along_the_lanes_read_both_operands_as_vectors():
    builder, _ = opened(lambda x, w: ops.convolution(x, w, groups=4), (1, 5, 4), (3, 1, 4))
    x, w = np.round(spread(1, 5, 4, low=-9.0)), np.round(spread(3, 1, 4, low=-9.0, phase=0.3))
    body = builder.statements(tile_of({0: (0, 3)}, (4,)))
    found = computed(builder, body, (1, 3, 4), x, w)
    np.testing.assert_array_equal(found, convolved(x, w, groups=4))
    assert {e.value.lanes for e in statements(body) if isinstance(e, Let)} == {4}


def test_work_on_the_result_is_stored_instead_of_it():
    builder, _ = opened(lambda x, w, b: ops.relu(ops.convolution(x, w) + b), IMAGE, WEIGHT, (7,))
    (x, w), b = operands(), np.arange(7, dtype=np.float32)
    body = builder.statements(tile_of(WHOLE, (4, 2, 1)))
    found = computed(builder, body, (2, 2, 4, 7), x, w, b)
    np.testing.assert_array_equal(found, np.maximum(convolved(x, w) + b, 0.0))


def test_a_literal_operand_is_not_loaded():
    builder, _ = opened(lambda x: ops.convolution(x, ops.full((2, 2, 2, 7), 0.5)), IMAGE)
    x, w = operands()
    body = builder.statements(tile_of(WHOLE, (4, 2, 1)))
    found = computed(builder, body, (2, 2, 4, 7), x)
    np.testing.assert_array_equal(found, convolved(x, np.full_like(w, 0.5)))


def test_places_at_the_edge_visit_the_taps_that_see_the_image():
    shapes = (4, 2, 3, 2), (3, 3, 2, 5)
    builder, _ = opened(lambda x, w: ops.convolution(x, w, padding=((2, 2), (3, 1))), *shapes)
    assert len(builder.products.trims) == 2
    x, w = (
        np.round(spread(*shape, low=-9.0, phase=p))
        for shape, p in zip(shapes, (0.0, 0.3), strict=True)
    )
    body = [
        statement
        for row in range(4)
        for column in range(5)
        for statement in builder.statements(
            tile_of({0: (0, 4), 1: (row, 1), 2: (column, 1)}, (4, 1))
        )
    ]
    found = computed(builder, body, (4, 4, 5, 5), x, w)
    np.testing.assert_array_equal(found, convolved(x, w, [(2, 2), (3, 1)]))


def test_a_load_that_rows_share_is_written_once():
    builder, _ = opened(ops.convolution, (1, 2, 3, 5), (1, 1, 5, 4))
    body = builder.statements(tile_of({0: (0, 3)}, (4,)))
    loads = [each.value for each in statements(body) if isinstance(each, Let)]
    assert sorted(load.lanes for load in loads) == [1, 1, 1, 4]  # an element a row, one vector
    assert all(isinstance(load, Load) for load in loads)
    kinds = [sum(isinstance(e, kind) for e in statements(body)) for kind in (Declare, Store)]
    assert kinds == [3, 3]


def test_short_sums_are_unrolled_and_long_ones_are_loops():
    for channels, mode in ((UNROLLED_STEPS, "unroll"), (UNROLLED_STEPS + 1, "serial")):
        builder, _ = opened(ops.convolution, (1, 2, 3, channels), (1, 1, channels, 4))
        body = builder.statements(tile_of({0: (0, 3)}, (4,)))
        assert [each.mode for each in statements(body) if isinstance(each, For)] == [mode]


def test_tiles_of_one_kernel_have_names_of_their_own():
    builder, _ = opened(ops.convolution, IMAGE, WEIGHT)
    tile = tile_of(WHOLE, (4, 2, 1))
    names = [
        {each.name for each in statements(builder.statements(tile)) if isinstance(each, Declare)}
        for _ in range(2)
    ]
    assert not names[0] & names[1]


def test_a_tile_moves_without_changing_the_one_it_came_from():
    tile = Tile({}, {}, ())
    moved = tile.at(1, constant(3, index), 2).columns(constant(8, index), (4, 4))
    assert (tile.outer, tile.widths) == ({}, ())
    assert moved.outer == {1: (constant(3, index), 2)}
    assert (moved.column, moved.widths) == (constant(8, index), (4, 4))
