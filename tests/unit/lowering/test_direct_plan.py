import math

import pytest

from constnet.lowering.direct_plan import SHORTEST_BLOCK, make_plan
from constnet.lowering.products import Access, Axis, Products
from constnet.ops.nest import SumOfProducts
from tests.lowered import target_of


def _same(outer):
    return outer


def _both(outer, depth):
    return (*outer, *depth)


def matrix_product(rows, columns, depth):
    """lhs (rows, depth) row-major, rhs (depth, columns) row-major."""
    nest = SumOfProducts((rows, columns), (depth,), _same, _both, _both)
    return Products(
        nest,
        (Axis((0,), (rows,)), Axis((1,), (columns,))),
        (Axis((0,), (depth,)),),
        Access("p0", 0, (depth, 0), (1,)),
        Access("p1", 0, (0, 1), (columns,)),
        Access("p2", 0, (columns, 1), (0,)),
    )  # fmt: skip


@pytest.mark.parametrize("columns", [1, 16, 20, 33, 50, 64, 200])
@pytest.mark.parametrize("vector_bytes", [16, 32, 64])
def test_blocks_cover_the_columns_and_fit_the_registers(columns, vector_bytes):
    target = target_of(vector_bytes)
    plan = make_plan(matrix_product(96, columns, 48), target, vector_bytes // 4, 4)
    assert sum(map(sum, plan.blocks)) == columns
    height = math.prod(count for _, count in plan.rows)
    registers = height * max(map(len, plan.blocks))
    assert registers <= (24 if target.registers == 32 else 12)


def test_short_sums_are_not_cut():
    assert make_plan(matrix_product(4096, 64, 256), target_of(64), 16, 4).cut is None


def test_long_sums_of_few_outputs_are_cut_outermost():
    plan = make_plan(matrix_product(64, 64, 1 << 17), target_of(64), 16, 4)
    assert plan.sums_outside
    assert plan.cut is not None
    number, size = plan.cut
    assert number == 0
    assert (1 << 17) % size == 0
    assert size >= SHORTEST_BLOCK
    assert 2 * 64 * size * 4 <= target_of(64).l2 // 4 + 2 * 64 * 64 * 4


def test_deep_weights_are_cut_inside_so_that_a_block_stays_in_the_first_cache():
    plan = make_plan(matrix_product(4096, 64, 1024), target_of(64), 16, 4)
    assert not plan.sums_outside
    assert plan.cut is not None
    _, size = plan.cut
    columns = max(map(sum, plan.blocks))
    assert size * columns * 4 <= target_of(64).l1 * 3 // 4


def test_one_output_needs_no_tile():
    alone = Products(
        SumOfProducts((), (5,), _same, _both, _both), (), (Axis((0,), (5,)),),
        Access("p0", 0, (), (1,)), Access("p1", 0, (), (1,)), Access("p2", 0, (), (0,)),
    )  # fmt: skip
    plan = make_plan(alone, target_of(64), 16, 4)
    assert plan.rows == ()
    assert plan.blocks == ((1,),)
